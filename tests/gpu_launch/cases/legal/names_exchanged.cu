// Trap: only the names are exchanged, `block` counts blocks and `grid` is the size of a block.
__global__ void scale(float *data, int n) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) data[i] *= 2;
}

int main() {
  const int n = 1 << 20;
  float *data;
  cudaMalloc(&data, n * sizeof(float));
  int grid = 256;
  int block = (n + grid - 1) / grid;
  scale<<<block, grid>>>(data, n);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
