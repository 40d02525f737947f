// A grid of ten blocks in clusters of four.
// architectures: sm_90
__global__ void __cluster_dims__(4, 1, 1) exchange(int *data) { data[blockIdx.x] = threadIdx.x; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  exchange<<<10, 128>>>(data);  // expect: ClusterShape
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
