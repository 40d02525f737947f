// Nothing in the text shows it: 116 registers a thread (sm_80) and 1024 threads are more registers than a block can have.
// architectures: sm_80 sm_90
__global__ void solve(const float *in, float *out) {
  float a[96];
#pragma unroll
  for (int i = 0; i < 96; ++i) a[i] = in[threadIdx.x + i * 1024];
#pragma unroll
  for (int step = 0; step < 8; ++step)
#pragma unroll
    for (int i = 0; i < 96; ++i) a[i] = a[i] * a[(i * 7 + step) % 96] + a[(i + 13) % 96];
#pragma unroll
  for (int i = 0; i < 96; ++i) out[threadIdx.x + i * 1024] = a[i];
}

int main() {
  float *in, *out;
  cudaMalloc(&in, 96 * 1024 * sizeof(float));
  cudaMalloc(&out, 96 * 1024 * sizeof(float));
  solve<<<1, 1024>>>(in, out);  // expect: RegistersExceeded
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
