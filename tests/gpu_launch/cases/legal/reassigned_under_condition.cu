// Trap: 100000 rows to begin with, but a condition makes them fewer before the launch.
__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

int main(int argc, char **argv) {
  float *data;
  cudaMalloc(&data, 4096);
  int count = 100000;
  if (argc < 100) count = 1000;
  dim3 grid(1, count);
  rows<<<grid, 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
