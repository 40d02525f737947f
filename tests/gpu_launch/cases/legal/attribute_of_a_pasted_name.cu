// Trap: a macro puts the kernel's name together where its limit is raised.
// architectures: sm_80 sm_90
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
  cudaFuncSetAttribute(KERNEL(tile), cudaFuncAttributeMaxDynamicSharedMemorySize, 64 * 1024);
  tile_kernel<<<1, 256, 64 * 1024>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
