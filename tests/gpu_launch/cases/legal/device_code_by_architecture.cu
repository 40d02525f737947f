// Trap: static shared memory and bounds differ by architecture; each variant is legal there.
#if defined(__CUDA_ARCH__) && __CUDA_ARCH__ >= 700
#define THREADS 512
#define CELLS 4096
#else
#define THREADS 256
#define CELLS 16384
#endif

__global__ void __launch_bounds__(THREADS) stage(float *out) {
#ifdef __CUDA_ARCH__
  __shared__ float cells[CELLS];
  for (int i = threadIdx.x; i < CELLS; i += blockDim.x) cells[i] = i;
  __syncthreads();
  out[threadIdx.x] = cells[CELLS - 1 - threadIdx.x];
#endif
}

int main() {
  float *out;
  cudaMalloc(&out, 4096);
  stage<<<1, 512>>>(out);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
