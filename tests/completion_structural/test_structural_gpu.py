"""CUDA and Triton constructs, judged by the real tools."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from structural_places import MARK, bench, spliced

from signoff.completion.structural import judge
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvcc_front import NvccFront
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.python_names import PythonNames

pytestmark = pytest.mark.tool

CUDA = """#include <cstdio>
#define CHECK(x) do {{ cudaError_t e = (x); if (e != cudaSuccess) printf("%s", cudaGetErrorString(e)); }} while (0)
__global__ void __launch_bounds__(128) add(const float *a, float *b, int n) {{
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i < n) b[i] += a[i];
}}
template <typename T, int STEP> __global__ void twist(T *x, int rows, int columns) {{
  int c = blockIdx.x * blockDim.x + threadIdx.x;
  int r = blockIdx.y * blockDim.y + threadIdx.y;
  if (c < columns && r < rows) x[r * columns + c] *= STEP;
}}
int main() {{
  int n = 1000;
  float *a = new float[n];
  float *d_a, *d_b;
  {}
  return 0;
}}
"""


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (
            f"add{MARK}",
            "dim3 block(128);\n  dim3 grid((n + block.x - 1) / block.x);\n  add<<<grid, block>>>(d_a, d_b, n);\n"
            "  CHECK(cudaGetLastError());",
        ),
        (f"cudaMall{MARK}", "CHECK(cudaMalloc(&d_a, n * sizeof(float)));"),
        (
            f"CHECK(cudaMalloc(&d_a, n * sizeof(float)));\n  cudaMemc{MARK}",
            "CHECK(cudaMemcpy(d_a, a, n * sizeof(float), cudaMemcpyHostToDevice));",
        ),
    ],
)
async def test_host_code(tmp_path: Path, line: str, expected: str) -> None:
    text = CUDA.format(line)
    async with bench(tmp_path, Launch) as made:
        # Pointers are those of the device where they were allocated; here only their names say so.
        text = text.replace("add‸", "cudaMalloc(&d_a, 4); cudaMalloc(&d_b, 4);\n  add‸")
        found = await made.offers(text, "k.cu", "cuda-cpp")
        assert expected in spliced(text, found[0])
        assert found[0].verdict.tools == ("launch",) and not found[0].proposal.open


async def test_what_nobody_knows_is_left_to_fill_in_and_the_rest_is_judged(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    if shutil.which("nvcc") is None:
        pytest.skip("no nvcc")
    monkeypatch.setattr(judge, "SECONDS", 60.0)
    text = CUDA.format(f"twist{MARK}")
    async with bench(tmp_path, Launch, NvccFront) as made:
        (found,) = await made.offers(text, "k.cu", "cuda-cpp")
    assert set(found.proposal.open) == {"columns", "rows", "T", "STEP", "x"}
    assert "twist<T, STEP><<<grid, block>>>(x, rows, columns);" in found.proposal.text
    assert "twist<float, 1>" in found.proposal.checked_text and "nvcc front end" in found.verdict.tools


async def test_no_launch_in_device_code_nor_outside_of_functions(tmp_path: Path) -> None:
    async with bench(tmp_path, Launch) as made:
        assert not await made.offers(
            CUDA.format("").replace("  if (i < n) b", f"  add{MARK}\n  if (i < n) b"), "k.cu", "cuda-cpp"
        )
        assert not await made.offers(CUDA.format("") + f"add{MARK}\n", "k.cu", "cuda-cpp")


TRITON = """import torch
import triton
import triton.language as tl


@triton.jit
def add_kernel(x_ptr, out_ptr, n_elements, BLOCK_SIZE: tl.constexpr):
    pid = tl.program_id(axis=0)
    offs = pid * BLOCK_SIZE + tl.arange(0, BLOCK_SIZE)
    mask = offs < n_elements
    {kernel}


def add(x):
    out = torch.empty_like(x)
    n_elements = out.numel()
    {host}
    return out


{last}
"""


@pytest.mark.parametrize(
    ("place", "line", "expected"),
    [
        ("host", f"add_{MARK}", 'grid = lambda meta: (triton.cdiv(n_elements, meta["BLOCK_SIZE"]),)\n'),
        ("host", f"add_{MARK}", "    add_kernel[grid](x, out, n_elements, BLOCK_SIZE=1024)"),
        ("kernel", f"x = tl.{MARK}", "x = tl.load(x_ptr + offs, mask=mask)"),
        ("kernel", f"tl.st{MARK}", "tl.store(x_ptr + offs, value, mask=mask)"),
        ("last", f"@tri{MARK}", "@triton.jit\ndef kernel(x_ptr, out_ptr, n, BLOCK: tl.constexpr):"),
    ],
)  # fmt: skip
async def test_triton(tmp_path: Path, place: str, line: str, expected: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(judge, "SECONDS", 60.0)
    text = TRITON.format(**{"kernel": "pass", "host": "", "last": "", place: line})
    async with bench(tmp_path, PythonNames, Triton) as made:
        found = await made.offers(text, "k.py", "python")
    assert expected in spliced(text, found[0])
    assert "pyflakes" in found[0].verdict.tools or "triton" in found[0].verdict.tools
