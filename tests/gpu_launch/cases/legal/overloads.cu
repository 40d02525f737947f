// Trap: two kernels of one name; the one that is meant has the wider bounds.
__global__ void __launch_bounds__(128) fill(float *data, float value) { data[threadIdx.x] = value; }
__global__ void __launch_bounds__(1024) fill(int *data, int value) { data[threadIdx.x] = value; }

int main() {
  int *data;
  cudaMalloc(&data, 1 << 16);
  fill<<<1, 1024>>>(data, 3);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
