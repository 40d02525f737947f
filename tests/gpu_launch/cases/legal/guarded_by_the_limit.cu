// Trap: the launch that would be too tall is taken only where it fits.
__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }
__global__ void flat(float *data, int n) { data[threadIdx.x] = n; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  const int n = 262144;
  if (n <= 65535) {
    rows<<<dim3(1, n), 32>>>(data);
  } else {
    flat<<<n, 32>>>(data, n);
  }
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
