"""Fixes for hints and for what the compiler has measured: each is offered, none is made unasked."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from gpu_fix_helpers import document, fixes_for

from signoff.diagnostics.fixes.mend import mend
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvcc import Nvcc
from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

TRANSPOSE = """\
#include <cuda_runtime.h>
#include <cstdlib>
#define CHECK(call) if ((call) != cudaSuccess) std::abort()
constexpr int TILE = 32;

__global__ void transpose(const float *in, float *out, int width)
{
    __shared__ float tile[TILE][TILE];
    tile[threadIdx.y][threadIdx.x] = in[threadIdx.y * width + threadIdx.x];
    __syncthreads();
    out[threadIdx.y * width + threadIdx.x] = tile[threadIdx.x][threadIdx.y];
}

int main()
{
    float *in, *out;
    CHECK(cudaMalloc(&in, 4096));
    CHECK(cudaMalloc(&out, 4096));
    transpose<<<1, dim3(TILE, TILE)>>>(in, out, TILE);
}
"""
# A thread that keeps as many values as it may: 255 registers, and a block of 512 such threads is too many.
HEAVY = """\
__global__ void mix(const float *in, float *out, int n)
{
    float v[200];
#pragma unroll
    for (int i = 0; i < 200; i++)
        v[i] = in[i * n + threadIdx.x];
    for (int round = 0; round < n; round++) {
#pragma unroll
        for (int i = 0; i < 200; i++)
            v[i] = v[i] * v[(i + 7) % 200] + v[(i + 31) % 200];
    }
#pragma unroll
    for (int i = 0; i < 200; i++)
        out[i * n + threadIdx.x] = v[i];
}

void run(const float *in, float *out)
{
    mix<<<8, 512>>>(in, out, 512);
}
"""

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    pool = WorkerPool()
    yield Launch(pool, "proof"), Nvrtc(pool), Nvcc(pool)
    await pool.close()


async def test_rows_are_padded_and_launches_checked(verifiers: tuple[Verifier, ...]) -> None:
    _, fixes = await fixes_for(TRANSPOSE, verifiers[:2])
    mended = {fix.rule: apply_edits(TRANSPOSE, fix.edits) for fix in fixes}
    call = "    transpose<<<1, dim3(TILE, TILE)>>>(in, out, TILE);\n"
    assert mended == {
        "banks": TRANSPOSE.replace("tile[TILE][TILE]", "tile[TILE][TILE + 1]"),
        "checks": TRANSPOSE.replace(call, call + "    CHECK(cudaGetLastError());\n"),
    }
    assert (await mend(*document(TRANSPOSE), verifiers[:2])).text == TRANSPOSE


@pytest.mark.parametrize(
    "use", ["float *row = tile[0]; row[0] = 1;", "tile[0][0] = sizeof(tile);", "float *p = &tile[0][0]; p[33] = 1;"]
)
async def test_rows_whose_length_matters_are_not_padded(use: str, verifiers: tuple[Verifier, ...]) -> None:
    text = TRANSPOSE.replace("    __syncthreads();\n", f"    {use}\n    __syncthreads();\n")
    findings, fixes = await fixes_for(text, verifiers[:1])
    assert "BankConflict" in [finding.code for finding in findings]
    assert "banks" not in [fix.rule for fix in fixes]


async def test_without_a_way_of_its_own_to_check_a_file_gets_none(verifiers: tuple[Verifier, ...]) -> None:
    text = TRANSPOSE.replace("    CHECK(cudaMalloc(&in, 4096));\n    CHECK(cudaMalloc(&out, 4096));\n", "")
    findings, fixes = await fixes_for(text, verifiers[:1])
    assert "UncheckedLaunch" in [finding.code for finding in findings]
    assert "checks" not in [fix.rule for fix in fixes]


async def test_bounds_for_a_kernel_of_too_many_registers(verifiers: tuple[Verifier, ...]) -> None:
    # nvcc: NVRTC leaves the registers out where the machine is so busy that compiling takes long.
    findings, fixes = await fixes_for(HEAVY, (verifiers[0], verifiers[2]))
    assert "RegistersExceeded" in [finding.code for finding in findings]
    (fix,) = [fix for fix in fixes if fix.rule == "bounds"]
    assert apply_edits(HEAVY, fix.edits) == HEAVY.replace("void mix", "void __launch_bounds__(512) mix")
    assert fix.behaviour == "ptxas may spill registers"
    assert "(accepted by launch checks, nvcc)" in fix.title
