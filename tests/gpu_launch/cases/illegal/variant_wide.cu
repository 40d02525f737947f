// Two variants; the one that is built with -DWIDE is illegal.
// defines: WIDE
#ifdef WIDE
#define THREADS_X 512
#define THREADS_Y 4
#else
#define THREADS_X 32
#define THREADS_Y 4
#endif

__global__ void blend(float *image, int width) {
  int x = blockIdx.x * THREADS_X + threadIdx.x;
  if (x < width) image[threadIdx.y * width + x] *= 0.5f;
}

int main() {
  float *image;
  cudaMalloc(&image, 1 << 20);
  dim3 block(THREADS_X, THREADS_Y);
  blend<<<2, block>>>(image, 1024);  // expect: TooManyThreads
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
