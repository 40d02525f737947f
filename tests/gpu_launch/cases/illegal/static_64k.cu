// Two static tiles of 32 KiB: ptxas refuses them and names no line.
constexpr int kRows = 64, kColumns = 128;

__global__ void gemm(const float *a, const float *b, float *c) {  // expect: StaticSharedMemory
  __shared__ float left[kRows][kColumns];
  __shared__ float right[kColumns][kRows];
  for (int i = threadIdx.x; i < kRows * kColumns; i += blockDim.x) {
    left[i / kColumns][i % kColumns] = a[i];
    right[i / kRows][i % kRows] = b[i];
  }
  __syncthreads();
  float total = 0;
  for (int k = 0; k < kColumns; ++k) total += left[threadIdx.x % kRows][k] * right[k][threadIdx.x % kRows];
  c[threadIdx.x] = total;
}

int main() {
  float *a, *b, *c;
  cudaMalloc(&a, 1 << 16);
  cudaMalloc(&b, 1 << 16);
  cudaMalloc(&c, 1 << 16);
  gemm<<<1, 256>>>(a, b, c);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
