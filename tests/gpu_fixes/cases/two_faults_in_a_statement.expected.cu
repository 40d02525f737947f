#include <cuda_runtime.h>
__global__ void a(float *p) {
    __syncthreads();
    p[0] = threadIdx.x;
    p[1] = blockDim.x;
}
__global__ void b(float *p, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n) { p[i] = sqrtf(p[i]); }
}
