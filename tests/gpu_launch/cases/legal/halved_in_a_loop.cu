// Trap: the block size starts at 4096 and is halved before the launch, in the loop around it.
__global__ void reduce(float *data, int n) {
  if (threadIdx.x < n) data[threadIdx.x] += data[threadIdx.x + n];
}

int main() {
  float *data;
  cudaMalloc(&data, 8192 * sizeof(float));
  int threads = 4096;
  while (threads > 32) {
    threads /= 8;
    reduce<<<1, threads>>>(data, threads);
    if (cudaGetLastError() != cudaSuccess) return 1;
  }
  return cudaDeviceSynchronize() != cudaSuccess;
}
