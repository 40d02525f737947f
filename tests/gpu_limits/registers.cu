// Wants more registers than any bound leaves: what ptxas gives it is the bound.
extern "C" __global__ void __launch_bounds__(THREADS, BLOCKS) hungry(float *values, int rounds) {
  float held[240];
#pragma unroll
  for (int i = 0; i < 240; i++) held[i] = values[i * 1024 + threadIdx.x];
  for (int round = 0; round < rounds; round++) {
#pragma unroll
    for (int i = 0; i < 240; i++) held[i] = held[i] * held[(i * 7 + 1) % 240] + 1.f;
  }
#pragma unroll
  for (int i = 0; i < 240; i++) values[i * 1024 + threadIdx.x] = held[i];
}
