// The size is a member of the kernel's traits.
struct Traits {
  static constexpr int kWarps = 48;
  static constexpr int kThreads = kWarps * 32;
};

__global__ void mix(int *state) { state[threadIdx.x] ^= state[threadIdx.x] << 13; }

int main() {
  int *state;
  cudaMalloc(&state, 1 << 16);
  mix<<<4, Traits::kThreads>>>(state);  // expect: BlockTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
