// Runs, but not as promised: no block has 2048 threads.
#define MAX_THREADS 2048

__global__ void __launch_bounds__(MAX_THREADS)  // expect: LaunchBoundsTooLarge warning
    increment(int *data) {
  ++data[threadIdx.x];
}

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  increment<<<1, 1024>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
