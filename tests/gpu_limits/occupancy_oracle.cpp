// Answers, a line a case, what NVIDIA's cuda_occupancy.h says: blocks a multiprocessor and the limiting factors.
#include <climits>
#include <cstring>
#include <cstdio>
#include <cuda_occupancy.h>

int main() {
  int major, minor, threads, registers;
  long fixed, dynamic;
  cudaOccDeviceProp device;
  device.numSms = 1;
  while (std::scanf("%d %d %d %d %d %d %d %zu %zu %zu %zu %d %d %ld %ld", &major, &minor, &device.maxThreadsPerBlock,
                    &device.maxThreadsPerMultiprocessor, &device.regsPerBlock, &device.regsPerMultiprocessor,
                    &device.warpSize, &device.sharedMemPerBlock, &device.sharedMemPerMultiprocessor,
                    &device.sharedMemPerBlockOptin, &device.reservedSharedMemPerBlock, &threads, &registers, &fixed,
                    &dynamic) == 15) {
    device.computeMajor = major;
    device.computeMinor = minor;
    cudaOccFuncAttributes kernel;
    kernel.maxThreadsPerBlock = INT_MAX;
    kernel.numRegs = registers;
    kernel.sharedSizeBytes = fixed;
    kernel.shmemLimitConfig = FUNC_SHMEM_LIMIT_OPTIN;
    kernel.maxDynamicSharedSizeBytes = dynamic;
    kernel.numBlockBarriers = 1;
    cudaOccDeviceState state;
    cudaOccResult result;
    cudaOccError error = cudaOccMaxActiveBlocksPerMultiprocessor(&result, &device, &kernel, &state, threads, dynamic);
    if (error != CUDA_OCC_SUCCESS)
      std::printf("%d -1 0\n", error);
    else
      std::printf("0 %d %u\n", result.activeBlocksPerMultiprocessor, result.limitingFactors);
  }
}
