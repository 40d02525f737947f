// Trap: a function returns before a launch that would be too tall.
#include <cstdio>

__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  constexpr int kRows = 90000;
  if (kRows > 65535) {
    std::puts("too many rows");
    return 0;
  }
  rows<<<dim3(1, kRows), 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
