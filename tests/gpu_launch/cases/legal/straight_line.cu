// Trap: the members are first wrong and then, still before the launch, right.
__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  dim3 grid(1, 100000), block(2048);
  grid.y = 128;
  block = dim3(64);
  rows<<<grid, block>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
