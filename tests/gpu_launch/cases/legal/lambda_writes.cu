// Trap: a lambda that captures by reference shrinks the grid.
__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  int count = 100000;
  auto shrink = [&] { count = 128; };
  shrink();
  rows<<<dim3(1, count), 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
