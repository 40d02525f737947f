// Trap: the default would be illegal, but the build says -DTHREADS=256.
// defines: THREADS=256
#ifndef THREADS
#define THREADS 2048
#endif

__global__ void fill(float *data) { data[threadIdx.x] = 1; }

int main() {
  float *data;
  cudaMalloc(&data, 1 << 16);
  fill<<<1, THREADS>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
