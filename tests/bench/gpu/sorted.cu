// The benchmark's case with a library on both sides: Thrust sorts, a kernel of our own marks the runs.
#include <cstdio>
#include <cuda_runtime.h>
#include <thrust/device_vector.h>
#include <thrust/sort.h>

__global__ void run_starts(int n, const int *keys, int *starts)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        starts[i] = i == 0 || keys[i] != keys[i - 1];
}

int main()
{
    const int n = 1 << 16;
    thrust::device_vector<int> keys(n, 7), starts(n);
    thrust::sort(keys.begin(), keys.end());
    run_starts<<<(n + 127) / 128, 128>>>(n, thrust::raw_pointer_cast(keys.data()),
                                         thrust::raw_pointer_cast(starts.data()));
    std::printf("%s\n", cudaGetErrorString(cudaDeviceSynchronize()));
}
