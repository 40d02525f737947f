// cuLaunchKernelEx takes its geometry from a CUlaunchConfig, whose members stand one by one.
#include <cuda.h>

__global__ void fill(int *data) { data[threadIdx.x] = 1; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  cudaFunction_t function;
  if (cudaGetFuncBySymbol(&function, (const void *)fill) != cudaSuccess) return 2;
  void *arguments[] = {&data};
  CUlaunchConfig config = {};
  config.gridDimX = 1;
  config.gridDimY = 1 << 17;  // expect: GridTooLarge
  config.gridDimZ = 1;
  config.blockDimX = 64;
  config.blockDimY = 1;
  config.blockDimZ = 1;
  CUresult result = cuLaunchKernelEx(&config, (CUfunction)function, arguments, nullptr);
  return result != CUDA_SUCCESS || cudaDeviceSynchronize() != cudaSuccess;
}
