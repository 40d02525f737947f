// Trap: 47 KiB static and 1 KiB dynamic are exactly what every block can have.
__global__ void stage(float *out) {
  __shared__ float fixed[47 * 256];
  extern __shared__ float more[];
  fixed[threadIdx.x] = threadIdx.x;
  more[threadIdx.x] = threadIdx.x;
  __syncthreads();
  out[threadIdx.x] = fixed[blockDim.x - 1 - threadIdx.x] + more[blockDim.x - 1 - threadIdx.x];
}

int main() {
  float *out;
  cudaMalloc(&out, 4096);
  stage<<<1, 256, 1024>>>(out);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
