// Prints, a line a kernel, block size and dynamic shared memory: registers, static shared memory, resident blocks.
#include <cstdio>

__global__ void light(float *x) { x[threadIdx.x] += 1; }

__global__ void tile(float *x) {
  __shared__ float t[4096];
  t[threadIdx.x] = x[threadIdx.x];
  __syncthreads();
  x[threadIdx.x] = t[blockDim.x - 1 - threadIdx.x];
}

__global__ void heavy(float *x) {
  float v[96];
#pragma unroll
  for (int i = 0; i < 96; ++i) v[i] = x[threadIdx.x + i * 1024];
  __syncthreads();
#pragma unroll
  for (int i = 0; i < 96; ++i) x[threadIdx.x + (95 - i) * 1024] = v[i] * v[(i * 7) % 96];
}

template <typename Kernel> void ask(Kernel kernel) {
  cudaFuncAttributes has;
  cudaFuncGetAttributes(&has, kernel);
  int optin = 0;
  cudaDeviceGetAttribute(&optin, cudaDevAttrMaxSharedMemoryPerBlockOptin, 0);
  cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, optin - (int)has.sharedSizeBytes);
  for (int threads : {32, 96, 128, 250, 256, 512, 768, 1024})
    for (int dynamic : {0, 100, 1000, 20000, 50000, 100000, 200000}) {
      int blocks = 0;
      if (cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, kernel, threads, dynamic) != cudaSuccess) continue;
      std::printf("%d %d %d %zu %d\n", threads, dynamic, has.numRegs, has.sharedSizeBytes, blocks);
    }
}

int main() {
  ask(light);
  ask(tile);
  ask(heavy);
}
