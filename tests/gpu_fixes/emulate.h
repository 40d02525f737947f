// CUDA's launches on the processor, one thread after the other: for kernels whose threads do not wait for each other.
#include <cstddef>
#include <cstdio>
#include <cstdlib>
#include <cstring>
#include <cmath>

#define __global__
#define __device__
#define __launch_bounds__(...)

struct dim3 {
    unsigned x, y, z;
    dim3(unsigned x = 1, unsigned y = 1, unsigned z = 1) : x(x), y(y), z(z) {}
};

static dim3 blockIdx, threadIdx, blockDim, gridDim;
// The hardware's limits hold for what is said to be mended only.
static bool limited = false;

template <typename Body> void emulate(Body body, dim3 grid, dim3 block)
{
    if (limited && (grid.y > 65535 || grid.z > 65535 || block.x * block.y * block.z > 1024)) {
        std::printf("illegal launch: grid %u x %u x %u, block %u x %u x %u\n", grid.x, grid.y, grid.z, block.x, block.y,
                    block.z);
        std::exit(2);
    }
    gridDim = grid;
    blockDim = block;
    for (blockIdx.z = 0; blockIdx.z < grid.z; blockIdx.z++)
        for (blockIdx.y = 0; blockIdx.y < grid.y; blockIdx.y++)
            for (blockIdx.x = 0; blockIdx.x < grid.x; blockIdx.x++)
                for (threadIdx.z = 0; threadIdx.z < block.z; threadIdx.z++)
                    for (threadIdx.y = 0; threadIdx.y < block.y; threadIdx.y++)
                        for (threadIdx.x = 0; threadIdx.x < block.x; threadIdx.x++)
                            body();
}

template <typename Run> float *outcome(Run run, size_t size)
{
    float *in = new float[size], *out = new float[size];
    for (size_t i = 0; i < size; i++) {
        in[i] = float(i % 977) - 400;
        out[i] = -7;
    }
    run(in, out);
    delete[] in;
    return out;
}
