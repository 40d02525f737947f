// RMS norm over the channels of an NCHW tensor: one block a pixel, and the pixels on gridDim.y. 512 x 512 pixels are
// 262144 blocks; that dimension holds 65535.
#include <cstdio>

constexpr int kChannels = 64;
constexpr int kSpatial = 512 * 512;

__global__ void rms_norm(const float *x, const float *weight, float *out, int batch, float eps) {
  __shared__ float partial[kChannels];
  const int pixel = blockIdx.y, image = blockIdx.x, channel = threadIdx.x;
  const size_t at = (static_cast<size_t>(image) * kChannels + channel) * kSpatial + pixel;
  partial[channel] = x[at] * x[at];
  __syncthreads();
  for (int stride = kChannels / 2; stride > 0; stride /= 2) {
    if (channel < stride) partial[channel] += partial[channel + stride];
    __syncthreads();
  }
  out[at] = x[at] * rsqrtf(partial[0] / kChannels + eps) * weight[channel];
}

int main() {
  const int batch = 1;
  const size_t count = static_cast<size_t>(batch) * kChannels * kSpatial;
  float *x, *weight, *out;
  cudaMalloc(&x, count * sizeof(float));
  cudaMalloc(&out, count * sizeof(float));
  cudaMalloc(&weight, kChannels * sizeof(float));
  dim3 grid(batch,
            kSpatial);  // expect: GridTooLarge
  rms_norm<<<grid, kChannels>>>(x, weight, out, batch, 1e-6f);
  cudaError_t error = cudaGetLastError();
  std::printf("%s\n", cudaGetErrorString(error));
  return error != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
