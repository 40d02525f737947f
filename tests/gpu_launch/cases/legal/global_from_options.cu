// Trap: the global starts out illegal and is set from the command line or, without one, to a default.
#include <cstdlib>

int rows = 1 << 20;

void parse(int argc, char **argv) { rows = argc > 1 ? std::atoi(argv[1]) : 512; }

__global__ void touch(int *data) { data[0] = 1; }

int main(int argc, char **argv) {
  int *data;
  cudaMalloc(&data, 4096);
  parse(argc, argv);
  touch<<<dim3(1, rows), 64>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
