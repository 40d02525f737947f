// One less than nothing, without a sign, is the largest number there is.
__global__ void pairs(int *data) { data[0] = 1; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  const unsigned rows = 0;
  pairs<<<dim3(1, rows - 1), 32>>>(data);  // expect: GridTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
