// Trap: the template's default argument would be illegal; nobody instantiates it with that.
template <int Threads = 2048>
cudaError_t go(int *data);

__global__ void touch(int *data) { data[0] = 1; }

template <int Threads>
cudaError_t go(int *data) {
  touch<<<1, Threads>>>(data);
  return cudaGetLastError();
}

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  return go<256>(data) != cudaSuccess || go<128>(data) != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
