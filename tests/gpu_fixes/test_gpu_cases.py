"""Every rule for CUDA on a small program: what the real tools accept first is exactly the expected text."""

from __future__ import annotations

from collections.abc import AsyncIterator

import pytest
import pytest_asyncio
from gpu_fix_helpers import CASES, document, fixes_for, text_of

from signoff.diagnostics.fixes.mend import mend
from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

FAULTY = sorted(path.stem for path in CASES.glob("*.cu") if ".expected" not in path.name)

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    pool = WorkerPool()
    yield Launch(pool, "proof"), Nvrtc(pool)
    await pool.close()


@pytest.mark.parametrize("name", FAULTY)
async def test_the_faults_are_mended_as_expected(name: str, verifiers: tuple[Verifier, ...]) -> None:
    mended = await mend(*document(text_of(f"{name}.cu")), verifiers)
    assert mended.text == text_of(f"{name}.expected.cu")
    assert not [finding for finding in mended.left if finding.severity is Severity.ERROR]
    assert all("accepted by launch checks, NVRTC)" in fix.title for fix in mended.applied)


LONG = "dim3 grid(4, 70000);\n    fill<<<grid, 32>>>(out, 4);"
BODY = "out[blockIdx.y * width + blockIdx.x] = 1.0f;"
PROGRAM = """\
{top}
__global__ void fill(float *out, int width)
{{
    {body}
}}
void run(float *out)
{{
    {launch}
}}
{end}
"""


def program(top: str = "", body: str = BODY, launch: str = LONG, end: str = "") -> str:
    return PROGRAM.format(top=top, body=body, launch=launch, end=end)


UNCERTAIN = {
    "the grid passed on": program(launch=f"{LONG}\n    note(grid);", top="void note(dim3 g);"),
    "the grid read elsewhere": program(launch=f"{LONG}\n    out += grid.x;"),
    "a device function that looks for itself": program(
        top="__device__ int row() { return blockIdx.y; }", body="out[row() * width + blockIdx.x] = 1.0f;"
    ),
    "a macro that does": program(top="#define ROW() blockIdx.y", body="out[ROW() * width + blockIdx.x] = 1.0f;"),
    "blockIdx taken whole": program(body="uint3 at = blockIdx; out[at.y * width + at.x] = 1.0f;"),
    "a launch through a pointer": program(end="void (*again)(float *, int) = fill;"),
    "another kernel on the same grid": program(
        top="__global__ void clear(float *out) { out[blockIdx.x] = 0.0f; }",
        launch=LONG + "\n    clear<<<grid, 32>>>(out);",
    ),
    "members stored one by one": program(launch="dim3 grid;\n    grid.y = 70000;\n    fill<<<grid, 32>>>(out, 4);"),
    "cooperative groups": program(
        top="#include <cooperative_groups.h>",
        body="out[cooperative_groups::this_grid().block_rank()] = blockIdx.y;",
    ),
    "inline assembly": program(body='unsigned y; asm("mov.u32 %0, %%ctaid.y;" : "=r"(y)); out[y] = blockIdx.x;'),
    "a header that is not there": program(top='#include "rows.cuh"', body="out[row_of(width)] = blockIdx.x;"),
    "a block whose threads meet": program(
        body="__shared__ float s[2048]; s[threadIdx.x] = 1; __syncthreads(); out[threadIdx.x] = s[2047 - threadIdx.x];",
        launch="fill<<<1, 2048>>>(out, 4);",
    ),
    "a block whose grid does not follow": program(
        body="out[blockIdx.x * blockDim.x + threadIdx.x] = 1.0f;", launch="fill<<<3, 2048>>>(out, 4);"
    ),
    "a row of threads": program(
        body="out[blockIdx.x * width + threadIdx.x] = 1.0f;", launch="fill<<<(4096 + 2047) / 2048, 2048>>>(out, 2048);"
    ),
    "partial results of each block": program(
        body="int i = blockIdx.x * blockDim.x + threadIdx.x; out[blockIdx.x] = i;",
        launch="fill<<<(4096 + 2047) / 2048, 2048>>>(out, 4);",
    ),
    "a second launch that does not follow": program(
        top="constexpr int T = 2048;",
        body="int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < width) out[i] = 1.0f;",
        launch="fill<<<(9999 + T - 1) / T, T>>>(out, 9999);\n    fill<<<5, T>>>(out, 9999);",
    ),
    "a constant that means something else, too": program(
        top="constexpr int T = 2048;",
        body="int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < width) out[i] = T;",
        launch="fill<<<(9999 + T - 1) / T, T>>>(out, 9999);",
    ),
    "a macro that means something else, too": program(
        top="#define T 2048\n#define LAST (T - 1)",
        body="int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < width) out[i] = LAST;",
        launch="fill<<<(9999 + T - 1) / T, T>>>(out, 9999);",
    ),
    "a grid that is capped afterwards": program(
        top="constexpr int T = 2048;",
        body="int i = blockIdx.x * blockDim.x + threadIdx.x; if (i < width) out[i] = 1;",
        launch="int b = (9999 + T - 1) / T;\n    b = b > 4 ? 4 : b;\n    fill<<<b, T>>>(out, 9999);",
    ),
    "a device function through another": program(
        top="struct At { __device__ int y() { return blockIdx.y; } };\n__device__ int row() { At at; return at.y(); }",
        body="out[row() * width + blockIdx.x] = 1.0f;",
    ),
    "the bound is an array's size": program(
        body="__shared__ float s[256]; s[threadIdx.x] = 0; out[threadIdx.x] = s[0];",
        launch="fill<<<1, 512>>>(out, 4);",
    ).replace("void fill", "void __launch_bounds__(256) fill"),
    "a kernel of two versions": program(end="__global__ void fill(int *out, int width) { out[blockIdx.x] = width; }"),
    "a template argument left to the call": program(
        body="extern __shared__ float s[]; s[0] = 0; out[0] = s[0];", launch="fill<float><<<1, 32, 65536>>>(out, 4);"
    ).replace("__global__", "template <typename T, typename N>\n__global__"),
    "the launch is all of a branch": program(
        body="extern __shared__ float s[]; s[0] = 0; out[0] = s[0];",
        launch="if (out)\n        fill<<<1, 32, 65536>>>(out, 4);",
    ),
}


@pytest.mark.parametrize("name", UNCERTAIN)
async def test_what_is_not_certain_is_not_offered(name: str, verifiers: tuple[Verifier, ...]) -> None:
    findings, fixes = await fixes_for(UNCERTAIN[name], verifiers[:1])
    assert [one for one in findings if one.severity is Severity.ERROR], "nothing to mend: the case says nothing"
    assert fixes == (), [fix.title for fix in fixes]


async def test_what_must_hold_is_said(verifiers: tuple[Verifier, ...]) -> None:
    """Where x is not known, the exchange may move the fault: the title says when it does not."""
    text = program(launch=LONG.replace("(4, 70000)", "(images, 70000)"))
    text = text.replace("run(float *out)", "run(float *out, int images)")
    _, fixes = await fixes_for(text, verifiers[:1])
    assert [(fix.rule, fix.behaviour) for fix in fixes] == [("grid", "right as long as images is at most 65535")]
    mended = await mend(*document(text), verifiers[:1])
    assert mended.text == text
    assert [fix.title for fix in mended.withheld] == [fix.title for fix in fixes]


async def test_device_functions_that_look_at_nothing_are_no_obstacle(verifiers: tuple[Verifier, ...]) -> None:
    top = "__device__ float one(int n) { return n ? 1.0f : 0.0f; }\n__global__ void other() { if (blockIdx.y) return; }"
    _, fixes = await fixes_for(program(top=top, body=BODY.replace("1.0f", "one(width)")), verifiers[:1])
    assert len(fixes) == len(("exchanged", "folded"))


async def test_the_plain_program_has_fixes(verifiers: tuple[Verifier, ...]) -> None:
    """So that it is the doubt, and not the program, that keeps the others from having any."""
    _, fixes = await fixes_for(program(), verifiers[:1])
    assert [fix.rule for fix in fixes] == ["grid", "grid"]
    assert "dim3 grid(70000, 4);" in apply_edits(program(), fixes[0].edits)
    assert "dim3 grid(4 * 70000);" in apply_edits(program(), fixes[1].edits)
