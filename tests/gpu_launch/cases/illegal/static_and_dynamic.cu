// Static and dynamic shared memory are one sum: 40000 + 16384 bytes are over 48 KiB.
__global__ void stage(const float *in, float *out) {
  __shared__ float fixed[10000];
  extern __shared__ float more[];
  for (int i = threadIdx.x; i < 10000; i += blockDim.x) fixed[i] = in[i];
  more[threadIdx.x] = fixed[threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = more[blockDim.x - 1 - threadIdx.x] + fixed[9999 - threadIdx.x];
}

int main() {
  float *in, *out;
  cudaMalloc(&in, 40000);
  cudaMalloc(&out, 4096);
  stage<<<1, 128, 16 << 10>>>(in, out);  // expect: SharedMemoryOptIn
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
