// blockDim.z holds 64 threads, however few there are in x and y.
__global__ void smooth(float *volume, int depth) {
  int z = threadIdx.z;
  if (z > 0 && z < depth - 1) volume[z] = 0.5f * (volume[z - 1] + volume[z + 1]);
}

int main() {
  float *volume;
  cudaMalloc(&volume, 4096);
  const dim3 block{2, 2, 128};  // expect: BlockTooLarge
  smooth<<<1, block>>>(volume, 128);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
