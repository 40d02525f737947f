// Trap: the inner variable of the same name is the one that counts.
__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

const int count = 400000;

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  {
    const int count = 64;
    rows<<<dim3(1, count), 32>>>(data);
  }
  for (int count = 1; count < 4; ++count) rows<<<dim3(1, count), 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess || count == 0;
}
