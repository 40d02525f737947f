// A transposition and a sum, with room for every kind of fault.
#include <cuda_runtime.h>

#define THREADS 256

__global__ void transpose(const float *in, float *out, int width) {
  __shared__ float tile[32][33];
  int x = blockIdx.x * blockDim.x + threadIdx.x;
  int y = blockIdx.y * blockDim.y + threadIdx.y;
  if (x < width && y < width) {
    tile[threadIdx.y][threadIdx.x] = in[y * width + x];
  }
  __syncthreads();
  out[x * width + y] = tile[threadIdx.x][threadIdx.y];
}

struct Range {
  int first;
  int last;
};

__global__ void __launch_bounds__(256) sum(const float *in, float *out, Range *range) {
  extern __shared__ float parts[];
  float total = 0.0f;
  for (int i = range->first + threadIdx.x; i < range->last; i += THREADS) {
    total += in[i];
  }
  parts[threadIdx.x] = fmaxf(total, 0.0f);
  __syncthreads();
  atomicAdd(out, parts[threadIdx.x]);
}

int run(const float *in, float *out, Range *range, int width) {
  dim3 block(32, 8);
  dim3 grid(4, 16);
  transpose<<<grid, block>>>(in, out, width);
  sum<<<64, THREADS, THREADS * sizeof(float)>>>(in, out, range);
  cudaError_t error = cudaGetLastError();
  float *kept;
  cudaMalloc(&kept, 4096);
  cudaFree(kept);
  transpose<<<grid, block>>>(in, out, width);
  cudaGetLastError();
  return error == cudaSuccess;
}
