// Trap: the same 262144 pixels as in the illegal case, on gridDim.x, which holds 2147483647.
constexpr int kSpatial = 512 * 512;

__global__ void rms_norm(float *x, int channels, float eps) {
  float total = 0;
  for (int c = threadIdx.x; c < channels; c += blockDim.x) {
    float value = x[static_cast<size_t>(c) * kSpatial + blockIdx.x];
    total += value * value;
  }
  x[static_cast<size_t>(threadIdx.x) * kSpatial + blockIdx.x] *= rsqrtf(total / channels + eps);
}

int main() {
  float *x;
  cudaMalloc(&x, 32ull * kSpatial * sizeof(float));
  rms_norm<<<dim3(kSpatial, 1), 32>>>(x, 32, 1e-6f);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
