// Trap: a helper takes any kernel and raises its limit.
// architectures: sm_80 sm_90
template <typename Kernel>
void allow(Kernel kernel, int bytes) {
  if (bytes > 48 * 1024) cudaFuncSetAttribute(kernel, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
}

__global__ void stage(float *data) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = data[threadIdx.x];
  data[threadIdx.x] = tile[threadIdx.x] * 2;
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  const int bytes = 100000;
  allow(stage, bytes);
  stage<<<2, 64, bytes>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
