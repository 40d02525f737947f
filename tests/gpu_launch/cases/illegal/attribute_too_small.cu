// The attribute allows 64 KiB, the launch asks for 96.
// architectures: sm_80 sm_90
#define CHECK(call)                        \
  do {                                     \
    cudaError_t status_ = (call);          \
    if (status_ != cudaSuccess) return 1;  \
  } while (0)

__global__ void sort_tile(int *keys) {
  extern __shared__ int tile[];
  tile[threadIdx.x] = keys[threadIdx.x];
  __syncthreads();
  keys[threadIdx.x] = tile[blockDim.x - 1 - threadIdx.x];
}

int main() {
  int *keys;
  CHECK(cudaMalloc(&keys, 4096));
  CHECK(cudaFuncSetAttribute(sort_tile, cudaFuncAttributeMaxDynamicSharedMemorySize, 64 * 1024));
  sort_tile<<<1, 512, 96 * 1024>>>(keys);  // expect: SharedMemoryAttribute
  CHECK(cudaGetLastError());
  CHECK(cudaDeviceSynchronize());
  return 0;
}
