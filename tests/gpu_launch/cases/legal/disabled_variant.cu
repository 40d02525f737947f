// Trap: the illegal launches are not compiled.
#define EXPERIMENT 0

__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
#if 0
  rows<<<dim3(1, 100000), 32>>>(data);
#endif
#if EXPERIMENT > 1
  rows<<<1, 2048>>>(data);
#elif defined(NEVER_DEFINED_HERE) && EXPERIMENT
  rows<<<0, 2048>>>(data);
#else
  rows<<<dim3(1, 100), 32>>>(data);
#endif
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
