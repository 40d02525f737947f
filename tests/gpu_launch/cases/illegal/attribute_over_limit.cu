// The attribute itself is over what any GPU has; how much the launch asks for is not known here.
#include <cstdlib>

__global__ void gather(const int *from, int *to) {
  extern __shared__ int cache[];
  cache[threadIdx.x] = from[threadIdx.x];
  to[threadIdx.x] = cache[threadIdx.x];
}

int main(int argc, char **argv) {
  int *from, *to;
  cudaMalloc(&from, 4096);
  cudaMalloc(&to, 4096);
  cudaFuncSetAttribute(gather, cudaFuncAttributeMaxDynamicSharedMemorySize, 256 << 10);  // expect: SharedMemoryAttribute
  gather<<<1, 64, argc > 1 ? std::atoi(argv[1]) : 1024>>>(from, to);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
