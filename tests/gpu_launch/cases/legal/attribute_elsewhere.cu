// Trap: another function of the file raises the limit.
// architectures: sm_80 sm_90
__global__ void stage(float *data) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = data[threadIdx.x];
  data[threadIdx.x] = tile[threadIdx.x] * 2;
}

static bool prepare() {
  return cudaFuncSetAttribute((const void *)stage, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 * 1024) == cudaSuccess;
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  if (!prepare()) return 1;
  stage<<<2, 64, 64 * 1024>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
