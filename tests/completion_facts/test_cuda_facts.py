from __future__ import annotations

import asyncio
from pathlib import Path

import pytest
from facts_samples import far, near

from signoff.completion.context import hole_at
from signoff.completion.facts.cuda import CudaFacts
from signoff.completion.facts.gpu_limits import allowed, taken
from signoff.completion.passage import Passage
from signoff.verifiers.gpu.compile import toolkit as module
from signoff.verifiers.gpu.compile.toolkit import Toolkit, toolkit
from signoff.verifiers.gpu.facts import KernelCost
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.workers import WorkerPool

KERNELS = """#pragma once
#define TILE 16
#define CHECK(call) do { if ((call) != cudaSuccess) abort(); } while (0)
struct Shape { int rows, columns; };
extern __constant__ float weights[64];
template <typename T>
__global__ void __launch_bounds__(256) scale(T *x, T factor, Shape shape) { x[0] *= factor; }
__device__ __forceinline__ float warp_sum(float value) { return value; }
"""
MAIN = """#include "kernels.cuh"

__global__ void row(float *out, Shape shape)
{
    %s
}

void run(float *x, Shape shape, cudaStream_t stream)
{
    %s
}
"""
COSTS = {"row": (KernelCost("row", "sm_80", 40, static_shared=1024),)}


@pytest.fixture
def small(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A workspace, and in place of a toolkit a header of it."""
    include = tmp_path / "include"
    include.mkdir()
    (include / "cuda_runtime.h").write_text("enum cudaError { cudaSuccess = 0 };\nvoid __syncthreads();\n")
    monkeypatch.setattr(module, "toolkit", lambda settings: Toolkit(include_dirs=(str(include),)))
    folder = tmp_path / "work"
    folder.mkdir()
    return folder


async def passages(
    folder: Path, text: str, costs: dict[str, tuple[KernelCost, ...]] | None = None
) -> tuple[Passage, ...]:
    (folder / "kernels.cuh").write_text(KERNELS)
    prefix, _, suffix = text.partition("@")
    path = str(folder / "main.cu")
    snapshot = Snapshot("file:///main.cu", path, "cuda-cpp", 1, prefix + suffix)
    project = Project(str(folder), unit=CompileUnit(path), architectures=("sm_80",))
    hole = hole_at(snapshot, *LineIndex(snapshot.text).position(len(prefix)))
    assert hole is not None
    pool = WorkerPool()
    source = CudaFacts(pool, (lambda _: costs) if costs is not None else None)
    try:
        assert await source.gather(snapshot, project, hole) == ()
        await source.settled()
        return await source.gather(snapshot, project, hole)
    finally:
        await pool.close()


async def test_a_launch_needs_the_kernels_signature(small: Path) -> None:
    found = await passages(small, MAIN % ("", "scale<<<@"))
    assert "__global__ void __launch_bounds__(256) scale(T *x, T factor, Shape shape);" in near(found)
    assert "sm_80: at most 1024 threads a block" in near(found)


async def test_a_kernel_gets_device_functions_and_limits(small: Path) -> None:
    found = await passages(small, MAIN % ("out[0] = warp_sum(@", ""))
    assert "float warp_sum(float value);" in near(found)
    assert "166912 with cudaFuncSetAttribute" in far(found)
    assert "registers a thread, 1024" not in far(found)


async def test_members_and_constants(small: Path) -> None:
    assert "struct Shape { int rows, columns; };" in near(await passages(small, MAIN % ("int n = shape.@", "")))
    told = await passages(small, MAIN % ("out[TILE] = weights[0];\n    @", ""))
    assert "#define TILE 16" in far(told) and "__constant__ float weights[64];" in far(told)


async def test_the_toolkits_headers_are_in_front_of_every_unit(small: Path) -> None:
    assert "void __syncthreads();" in far(await passages(small, MAIN % ("__syncthreads();\n    @", "")))


async def test_what_the_compiler_found(small: Path) -> None:
    found = await passages(small, MAIN % ("@", ""), COSTS)
    assert "row on sm_80: 40 registers a thread, 1024 bytes of static shared memory" in far(found)
    assert "row on" not in near(await passages(small, MAIN % ("", "CHECK(@"), COSTS))


@pytest.mark.tool
async def test_the_runtimes_prototypes_are_the_toolkits(tmp_path: Path) -> None:
    found = await asyncio.to_thread(toolkit, VerifierSettings())
    if not (found.include_dirs or found.nvrtc.include_dirs):
        pytest.skip("no CUDA headers")
    told = near(await passages(tmp_path, MAIN % ("", "cudaMemcpyAsync(x, x, 4, @")))
    assert "cudaMemcpyAsync(void *dst, const void *src, size_t count, enum cudaMemcpyKind kind, cudaStream_t" in told
    assert "cudaMemcpyHostToDevice" in told


def test_limits_are_those_of_every_target() -> None:
    assert "49152 bytes of shared memory a block" in allowed(Project("/"))
    assert "cudaFuncSetAttribute" not in allowed(Project("/"))
    assert allowed(Project("/", architectures=("sm_80", "sm_90"))).startswith("/* sm_80 and sm_90: at most 1024")


def test_of_several_instances_the_most_registers_count() -> None:
    rows = (KernelCost("k", "sm_80", 20), KernelCost("k", "sm_90", 60, spill_stores=8))
    assert taken({"k": rows, "none": ()}) == (
        ("k", "/* k on sm_90: 60 registers a thread, 0 bytes of static shared memory, 8 bytes spilled */"),
    )
