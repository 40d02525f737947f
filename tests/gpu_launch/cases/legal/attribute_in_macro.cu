// Trap: the call that raises the limit is the argument of an error-checking macro.
// architectures: sm_80 sm_90
#include <cstdio>
#define CUDA_CHECK(call)                                                          \
  do {                                                                            \
    cudaError_t status_ = (call);                                                 \
    if (status_ != cudaSuccess) {                                                 \
      std::fprintf(stderr, "%s:%d %s\n", __FILE__, __LINE__, cudaGetErrorString(status_)); \
      return 1;                                                                   \
    }                                                                             \
  } while (0)

__global__ void stage(float *data) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = data[threadIdx.x];
  data[threadIdx.x] = tile[threadIdx.x] * 2;
}

int main() {
  float *data;
  CUDA_CHECK(cudaMalloc(&data, 4096));
  CUDA_CHECK(cudaFuncSetAttribute(stage, cudaFuncAttributeMaxDynamicSharedMemorySize, 80 << 10));
  stage<<<2, 64, 80 << 10>>>(data);
  CUDA_CHECK(cudaGetLastError());
  CUDA_CHECK(cudaDeviceSynchronize());
  return 0;
}
