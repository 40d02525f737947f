// Trap: every number is the largest that is allowed.
__global__ void __launch_bounds__(1024) touch(int *data) { data[0] = 1; }
__global__ void deep(int *data) { data[0] = 1; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  touch<<<dim3(1, 65535, 1), dim3(32, 32)>>>(data);
  if (cudaGetLastError() != cudaSuccess) return 1;
  touch<<<dim3(1, 1, 65535), 1024>>>(data);
  if (cudaGetLastError() != cudaSuccess) return 1;
  deep<<<1 << 20, dim3(4, 4, 64), 48 * 1024>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
