// The benchmark's case with a library in device code: CUB's block reduction.
#include <cstdio>
#include <cub/block/block_reduce.cuh>
#include <cuda_runtime.h>

constexpr int THREADS = 256;

__global__ void block_sum(int n, const float *x, float *sums)
{
    using Reduce = cub::BlockReduce<float, THREADS>;
    __shared__ typename Reduce::TempStorage storage;
    int i = blockIdx.x * THREADS + threadIdx.x;
    float total = Reduce(storage).Sum(i < n ? x[i] : 0.0f);
    if (threadIdx.x == 0)
        sums[blockIdx.x] = total;
}

int main()
{
    const int n = 1 << 20;
    float *x, *sums;
    cudaMalloc(&x, n * sizeof(float));
    cudaMalloc(&sums, n / THREADS * sizeof(float));
    block_sum<<<n / THREADS, THREADS>>>(n, x, sums);
    std::printf("%s\n", cudaGetErrorString(cudaDeviceSynchronize()));
    cudaFree(x);
    cudaFree(sums);
}
