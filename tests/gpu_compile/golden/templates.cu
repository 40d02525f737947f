#include "inc/h.cuh"
__device__ void over(int); __device__ void over(float *);
__global__ void k(int *p) { *p = via(3); over("x"); over(1, 2, 3);
 p = "abc"; const int q; q = 3; p->x; int z[2] = {1,2,3}; switch(*p) { case 1: case 1: break; } goto nolabel; }
class A { int priv; };
__global__ void m(A a) { a.priv = 1; __shared__ int s = 3; printf("%d", 3.0); long long l = 1 << 40; }
void hostf(); __device__ int dv; __host__ __device__ void hd() { hostf(); } 
__global__ void n() { hostf(); auto l = [] __device__ () { return 1; }; l(); } int main() { dv = 3; int *p = &dv; m<<<1,1>>>(3); auto f = [] __device__ (int a) { }; n<<<1,1>>>(f); }
