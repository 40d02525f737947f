"""Kernels: their parameters, bounds, clusters and shared memory."""

from __future__ import annotations

import pytest

from signoff.verifiers.gpu.facts import Extent, Kernel
from signoff.verifiers.gpu.values.analyse import analyse


def kernels(text: str) -> tuple[Kernel, ...]:
    """The kernels of a text."""
    return analyse(text, "/w/a.cu").facts.kernels


def shared(body: str, before: str = "") -> int | None:
    """The static shared memory of a kernel with that body."""
    return next(
        kernel
        for kernel in kernels(f"{before}\n__global__ void k(float* out, int n) {{\n{body}\n}}\n")
        if kernel.name == "k"
    ).static_shared


def test_what_a_kernel_is() -> None:
    text = """
#define KERNEL extern "C" __global__ void
__global__ void plain(const float* __restrict__ a, int n) {}
template <typename T, int B> __global__ void __launch_bounds__(256, 2) bounded(T* a) {}
namespace ns { static __global__ __launch_bounds__(2 * 64) void inner() {} }
extern "C" __global__ void __cluster_dims__(2, 1, 1) clustered(float *a) {}
struct S { __global__ static void member(int x); };
KERNEL wrapped(int a) {}
__device__ int helper(int a) { return a; }
__global__ void declared(int a);
__global__ void later(int a);
__global__ void later(int b) { __shared__ int s[4]; s[0] = s[1] = b; }
template <int B> __global__ void __launch_bounds__(B) depends() {}
"""
    found = {kernel.name: kernel for kernel in kernels(text)}
    assert set(found) == {"plain", "bounded", "inner", "clustered", "member", "wrapped", "declared", "later", "depends"}
    assert found["plain"].parameters == ("a", "n")
    assert found["bounded"].templated and not found["plain"].templated
    assert found["bounded"].bounds is not None and (
        found["bounded"].bounds.max_threads,
        found["bounded"].bounds.min_blocks,
    ) == (256, 2)
    assert found["inner"].bounds is not None and found["inner"].bounds.max_threads == 128
    assert found["depends"].bounds is not None and found["depends"].bounds.max_threads is None
    assert found["clustered"].cluster == Extent(2, 1, 1) and found["clustered"].parameters == ("a",)
    assert not found["declared"].defined and found["later"].defined
    assert found["later"].static_shared == 16 and found["later"].parameters == ("b",)


SHARED = {
    "none": ("out[0] = n;", 0),
    "an array": ("__shared__ float s[32][33]; s[0][0] = s[0][1];", 4224),
    "two": ("__shared__ float a[32]; __shared__ double b[4], c; a[0] = b[0] = c;", 168),
    "of a constant": ("__shared__ float s[TILE * 2]; s[0] = s[1];", 128),
    "a vector type": ("__shared__ float4 s[8]; s[0] = s[1];", 128),
    "aligned": ("__shared__ __align__(128) char s[100]; s[0] = s[1];", 100),
    "a struct": ("__shared__ Tile t; t.a = n;", 24),
    "nobody uses it": ("__shared__ float s[32];", 0),
    "dynamic": ("extern __shared__ float s[]; s[0] = 1;", 0),
    "harmless calls": ("__shared__ int s; s = atomicAdd(&s, 1); __syncthreads(); out[0] = sqrtf(s) + __ldg(out);", 4),
    "a device function without": ("out[0] = plain(n);", 0),
    "a device function with its own": ("out[0] = hungry(n);", 64),
    "a device function that calls another": ("out[0] = middle(n);", 64),
    "an unknown size": ("__shared__ float s[SIZE]; s[0] = s[1];", None),
    "an unknown type": ("__shared__ Mystery s[2]; s[0] = s[1];", None),
    "an unknown function": ("out[0] = mystery(n);", None),
    "cub": (
        "typedef cub::BlockReduce<float, 128> R; __shared__ typename R::TempStorage t; out[0] = R(t).Sum(n);",
        None,
    ),
    "perhaps": ("#ifdef BIG\n__shared__ float s[9999]; s[0] = s[1];\n#endif", None),
    "for one architecture": ("#if __CUDA_ARCH__ >= 800\n__shared__ float s[9999]; s[0] = s[1];\n#endif", None),
    "a macro's": ("SHARED(s); s[0] = s[1];", None),
}
BEFORE = """
#define TILE 16
#define SHARED(name) __shared__ float name[64]
struct Tile { char c; double a; int b; };
__device__ int plain(int a) { return a + 1; }
__device__ int hungry(int a) { __shared__ int s[16]; s[0] = a; return s[1]; }
__device__ int middle(int a) { return hungry(a) + hungry(a + 1); }
"""


@pytest.mark.parametrize(("body", "expected"), SHARED.values(), ids=SHARED)
def test_static_shared_memory(body: str, expected: int | None) -> None:
    assert shared(body, BEFORE) == expected


def test_a_template_that_may_not_use_it() -> None:
    text = "template <bool B> __global__ void k(int n) { if (B) { __shared__ float s[9999]; s[0] = s[n]; } }"
    assert kernels(text)[0].static_shared is None
    text = "template <int B> __global__ void k(int n) { __shared__ float s[B]; s[0] = s[n]; }"
    assert kernels(text)[0].static_shared is None


def test_dynamic_shared_memory() -> None:
    assert kernels("__global__ void k() { extern __shared__ __align__(1024) char s[]; s[0] = 1; }")[0].dynamic_shared
    assert not kernels("__global__ void k() { __shared__ char s[4]; s[0] = 1; }")[0].dynamic_shared


def test_overloads_say_only_what_they_share() -> None:
    first = "__global__ void k(int) { __shared__ int s[4]; s[0] = s[1]; }"
    text = f"{first}\n__global__ void __launch_bounds__(64) k(float) {{}}"
    (kernel,) = kernels(text)
    assert kernel.static_shared is None and kernel.bounds is None
