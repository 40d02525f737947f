// Trap: far more rows than gridDim.y holds, but the grid is capped and the kernel strides.
#include <algorithm>

__global__ void rows(float *data, int count) {
  for (int row = blockIdx.y; row < count; row += gridDim.y) data[threadIdx.x] = row;
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  constexpr int kRows = 1000000;
  dim3 grid(1, std::min(kRows, 65535));
  rows<<<grid, 32>>>(data, kRows);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
