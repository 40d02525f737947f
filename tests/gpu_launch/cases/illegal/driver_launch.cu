// The driver's call takes six plain numbers.
#include <cuda.h>

__global__ void fill(int *data) { data[threadIdx.x] = 1; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  cudaFunction_t function;
  if (cudaGetFuncBySymbol(&function, (const void *)fill) != cudaSuccess) return 1;
  void *arguments[] = {&data};
  const unsigned batch = 1 << 16;
  CUresult result = cuLaunchKernel((CUfunction)function, 1, 1, batch, 64, 1, 1, 0, nullptr, arguments, nullptr);  // expect: GridTooLarge
  return result != CUDA_SUCCESS || cudaDeviceSynchronize() != cudaSuccess;
}
