#define TWICE(x) (2.0f * (x))
__global__ void scale(float *data, int n, float facotr)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    if (i < n)
        data[i] = data[i] * factor + TWICE(factor) + TWICE(fmaf(data[i], 1.0f, thraedIdx.y));
}
