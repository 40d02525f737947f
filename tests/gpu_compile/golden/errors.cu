#define MUL(a, b) ((a) * (b))
#define UNDEF zzz
__global__ void k1(float *x) {
	float é = 1; int a = 1;	x[0] = undef1;   /* ü */ x[1] = "ä"; x[2] = undef2;
    x[2] = MUL(x[1], UNDEF);
    x[3] = MUL(x, x);
    x[4] = __syncthreads(); foo(x[4] // hi
       , 5);
    int d = 3
    int e = 4;
    double q = 1.0 / 0;
    if (d = 3) x[5] = 1;
    unsigned u = -1; if (u < 0) x[6] = 0;
}
static int neverused() { return 1; }
__device__ int noreturn() { }
__global__ int badret() { return 1; }
void host() { noreturn(); k1<<<1>>>(0); k1(0); neverused2(); }
