// 64 KiB of dynamic shared memory, and nobody raises the kernel's limit.
constexpr int kTile = 128;

__global__ void tile_sum(const float *in, float *out) {
  extern __shared__ float tile[];
  for (int i = threadIdx.x; i < kTile * kTile; i += blockDim.x) tile[i] = in[i];
  __syncthreads();
  if (threadIdx.x == 0) out[0] = tile[0] + tile[kTile * kTile - 1];
}

int main() {
  float *in, *out;
  const size_t bytes = kTile * kTile * sizeof(float);
  cudaMalloc(&in, bytes);
  cudaMalloc(&out, sizeof(float));
  tile_sum<<<1, 256, bytes>>>(in, out);  // expect: SharedMemoryOptIn
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
