// 36 KiB of static shared memory are in a device function's own type; with 16 KiB of dynamic memory it is too much.
// architectures: sm_80 sm_90
template <typename T, int N>
struct Ring {
  T slots[N * 3];
};

template <typename Storage>
__device__ Storage &storage() {
  __shared__ Storage one;
  return one;
}

__global__ void stage(float *out) {
  extern __shared__ float more[];
  auto &ring = storage<Ring<float, 3072>>();
  for (int i = threadIdx.x; i < 9216; i += blockDim.x) ring.slots[i] = out[i];
  more[threadIdx.x] = ring.slots[9215 - threadIdx.x];
  __syncthreads();
  out[threadIdx.x] = more[blockDim.x - 1 - threadIdx.x] + ring.slots[threadIdx.x * 7];
}

int main() {
  float *out;
  cudaMalloc(&out, 9216 * sizeof(float));
  stage<<<1, 128, 16 * 1024>>>(out);  // expect: SharedMemoryOptIn
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
