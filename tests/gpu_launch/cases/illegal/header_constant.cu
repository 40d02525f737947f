// The constant that makes it illegal is in a header of the project.
#include "include/problem.cuh"

__global__ void advect(float *field) { field[blockIdx.x] *= 0.99f; }

int main() {
  float *field;
  cudaMalloc(&field, 1 << 20);
  advect<<<dim3(1, problem::kCells / 8), 64>>>(field);  // expect: GridTooLarge
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
