// Trap: rows<<<dim3(1, 100000), 2048>>>(data) in comments and strings is no launch.
#include <cstdio>

__global__ void rows(float *data) { data[threadIdx.x] = blockIdx.y; }

/* Once upon a time:
   rows<<<0, 4096>>>(data);
*/
int main() {
  float *data;
  cudaMalloc(&data, 4096);
  // rows<<<dim3(1, 70000), 32>>>(data);
  std::puts("rows<<<1, 2048>>>(data);");
  std::puts(R"(rows<<<1, 4096>>>(data);)");
  rows<<<dim3(1, 100 /* not 100000 */), /* threads */ 32>>>(data);
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
