// Trap: a function takes the grid by reference and makes it fit.
static void clamp(dim3 &grid) {
  if (grid.y > 65535) grid.y = 65535;
}

__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  dim3 grid(1, 100000);
  clamp(grid);
  rows<<<grid, 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
