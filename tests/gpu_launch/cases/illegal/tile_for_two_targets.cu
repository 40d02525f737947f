// 200 KiB runs on one of the project's two targets.
// architectures: sm_80 sm_90
__global__ void accumulate(float *data) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  const size_t bytes = 200u * 1024u;
  cudaFuncSetAttribute(accumulate, cudaFuncAttributeMaxDynamicSharedMemorySize, bytes);
  accumulate<<<1, 256, bytes>>>(data);  // expect: SharedMemoryLimit warning
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
