// Trap: in floating point the division does not round down to nothing.
#include <cmath>

__global__ void touch(int *data) { data[0] = 1; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  const int n = 100;
  touch<<<std::ceil(n / 256.0), 256>>>(data);
  if (cudaGetLastError() != cudaSuccess) return 1;
  touch<<<(int)ceilf((float)n / 32), 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
