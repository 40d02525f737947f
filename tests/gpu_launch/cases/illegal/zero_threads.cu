// Threads a row, from a shift that leaves nothing.
enum { kWidth = 16, kLog2Lanes = 5 };

__global__ void copy(const int *from, int *to) { to[threadIdx.x] = from[threadIdx.x]; }

int main() {
  int *from, *to;
  cudaMalloc(&from, 1024);
  cudaMalloc(&to, 1024);
  dim3 block(kWidth >> kLog2Lanes, 8);  // expect: ZeroDimension
  copy<<<4, block>>>(from, to);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
