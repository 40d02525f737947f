// The numbers stand in the launch itself.
constexpr int SIZE = 7000; // 1..50000

__global__ void negate(const float *in, float *out, int n)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i >= n)
        return;
    out[i] = -in[i];
}

void run(const float *in, float *out)
{
    negate<<<(SIZE + 2047) / 2048, 2048>>>(in, out, SIZE);
}
