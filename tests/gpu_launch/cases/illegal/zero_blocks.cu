// The division rounds down: a hundred elements make no block at all.
__global__ void scale(float *data, int n, float by) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] *= by;
}

int main() {
  const int n = 100;
  const int threads = 256;
  const int blocks = n / threads;
  float *data;
  cudaMalloc(&data, n * sizeof(float));
  scale<<<blocks, threads>>>(data, n, 2.0f);  // expect: ZeroDimension
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
