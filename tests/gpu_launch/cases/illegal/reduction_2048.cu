// A block size above what any block can have, as a constant.
constexpr unsigned kBlock = 1u << 11;

__global__ void sum(const float *in, float *out, int n) {
  float total = 0;
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += gridDim.x * blockDim.x) total += in[i];
  atomicAdd(out, total);
}

int main() {
  float *in, *out;
  cudaMalloc(&in, 1 << 20);
  cudaMalloc(&out, sizeof(float));
  sum<<<64, kBlock>>>(in, out, 1 << 18);  // expect: BlockTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
