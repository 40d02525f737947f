// Trap: the occupancy calculation writes the block size through a pointer.
__global__ void work(float *data, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] += 1;
}

int main() {
  float *data;
  cudaMalloc(&data, 1 << 20);
  int least = 0, threads = 0;
  cudaOccupancyMaxPotentialBlockSize(&least, &threads, work, 0, 0);
  work<<<least, threads>>>(data, 1 << 18);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
