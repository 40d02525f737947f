"""Refactorings of kernels: a grid's axis folded into x, an index tested. They run on the processor and must agree."""

from __future__ import annotations

import asyncio
import random
import shutil
import subprocess
from pathlib import Path

import pytest
from gpu_fix_helpers import PATH, document, text_of
from test_gpu_semantics import CHECK, EMULATION, MAIN, emulated, sized

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.refactor.offer import Refactor
from signoff.verifiers import registry
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Speed
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

PLANE = """constexpr int WIDTH = 37;   // 1..90
constexpr int HEIGHT = 21;  // 1..60
constexpr int SIZE = WIDTH * HEIGHT;

__global__ void scale(const float *in, float *out, int width, int height)
{
    int x = blockIdx.x * blockDim.x + threadIdx.x;
    int y = blockIdx.y * blockDim.y + threadIdx.y;
    if (x < width && y < height)
        out[y * width + x] = 3.0f * in[y * width + x] + gridDim.x;
}

void run(const float *in, float *out)
{
    dim3 grid(6, 8);
    scale<<<grid, dim3(16, 8)>>>(in, out, WIDTH, HEIGHT);
}
"""
LINE = """constexpr int SIZE = 1000; // 1..2000

__global__ void shift(const float *in, float *out, int n, float by)
{
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    float value = in[i];
    for (int k = 0; k < 3; k++)
        value += by;

    out[i] = value;
}

void run(const float *in, float *out)
{
    shift<<<(SIZE + 127) / 128, 128>>>(in, out, SIZE, 2.0f);
}
"""
TESTED = LINE.replace("    float value", "    if (i < n) {\n        float value").replace(
    """
    for (int k = 0; k < 3; k++)
        value += by;

    out[i] = value;
""",
    """
        for (int k = 0; k < 3; k++)
            value += by;

        out[i] = value;
    }
""",
)
# Grids whose axes are not known: folding them is right up to a limit, and that is said.
UNKNOWN = """__global__ void add(float *out, int rows, int width)
{
    out[blockIdx.y * gridDim.x + blockIdx.x] += rows;
}

void run(float *out, int rows, int columns)
{
    dim3 grid(columns, rows);
    add<<<grid, 64>>>(out, rows, columns);
}
"""


def candidates(text: str, name: str) -> list[FixCandidate]:
    async def main() -> list[FixCandidate]:
        pool = WorkerPool()
        try:
            work = Refactor(*document(text), (Launch(pool, "proof"),), names=(name,))
            return await work.candidates(None)
        finally:
            await pool.close()

    return asyncio.run(main())


def offered(text: str, name: str) -> tuple[ProvenFix, ...]:
    """With all the quick tools."""

    async def main() -> tuple[ProvenFix, ...]:
        pool = WorkerPool()
        try:
            judges = [one for one in registry.build(pool) if one.speed <= Speed.QUICK]
            return await Refactor(*document(text), judges, names=(name,)).offers(None)
        finally:
            await pool.close()

    return asyncio.run(main())


def agree(text: str, mended: str, folder: Path) -> subprocess.CompletedProcess[str]:
    program, binary = folder / "program.cpp", folder / "program"
    parts = emulated(text, "original") + emulated(mended, "mended_0") + MAIN.format(checks=CHECK.format(n=0))
    program.write_text(f'#include "{EMULATION}"\n{parts}')
    built = subprocess.run(["g++", "-O1", "-o", binary, program], capture_output=True, text=True, check=False)
    assert built.returncode == 0, built.stderr[:2000]
    return subprocess.run([binary], capture_output=True, text=True, check=False, timeout=60)


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
@pytest.mark.parametrize("seed", [1, 2])
def test_a_folded_grid_computes_the_same(seed: int, tmp_path: Path) -> None:
    text = sized(PLANE, random.Random(seed))
    (one,) = candidates(text, "flatten-grid")
    mended = apply_edits(text, one.edits)
    assert "blockIdx.y" not in mended and "dim3 grid(6 * 8);" in mended
    done = agree(text, mended, tmp_path)
    assert done.returncode == 0, done.stdout + mended


@pytest.mark.skipif(shutil.which("g++") is None, reason="needs g++")
def test_the_comparison_sees_a_wrong_one(tmp_path: Path) -> None:
    (one,) = candidates(PLANE, "flatten-grid")
    wrong = apply_edits(PLANE, one.edits).replace("blockIdx.x /", "blockIdx.x %", 1)
    assert agree(PLANE, wrong, tmp_path).returncode == 1


def test_the_index_is_tested() -> None:
    (one,) = candidates(LINE, "bounds-check")
    assert apply_edits(LINE, one.edits) == TESTED
    assert one.title == "Add 'if (i < n)' to 'shift'"
    assert "beyond" in one.behaviour and not one.keeps


def test_an_index_of_two_axes_is_tested_in_both() -> None:
    bare = (
        PLANE.replace(" + gridDim.x", "")
        .replace("    if (x < width && y < height)\n        out", "    out")
        .replace("dim3 grid(6, 8)", "dim3 grid((WIDTH + 15) / 16, (HEIGHT + 7) / 8)")
    )
    (one,) = candidates(bare, "bounds-check")
    assert "    if (x < width && y < height) {\n        out[y" in apply_edits(bare, one.edits)


NO_TEST = {
    "it is tested": TESTED,
    "it goes over the rest in a loop": LINE.replace(
        "float value", "for (int k = i; k < n; k += gridDim.x * blockDim.x) out[k] = by;\n    float value"
    ),
    "its threads meet": LINE.replace("float value", "__syncthreads();\n    float value"),
    "its threads share": LINE.replace("float value", "__shared__ float part[128];\n    float value"),
    "the end changes": LINE.replace("float value", "n = 3;\n    float value"),
    "no parameter counts": LINE.replace("int n, ", "").replace("out, SIZE, ", "out, "),
    "the index is in no variable": LINE.replace("int i = blockIdx", "out[blockIdx").replace(
        "threadIdx.x;", "threadIdx.x] = 0; int i = 0;"
    ),
}


@pytest.mark.parametrize("why", NO_TEST)
def test_where_no_test_is_added(why: str) -> None:
    assert candidates(NO_TEST[why], "bounds-check") == []


def test_an_extent_that_is_not_known_is_told() -> None:
    (one,) = candidates(UNKNOWN, "flatten-grid")
    assert one.behaviour == "right as long as columns * rows is at most 2147483647"


def test_what_the_compiler_has_read_is_offered() -> None:
    (fix,) = offered(LINE, "bounds-check")
    assert "NVRTC" in fix.title and apply_edits(LINE, fix.edits) == TESTED
    assert fix.finding.category == "launch-geometry" and fix.finding.path == PATH
    (fix,) = offered(PLANE, "flatten-grid")
    assert fix.title.startswith("Fold grid.y into grid.x") and "NVRTC" in fix.title


@pytest.mark.parametrize("name", ["flatten-grid", "bounds-check"])
def test_any_text_is_borne(name: str) -> None:
    whole = text_of("long_grid_y.cu") + LINE.replace("SIZE", "COUNT").replace("void run", "void walk")
    texts = [whole[:end] for end in range(0, len(whole), 211)] + [whole.replace("\n", "\r\n"), "", "__global__ void"]
    for text in texts:
        for one in candidates(text, name):
            apply_edits(text, one.edits)
