// Trap: the cooperative grid is as large as the device says that it may be.
#include <cooperative_groups.h>

__global__ void relax(float *data) {
  data[blockIdx.x] *= 0.5f;
  cooperative_groups::this_grid().sync();
}

int main() {
  float *data;
  cudaMalloc(&data, 1 << 20);
  void *arguments[] = {&data};
  int blocks = 100000, processors = 0;
  cudaOccupancyMaxActiveBlocksPerMultiprocessor(&blocks, relax, 1024, 0);
  cudaDeviceGetAttribute(&processors, cudaDevAttrMultiProcessorCount, 0);
  blocks *= processors;
  cudaError_t error = cudaLaunchCooperativeKernel((void *)relax, dim3(blocks), dim3(1024), arguments, 0, 0);
  return error != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
