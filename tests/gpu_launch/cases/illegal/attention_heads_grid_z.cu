// Batch and heads share gridDim.z, as attention kernels like it: 128 x 1024 is over 65535.
struct Shape {
  static constexpr int kBatch = 128;
  static constexpr int kHeads = 1024;
};

__global__ void scores(const float *q, const float *k, float *s) {
  if (blockIdx.x == 0 && threadIdx.x == 0 && blockIdx.z == 0) s[0] = q[0] * k[0];
}

int main() {
  float *q, *k, *s;
  cudaMalloc(&q, 1024);
  cudaMalloc(&k, 1024);
  cudaMalloc(&s, 1024);
  scores<<<dim3(8, 8, Shape::kBatch * Shape::kHeads), 128>>>(q, k, s);  // expect: GridTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
