// The template's argument is what its instance is compiled for.
template <typename T, int Threads>
__global__ void __launch_bounds__(Threads) fill(T *data) {
  data[blockIdx.x * Threads + threadIdx.x] = 1;
}

int main() {
  float *data;
  cudaMalloc(&data, 1 << 16);
  fill<float, 256><<<4, 512>>>(data);  // expect: LaunchBoundsExceeded
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
