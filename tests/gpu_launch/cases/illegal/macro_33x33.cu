// A tile with its border, one thread a cell: 33 x 33 are 1089 threads.
#define TILE 32
#define BLOCK (TILE + 1)

__global__ void stencil(float *data, int pitch) {
  data[(blockIdx.y * TILE + threadIdx.y) * pitch + blockIdx.x * TILE + threadIdx.x] += 1.0f;
}

int main() {
  float *data;
  cudaMalloc(&data, 4 << 20);
  stencil<<<dim3(8, 8), dim3(BLOCK, BLOCK)>>>(data, 512);  // expect: TooManyThreads
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
