"""Which pointers of a host function are memory of the device: by what is done with them, or by their names. Pure."""

from __future__ import annotations

import pytest
from structural_places import MARK, place

from signoff.completion.structural import cuda_names
from signoff.completion.structural.cuda_host import DeviceMemory
from signoff.verifiers.project import Project

HOST = """__global__ void add(const float *a, float *c, int n) {{ c[threadIdx.x] = a[0]; }}
int main(float *given)
{{
    int n = 1000;
    float *a, *c, *host = (float *)malloc(n * sizeof(float)), *unused;
    {}
    add<<<grid(n), 256>>>(a, c, n);
    {}
}}
void other(float *x) {{ add<<<1, 1>>>(unused, x, 1); }}
"""


async def asked(line: str, later: str = "") -> list[str]:
    here = place(HOST.format(line, later), "cuda-cpp", "/k.cu")
    return [one.label for one in await DeviceMemory().propose(here, Project("/"))]


async def test_what_a_launch_takes_is_allocated() -> None:
    assert await asked(f"cudaMalloc{MARK}") == ["cudaMalloc(&a, ...)", "cudaMalloc(&c, ...)"]
    assert await asked(f"cudaMalloc(&a, 4);\n    cudaMal{MARK}") == ["cudaMalloc(&c, ...)"]


async def test_what_is_copied_to_the_device_is_allocated_and_no_memory_of_the_host() -> None:
    found = await asked(f"cudaMalloc{MARK}", "cudaMemcpy(unused, host, 4, cudaMemcpyHostToDevice);")
    assert "cudaMalloc(&unused, ...)" in found and not any("host" in one or "given" in one for one in found)


async def test_names_of_the_device_count_where_nothing_uses_them_yet() -> None:
    assert "cudaMalloc(&d_x, ...)" in await asked(f"float *d_x;\n    cudaMal{MARK}")


@pytest.mark.parametrize(
    ("code", "expected"),
    [
        ("k<<<1, 2>>>(a, (float *)b, 3, c + 1)", {"a", "b", "3"}),
        ("k<<<dim3(1, f(2)), 2, 0, s>>>(a)", {"a"}),
        ("cudaMemcpy(d, h, n, cudaMemcpyHostToDevice)", {"d"}),
        ("cudaMemcpyAsync(h, d, n * sizeof(*d), cudaMemcpyDeviceToHost, s)", {"d"}),
        ("cudaMemcpy(x, y, n, cudaMemcpyDeviceToDevice)", {"x", "y"}),
        ("cudaMemcpy(x, y, n, kind)", set()),
        ("cudaMemset(x, 0, n); cudaFree(y);", {"x", "y"}),
        ("k<<<1, 2>>>(a, ", {"a"}),
    ],
)
def test_uses_of_memory_of_the_device(code: str, expected: set[str]) -> None:
    assert cuda_names.of_device(code) == expected
