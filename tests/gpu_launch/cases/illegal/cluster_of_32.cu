// Sixteen blocks are the most that a cluster can have, and that only where the attribute allows it.
// architectures: sm_90
__global__ void exchange(int *data) { data[blockIdx.x] = threadIdx.x; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(64);
  config.blockDim = dim3(128);
  cudaLaunchAttribute attribute[1];
  attribute[0].id = cudaLaunchAttributeClusterDimension;
  attribute[0].val.clusterDim.x = 32;
  attribute[0].val.clusterDim.y = 1;
  attribute[0].val.clusterDim.z = 1;
  config.attrs = attribute;
  config.numAttrs = 1;
  cudaError_t error = cudaLaunchKernelEx(&config, exchange, data);  // expect: ClusterTooLarge
  return error != cudaSuccess || cudaDeviceSynchronize() != cudaSuccess;
}
