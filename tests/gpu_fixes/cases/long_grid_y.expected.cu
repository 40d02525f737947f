// Shift every point of every image; the points are too many for gridDim.y.
constexpr int IMAGES = 5;     // 1..40
constexpr int POINTS = 70001; // 65536..90000
constexpr int CHANNELS = 3;   // 1..8
constexpr int SIZE = IMAGES * POINTS * CHANNELS;

__global__ void shift(const float *in, float *out, int images, int points)
{
    int place = (blockIdx.y * points + blockIdx.x) * blockDim.x + threadIdx.x;
    if (blockIdx.x + 1 < gridDim.x && blockIdx.y < gridDim.y)
        out[place] = in[place] + 1000.0f * blockIdx.y + images;
}

void run(const float *in, float *out)
{
    dim3 grid(POINTS, IMAGES);
    shift<<<grid, CHANNELS>>>(in, out, IMAGES, POINTS);
}
