// Shift every point of every image; the points are too many for gridDim.y.
constexpr int IMAGES = 5;     // 1..40
constexpr int POINTS = 70001; // 65536..90000
constexpr int CHANNELS = 3;   // 1..8
constexpr int SIZE = IMAGES * POINTS * CHANNELS;

__global__ void shift(const float *in, float *out, int images, int points)
{
    int place = (blockIdx.x * points + blockIdx.y) * blockDim.x + threadIdx.x;
    if (blockIdx.y + 1 < gridDim.y && blockIdx.x < gridDim.x)
        out[place] = in[place] + 1000.0f * blockIdx.x + images;
}

void run(const float *in, float *out)
{
    dim3 grid(IMAGES, POINTS);
    shift<<<grid, CHANNELS>>>(in, out, IMAGES, POINTS);
}
