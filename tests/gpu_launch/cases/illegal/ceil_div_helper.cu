// The helper divides and rounds up; its result lands on gridDim.y.
constexpr int ceil_div(int a, int b) { return (a + b - 1) / b; }

__global__ void embed(const int *tokens, float *out, int width) {
  if (threadIdx.x < width) out[threadIdx.x] = tokens[0];
}

int main() {
  int *tokens;
  float *out;
  cudaMalloc(&tokens, 4096);
  cudaMalloc(&out, 4096);
  const int tokens_in_all = 4 * 1024 * 1024;
  dim3 grid;
  grid.x = 1;
  grid.y = ceil_div(tokens_in_all, 32);  // expect: GridTooLarge
  embed<<<grid, 128>>>(tokens, out, 128);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
