"""Fixes in Python files: Triton kernels, and CUDA in strings, each at its place and judged by its own tools."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio
from gpu_fix_helpers import document, fixes_for

from signoff.diagnostics.fixes.mend import mend
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

EXAMPLES = Path(__file__).resolve().parents[2] / "docs" / "examples"
TRITON = """\
import triton
import triton.language as tl


@triton.jit
def add(x_ptr, y_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arrange(0, BLOCK)
    mask = offsets < n
    x = tl.load(x_ptr + offsets, mask=mask)
    y = tl.load(y_ptr + ofsets, mask=mask)
    tl.store(out_ptr + offsets, x + y, mask=mask)


def run(x, y, out, n):
    add[(triton.cdiv(n, 1024),)](x, y, out, n, BLOCK=1024)
"""
LOADER = '''\
from torch.utils.cpp_extension import load_inline

SOURCE = """
__global__ void shift(const float *in, float *out, int width)
{
    out[blockIdx.y * width + blockIdx.x] = in[blockIdx.y * width + blockIdx.x];
}
void run(const float *in, float *out)
{
    dim3 grid(16, 262144);
    shift<<<grid, 1>>>(in, out, 16);
}
"""
module = load_inline(name="shift", cpp_sources="", cuda_sources=SOURCE, functions=["run"])
'''

pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    pool = WorkerPool()
    yield Launch(pool, "proof"), Nvrtc(pool), Triton(pool)
    await pool.close()


@pytest.mark.skipif(importlib.util.find_spec("triton") is None, reason="needs Triton")
async def test_misspelt_names_of_a_triton_kernel(verifiers: tuple[Verifier, ...]) -> None:
    mended = await mend(*document(TRITON, "/kernels/add.py"), verifiers)
    assert mended.text == TRITON.replace("arrange", "arange").replace("ofsets", "offsets", 1).replace(
        "foffsets", "offsets"
    )
    titles = [fix.title for fix in mended.applied]
    assert titles == [
        "Replace 'arrange' by 'arange' (accepted by Triton)",
        "Replace 'ofsets' by 'offsets' (accepted by Triton)",
    ]


async def test_a_launch_in_a_string(verifiers: tuple[Verifier, ...]) -> None:
    findings, fixes = await fixes_for(LOADER, verifiers, "/kernels/shift.py")
    assert "GridTooLarge" in [finding.code for finding in findings]
    mended = apply_edits(LOADER, fixes[0].edits)
    expected = "out[blockIdx.x * width + blockIdx.y] = in[blockIdx.x * width + blockIdx.y];"
    assert expected in mended
    assert "dim3 grid(262144, 16);" in mended
    assert mended.splitlines()[0] == LOADER.splitlines()[0]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param('SOURCE = """\n', 'SOURCE = """\\n\\\n', id="escapes"),
        pytest.param("module =", "print('shift' + SOURCE)\nother = SOURCE.replace('shift', 'x')\nmodule =", id="named"),
    ],
)
async def test_a_string_that_cannot_be_edited_for_certain(old: str, new: str, verifiers: tuple[Verifier, ...]) -> None:
    _, fixes = await fixes_for(LOADER.replace(old, new), verifiers, "/kernels/shift.py")
    assert fixes == ()


def fix(*arguments: str, cwd: Path) -> subprocess.CompletedProcess[str]:
    argv = [sys.executable, "-m", "signoff.lsp_server", "fix", *arguments]
    return subprocess.run(argv, cwd=cwd, capture_output=True, text=True, check=False, timeout=60)


async def test_the_example_is_mended_on_the_command_line(tmp_path: Path) -> None:
    text = (EXAMPLES / "rmsnorm.cu").read_text(encoding="utf-8")
    (tmp_path / "rmsnorm.cu").write_text(text, encoding="utf-8")
    done = fix("--apply", "rmsnorm.cu", cwd=tmp_path)
    assert done.returncode == 0, done.stderr
    assert "(accepted by launch checks, NVRTC)" in done.stderr
    mended = (tmp_path / "rmsnorm.cu").read_text(encoding="utf-8")
    assert "dim3 grid(SPATIAL, BATCH);" in mended
    assert "int image = blockIdx.y;\n    int point = blockIdx.x;\n" in mended
    again = fix("--diff", "rmsnorm.cu", cwd=tmp_path)
    assert (again.returncode, again.stdout, again.stderr) == (0, "", "")
