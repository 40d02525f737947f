// Trap: std::swap puts right what the initialisers have the wrong way round.
#include <utility>

__global__ void touch(int *data) { data[0] = 1; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  int blocks = 128, threads = 100000;
  std::swap(blocks, threads);
  touch<<<blocks, threads>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
