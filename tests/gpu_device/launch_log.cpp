// Preloaded into a program: writes, for each kernel launch, how the runtime answered it ("launch cudaErrorInvalidValue").
#include <cstdio>
#include <cuda_runtime_api.h>
#include <dlfcn.h>

static cudaError_t told(cudaError_t result) {
  std::fprintf(stderr, "launch %s\n", cudaGetErrorName(result));
  return result;
}

template <typename Function> static Function next(const char *name) {
  return reinterpret_cast<Function>(dlsym(RTLD_NEXT, name));
}

using Plain = cudaError_t (*)(const void *, dim3, dim3, void **, size_t, cudaStream_t);
using Extended = cudaError_t (*)(const cudaLaunchConfig_t *, const void *, void **);
using Symbol = cudaError_t (*)(cudaKernel_t, dim3, dim3, void **, size_t, cudaStream_t);

extern "C" {
cudaError_t cudaLaunchKernel(const void *f, dim3 g, dim3 b, void **a, size_t s, cudaStream_t q) {
  return told(next<Plain>("cudaLaunchKernel")(f, g, b, a, s, q));
}
cudaError_t cudaLaunchCooperativeKernel(const void *f, dim3 g, dim3 b, void **a, size_t s, cudaStream_t q) {
  return told(next<Plain>("cudaLaunchCooperativeKernel")(f, g, b, a, s, q));
}
cudaError_t cudaLaunchKernelExC(const cudaLaunchConfig_t *c, const void *f, void **a) {
  return told(next<Extended>("cudaLaunchKernelExC")(c, f, a));
}
// What <<<>>> becomes since CUDA 13.
cudaError_t __cudaLaunchKernel(cudaKernel_t k, dim3 g, dim3 b, void **a, size_t s, cudaStream_t q) {
  return told(next<Symbol>("__cudaLaunchKernel")(k, g, b, a, s, q));
}
}
