// Trap: the bounds are those of the instance that is launched, not of the template's default.
template <int Threads = 128>
__global__ void __launch_bounds__(Threads) fill(float *data) {
  data[blockIdx.x * Threads + threadIdx.x] = 1;
}

int main() {
  float *data;
  cudaMalloc(&data, 1 << 16);
  fill<512><<<4, 512>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
