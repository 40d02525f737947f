// Trap: the launch for the rest is taken only where there is a rest.
__global__ void fill(int *data, int from) { data[from + threadIdx.x] = 1; }

int main() {
  constexpr int kCount = 4096, kBlock = 256;
  constexpr int kRest = kCount % kBlock;
  int *data;
  cudaMalloc(&data, kCount * sizeof(int));
  fill<<<kCount / kBlock, kBlock>>>(data, 0);
  if (kRest > 0) fill<<<1, kRest>>>(data, kCount - kRest);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
