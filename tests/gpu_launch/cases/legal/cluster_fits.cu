// Trap: clusters of four in a grid of twelve, and a cluster of two asked for at the launch.
// architectures: sm_90
__global__ void __cluster_dims__(4, 1, 1) four(int *data) { data[blockIdx.x] = threadIdx.x; }
__global__ void any(int *data) { data[blockIdx.x] = threadIdx.x; }

int main() {
  int *data;
  cudaMalloc(&data, 4096);
  four<<<12, 64>>>(data);
  if (cudaGetLastError() != cudaSuccess) return 1;
  cudaLaunchAttribute attribute[1];
  attribute[0].id = cudaLaunchAttributeClusterDimension;
  attribute[0].val.clusterDim = {2, 1, 1};
  cudaLaunchConfig_t config = {};
  config.gridDim = dim3(6, 1, 1);
  config.blockDim = dim3(64, 1, 1);
  config.attrs = attribute;
  config.numAttrs = 1;
  if (cudaLaunchKernelEx(&config, any, data) != cudaSuccess) return 1;
  return cudaDeviceSynchronize() != cudaSuccess;
}
