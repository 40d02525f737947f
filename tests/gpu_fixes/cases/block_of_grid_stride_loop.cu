// The kernel goes over all elements whatever the grid is.
constexpr int SIZE = 33333; // 1..50000

__global__ void halve(const float *in, float *out, int n)
{
    for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < n; i += blockDim.x * gridDim.x)
        out[i] = in[i] / 2;
}

void run(const float *in, float *out)
{
    halve<<<4, 2000>>>(in, out, SIZE);
}
