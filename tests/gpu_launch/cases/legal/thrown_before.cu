// Trap: the constructor of the configuration refuses what does not fit, by an exception.
#include <stdexcept>

__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

static void run(float *data, int count) {
  if (count > 65535) throw std::invalid_argument("count");
  rows<<<dim3(1, count), 32>>>(data);
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  try {
    run(data, 100000);
  } catch (const std::invalid_argument &) {
  }
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
