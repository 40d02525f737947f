// All blocks of a cooperative grid must run at once: no GPU holds 4096 blocks of 1024 threads.
#include <cooperative_groups.h>

__global__ void relax(float *data, int steps) {
  auto grid = cooperative_groups::this_grid();
  for (int step = 0; step < steps; ++step) {
    data[blockIdx.x] *= 0.5f;
    grid.sync();
  }
}

int main() {
  float *data;
  int steps = 2;
  cudaMalloc(&data, 4096 * sizeof(float));
  void *arguments[] = {&data, &steps};
  const dim3 blocks(4096), threads(1024);
  cudaError_t error =
      cudaLaunchCooperativeKernel((void *)relax, blocks, threads, arguments);  // expect: CooperativeGridTooLarge
  return error != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
