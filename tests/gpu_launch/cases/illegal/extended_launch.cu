// cudaLaunchKernelEx takes its geometry from a structure.
__global__ void step(float *data, float by) { data[threadIdx.x] += by; }

int main() {
  float *data;
  cudaMalloc(&data, 1 << 16);
  cudaLaunchConfig_t config{};
  config.gridDim = 16;
  config.blockDim = dim3(1024, 2);  // expect: TooManyThreads
  config.dynamicSmemBytes = 0;
  cudaError_t error = cudaLaunchKernelEx(&config, step, data, 1.0f);
  return error != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
