// Trap: two callers with different sizes, and a third that is known only at run time. All fit.
#include <cstdlib>

__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

static cudaError_t run(float *data, int count) {
  rows<<<dim3(1, count), 32>>>(data);
  return cudaGetLastError();
}

int main(int argc, char **argv) {
  float *data;
  cudaMalloc(&data, 4096);
  if (run(data, 64) != cudaSuccess || run(data, 65535) != cudaSuccess) return 1;
  if (argc > 1 && run(data, std::atoi(argv[1])) != cudaSuccess) return 1;
  return cudaDeviceSynchronize() != cudaSuccess;
}
