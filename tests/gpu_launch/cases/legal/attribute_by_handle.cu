// Trap: the kernel's limit is raised by the driver, through a handle to which no name in the text leads: a macro makes
// the kernel's name. (It is launched by the runtime, not by cuLaunchKernel.)
// architectures: sm_80 sm_90
#include <cuda.h>
#define KERNEL(name) name##_kernel

__global__ void tile_kernel(float *data) {
  extern __shared__ float rows[];
  rows[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = rows[blockDim.x - 1 - threadIdx.x];
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  cudaFunction_t handle;
  cudaGetFuncBySymbol(&handle, (const void *)KERNEL(tile));
  cuFuncSetAttribute(handle, CU_FUNC_ATTRIBUTE_MAX_DYNAMIC_SHARED_SIZE_BYTES, 64 * 1024);
  tile_kernel<<<1, 256, 64 * 1024>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
