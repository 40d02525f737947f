// Trap: 160 KiB in a project for sm_80 and sm_86, behind a question for the compute capability.
// architectures: sm_80 sm_86
__global__ void stage(float *out) {
  extern __shared__ float tile[];
  tile[threadIdx.x] = threadIdx.x;
  out[threadIdx.x] = tile[threadIdx.x];
}

int main() {
  float *out;
  cudaMalloc(&out, 4096);
  int major = 0, minor = 0;
  cudaDeviceGetAttribute(&major, cudaDevAttrComputeCapabilityMajor, 0);
  cudaDeviceGetAttribute(&minor, cudaDevAttrComputeCapabilityMinor, 0);
  if (major == 8 && minor == 0) {
    cudaFuncSetAttribute(stage, cudaFuncAttributeMaxDynamicSharedMemorySize, 160 * 1024);
    stage<<<1, 256, 160 * 1024>>>(out);
  } else {
    stage<<<1, 256, 40 * 1024>>>(out);
  }
  return cudaGetLastError() != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
