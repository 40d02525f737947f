// RMS norm of a tensor of shape (BATCH, CHANNELS, SPATIAL) over its channels, one block for each point of each image.
// Faulty on purpose: a grid may have 2147483647 blocks in x but only 65535 in y and z, on every GPU there is, and here
// the 512 * 512 = 262144 points lie on y. It compiles without a warning; the launch then fails with "invalid
// configuration argument". The points belong on x, the few images on y: that is the fix that is offered.
#include <cstdio>
#include <cstdlib>
#include <cuda_runtime.h>

constexpr int BATCH = 16;
constexpr int CHANNELS = 64;
constexpr int SPATIAL = 512 * 512;
constexpr float EPSILON = 1e-5f;

#define CHECK(call)                                                             \
    do {                                                                        \
        cudaError_t status = (call);                                            \
        if (status != cudaSuccess) {                                            \
            std::fprintf(stderr, "%s: %s\n", #call, cudaGetErrorString(status)); \
            std::exit(1);                                                       \
        }                                                                       \
    } while (0)

// Thread c of a block holds channel c; the sum of squares is halved into the first thread.
__global__ void rms_norm(const float *input, const float *weight, float *output, int spatial)
{
    __shared__ float squares[CHANNELS];
    int image = blockIdx.x;
    int point = blockIdx.y;
    int channel = threadIdx.x;
    size_t place = (size_t(image) * CHANNELS + channel) * spatial + point;
    float value = input[place];
    squares[channel] = value * value;
    __syncthreads();
    for (int half = CHANNELS / 2; half > 0; half /= 2) {
        if (channel < half)
            squares[channel] += squares[channel + half];
        __syncthreads();
    }
    output[place] = value * rsqrtf(squares[0] / CHANNELS + EPSILON) * weight[channel];
}

int main()
{
    size_t bytes = size_t(BATCH) * CHANNELS * SPATIAL * sizeof(float);
    float *input, *weight, *output;
    CHECK(cudaMalloc(&input, bytes));
    CHECK(cudaMalloc(&weight, CHANNELS * sizeof(float)));
    CHECK(cudaMalloc(&output, bytes));
    CHECK(cudaMemset(input, 0, bytes));
    CHECK(cudaMemset(weight, 0, CHANNELS * sizeof(float)));

    dim3 grid(BATCH, SPATIAL);
    rms_norm<<<grid, CHANNELS>>>(input, weight, output, SPATIAL);
    CHECK(cudaGetLastError());
    CHECK(cudaDeviceSynchronize());

    CHECK(cudaFree(output));
    CHECK(cudaFree(weight));
    CHECK(cudaFree(input));
    return 0;
}
