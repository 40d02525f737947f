// The larger of two constants, and a conversion on the way.
#include <algorithm>

__global__ void merge(int *keys) { keys[threadIdx.x] += 1; }

int main() {
  int *keys;
  cudaMalloc(&keys, 1 << 16);
  constexpr long long left = 700, right = 1300;
  const int threads = static_cast<int>(std::max(left, right));
  merge<<<1, threads>>>(keys);  // expect: BlockTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
