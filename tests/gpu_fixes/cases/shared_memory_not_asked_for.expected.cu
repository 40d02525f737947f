// 64 KiB of dynamic shared memory that nothing asks for; the file checks its calls with a macro.
#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>
#define CHECK(call) do { cudaError_t e = (call); if (e != cudaSuccess) { std::printf("%d", int(e)); std::abort(); } } while (0)

template <typename T, int ROWS>
__global__ void sum(const T *in, T *out)
{
    extern __shared__ float tile[];
    tile[threadIdx.x] = in[threadIdx.x];
    __syncthreads();
    out[threadIdx.x] = tile[ROWS - 1 - threadIdx.x];
}

void run(const float *in, float *out)
{
    const int bytes = 128 * 128 * sizeof(float);
    CHECK(cudaMemset(out, 0, bytes));
    CHECK(cudaFuncSetAttribute((sum<float, 128>), cudaFuncAttributeMaxDynamicSharedMemorySize, bytes));
    sum<float, 128><<<1, 128, bytes>>>(in, out);
    CHECK(cudaGetLastError());
}
