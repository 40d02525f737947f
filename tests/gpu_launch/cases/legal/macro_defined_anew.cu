// Trap: the macro has another value by the time of the launch.
#define ROWS 100000
__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y + ROWS; }
#undef ROWS
#define ROWS 16

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  rows<<<dim3(1, ROWS), 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
