// A tiled transpose whose tile became 64 wide: 64 x 32 are 2048 threads.
#define TILE_X 64
#define TILE_Y 32

__global__ void transpose(const float *in, float *out, int width, int height) {
  __shared__ float tile[TILE_Y][TILE_X + 1];
  int x = blockIdx.x * TILE_X + threadIdx.x, y = blockIdx.y * TILE_Y + threadIdx.y;
  if (x < width && y < height) tile[threadIdx.y][threadIdx.x] = in[y * width + x];
  __syncthreads();
  if (x < width && y < height) out[x * height + y] = tile[threadIdx.y][threadIdx.x];
}

int main() {
  const int width = 1024, height = 512;
  float *in, *out;
  cudaMalloc(&in, width * height * sizeof(float));
  cudaMalloc(&out, width * height * sizeof(float));
  dim3 block(TILE_X, TILE_Y);
  dim3 grid((width + TILE_X - 1) / TILE_X, (height + TILE_Y - 1) / TILE_Y);
  transpose<<<grid, block>>>(in, out, width, height);  // expect: TooManyThreads
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
