// The block size is a template argument; its only instance is too large.
template <int Threads>
__global__ void relu(float *data, int n) {
  int i = blockIdx.x * Threads + threadIdx.x;
  if (i < n) data[i] = fmaxf(data[i], 0.0f);
}

template <int Threads>
cudaError_t launch_relu(float *data, int n) {
  relu<Threads><<<(n + Threads - 1) / Threads, Threads>>>(data, n);  // expect: BlockTooLarge
  return cudaGetLastError();
}

int main() {
  float *data;
  cudaMalloc(&data, 1 << 20);
  return launch_relu<2048>(data, 10000) != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
