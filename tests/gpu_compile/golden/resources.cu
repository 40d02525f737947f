__global__ void big(float *x) {
  __shared__ float s[100000];
  s[threadIdx.x] = x[0]; __syncthreads(); x[1] = s[threadIdx.x+1];
}
template <typename T, int N> __global__ void __launch_bounds__(128) bigt(T *x) {
  __shared__ T s[N];
  s[threadIdx.x] = x[0]; __syncthreads(); x[1] = s[threadIdx.x+1];
}
template __global__ void bigt<float, 1000>(float*);
namespace a { namespace { __global__ void spill(float *x) { float v[64];
#pragma unroll
 for (int i = 0; i < 64; i++) v[i] = x[i*threadIdx.x];
#pragma unroll
 for (int i = 0; i < 64; i++) x[i+blockIdx.x] = v[63-i]*v[i];
} } void f() { spill<<<1,1>>>(0); } }
