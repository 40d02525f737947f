// The launch needs more than the attribute allows.
#include <cuda_runtime.h>
constexpr int FLOATS = 16000;

__global__ void copy(const float *in, float *out)
{
    extern __shared__ float tile[];
    tile[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = tile[threadIdx.x ^ 1];
}

void run(const float *in, float *out)
{
    cudaFuncSetAttribute(copy, cudaFuncAttributeMaxDynamicSharedMemorySize, 50000);
    copy<<<1, 256, FLOATS * sizeof(float)>>>(in, out);
    cudaDeviceSynchronize();
}
