// The kernel is compiled for 256 threads and launched with 512.
__global__ void __launch_bounds__(256) normalise(float *data, float mean) { data[threadIdx.x] -= mean; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  constexpr int kThreads = 512;
  normalise<<<1, kThreads>>>(data, 0.5f);  // expect: LaunchBoundsExceeded
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
