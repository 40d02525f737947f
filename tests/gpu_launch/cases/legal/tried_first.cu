// Trap: the larger tile is tried, and only where the device grants it is it launched; built for sm_86, too.
// architectures: sm_86
__global__ void stage(float *out) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = tile[threadIdx.x];
}

int main() {
  float *out;
  cudaMalloc(&out, 4096);
  constexpr int kLarge = 160 * 1024, kSmall = 32 * 1024;
  if (cudaFuncSetAttribute(stage, cudaFuncAttributeMaxDynamicSharedMemorySize, kLarge) == cudaSuccess) {
    stage<<<1, 256, kLarge>>>(out);
  } else {
    cudaGetLastError();
    stage<<<1, 256, kSmall>>>(out);
  }
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
