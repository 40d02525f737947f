// The block is sized by the element: eight bytes take the branch that is one warp too many.
template <typename T>
__global__ void reverse(T *data, int n) {
  if (threadIdx.x < n) data[threadIdx.x] = data[n - 1 - threadIdx.x];
}

int main() {
  double *data;
  cudaMalloc(&data, 1 << 16);
  constexpr int kThreads = sizeof(double) == 8 ? 1024 + 32 : 512;
  reverse<double><<<1, kThreads>>>(data, 256);  // expect: BlockTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
