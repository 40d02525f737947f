// cudaLaunchKernel with a grid that is too tall.
__global__ void rows(float *data, int width) { data[0] = static_cast<float>(width); }

int main() {
  float *data;
  int width = 64;
  cudaMalloc(&data, 4096);
  void *arguments[] = {&data, &width};
  cudaError_t error = cudaLaunchKernel((const void *)rows, dim3(1, 70000), dim3(64), arguments, 0, 0);  // expect: GridTooLarge
  return error != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
