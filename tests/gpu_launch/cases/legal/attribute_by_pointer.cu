// Trap: the limit is raised through a pointer to an instance of the template.
// architectures: sm_80 sm_90
template <int Tile>
__global__ void accumulate(float *data) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = tile[Tile - 1 - threadIdx.x];
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  constexpr int kBytes = 96 * 1024;
  auto kernel = accumulate<128>;
  if (cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes) != cudaSuccess) return 1;
  kernel<<<1, 128, kBytes>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
