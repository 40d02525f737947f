// Trap: the device is asked whether it can take the grid; where it cannot, another launch is used.
__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

int main() {
  float *data;
  cudaMalloc(&data, 4096);
  cudaDeviceProp properties;
  cudaGetDeviceProperties(&properties, 0);
  const int count = 100000;
  if (count <= properties.maxGridSize[1]) {
    rows<<<dim3(1, count), 32>>>(data);
  } else {
    rows<<<count, 32>>>(data);
  }
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
