// The number of rows is a parameter, and the only caller hands in a hundred thousand.
__global__ void softmax(float *rows, int width) {
  if (threadIdx.x < width) rows[blockIdx.y * width + threadIdx.x] = 0.0f;
}

static cudaError_t run_softmax(float *data, int rows, int width) {
  dim3 grid(1, rows);  // expect: GridTooLarge
  softmax<<<grid, 32>>>(data, width);
  return cudaGetLastError();
}

int main() {
  float *data;
  cudaMalloc(&data, 100000 * 32 * sizeof(float));
  return run_softmax(data, 100000, 32) != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
