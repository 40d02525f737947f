// Trap: digit separators, suffixes, octal and binary: 1'024 threads, 0b1000 blocks, 0100 rows (64).
__global__ void touch(int *data) { data[0] = 1; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  touch<<<0b1000, 1'024>>>(data);
  if (cudaGetLastError() != cudaSuccess) return 1;
  touch<<<dim3(1u, 0x0ffffu, 1UL), dim3(0100, 1)>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
