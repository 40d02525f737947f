// The loop changes which layer is meant, not the geometry.
__global__ void layer(float *data, int which) { data[which] = 1.0f; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  const dim3 grid(2, 1, 1 << 17);  // expect: GridTooLarge
  for (int which = 0; which < 4; ++which) {
    layer<<<grid, 64>>>(data, which);
    if (cudaGetLastError() != cudaSuccess) return 1;
  }
  return cudaDeviceSynchronize() != cudaSuccess;
}
