// Grid and block are exchanged: 4096 threads a block, 256 blocks.
__global__ void saxpy(int n, float a, const float *x, float *y) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) y[i] += a * x[i];
}

int main() {
  const int n = 1 << 20;
  float *x, *y;
  cudaMalloc(&x, n * sizeof(float));
  cudaMalloc(&y, n * sizeof(float));
  const int threads = 256;
  const int blocks = (n + threads - 1) / threads;
  saxpy<<<threads, blocks>>>(n, 2.0f, x, y);  // expect: BlockTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
