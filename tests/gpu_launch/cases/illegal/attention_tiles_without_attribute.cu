// Q, K and V tiles of halves: 96 KiB, the size that an attention kernel has before somebody thinks of the attribute.
#include <cuda_fp16.h>

template <int M, int N, int D>
struct Tiles {
  static constexpr int kQ = M * D;
  static constexpr int kKV = 2 * N * D;
  static constexpr int kBytes = (kQ + kKV) * sizeof(__half);
};

__global__ void attention(const __half *q, __half *out) {
  extern __shared__ __half tiles[];
  tiles[threadIdx.x] = q[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = tiles[blockDim.x - 1 - threadIdx.x];
}

int main() {
  __half *q, *out;
  cudaMalloc(&q, 4096);
  cudaMalloc(&out, 4096);
  constexpr int bytes = (128 + 2 * 128) * 128 * sizeof(__half);
  attention<<<dim3(4, 2), 128, bytes, 0>>>(q, out);  // expect: SharedMemoryOptIn
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
