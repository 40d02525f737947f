// 160 KiB is within the A100's shared memory, but the project is built for sm_86.
// architectures: sm_86
__global__ void accumulate(float *data) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = data[threadIdx.x];
  __syncthreads();
  data[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  constexpr int kBytes = 160 * 1024;
  cudaFuncSetAttribute(accumulate, cudaFuncAttributeMaxDynamicSharedMemorySize, kBytes);
  accumulate<<<1, 256, kBytes>>>(data);  // expect: SharedMemoryLimit
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
