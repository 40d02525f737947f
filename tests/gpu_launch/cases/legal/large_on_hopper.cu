// Trap: 200 KiB, with the attribute, on the one target that has it.
// architectures: sm_90
__global__ void stage(float *out) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = tile[threadIdx.x];
}

int main() {
  float *out;
  cudaMalloc(&out, 4096);
  constexpr int kBytes = 200 * 1024;
  if (cudaFuncSetAttribute(stage, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes) != cudaSuccess) return 1;
  stage<<<1, 256, kBytes>>>(out);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
