// 300 KiB: the attribute is asked for, but no GPU has so much for a block.
__global__ void histogram(const int *in, int *out) {
  extern __shared__ int bins[];
  bins[threadIdx.x] = in[threadIdx.x];
  out[threadIdx.x] = bins[threadIdx.x];
}

int main() {
  int *in, *out;
  cudaMalloc(&in, 4096);
  cudaMalloc(&out, 4096);
  const int bytes = 300 * 1024;
  cudaFuncSetAttribute(histogram, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  cudaGetLastError();
  histogram<<<1, 256, bytes>>>(in, out);  // expect: SharedMemoryLimit
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
