"""What could come from a guess of ours, or from something that was not followed, is no finding."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import pytest
from triton_helpers import HEAD, needs_triton, project, snapshot

from signoff.verifiers.finding import Status
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.workers import WorkerPool

pytestmark = [pytest.mark.tool, needs_triton]

# Legal kernels that a careless guess of types, constants or names makes fail.
LEGAL = {
    "a name from elsewhere": """
from somewhere import helper, SCALE

@triton.jit
def kernel(x_ptr, BLOCK: tl.constexpr):
    offs = tl.arange(0, BLOCK)
    tl.store(x_ptr + offs, helper(tl.load(x_ptr + offs)) * SCALE)
""",
    "everything from a module": """
from somewhere import *

@triton.jit
def kernel(x_ptr):
    tl.store(x_ptr, helper(1))
""",
    "a flag that decides on a name": """
@triton.jit
def kernel(x_ptr, MODE: tl.constexpr, BLOCK: tl.constexpr):
    if MODE == 3:
        x = tl.arange(0, BLOCK)
    elif MODE == 4:
        x = tl.zeros((BLOCK,), tl.int32)
    tl.store(x_ptr + tl.arange(0, BLOCK), x)
""",
    "extents that must fit each other": """
@triton.jit
def kernel(x_ptr, ROWS: tl.constexpr, COLS: tl.constexpr):
    tl.static_assert(ROWS * 4 == COLS)
    x = tl.load(x_ptr + tl.arange(0, ROWS)[:, None] * 64 + tl.arange(0, 64)[None, :])
    x = x + tl.load(x_ptr + tl.arange(0, COLS // 4))[:, None]
    tl.store(x_ptr + tl.arange(0, ROWS)[:, None] * 64 + tl.arange(0, 64)[None, :], x)
""",
    "integers behind a pointer": """
@triton.jit
def kernel(bits, out):
    x = tl.load(bits + tl.arange(0, 16))
    tl.store(out + tl.arange(0, 16), (x & 15) >> 2)
""",
    "flags behind a pointer": """
@triton.jit
def kernel(flags, out):
    keep = tl.load(flags + tl.arange(0, 16))
    tl.store(out + tl.arange(0, 16), 1, mask=keep)
""",
    "indices behind a pointer": """
@triton.jit
def kernel(x, index, out):
    i = tl.load(index + tl.arange(0, 16))
    tl.store(out + tl.arange(0, 16), tl.exp(tl.load(x + i).to(tl.float32)))
""",
    "a pointer that is told by nothing but its use in a branch": """
@triton.jit
def kernel(first, second, out, which):
    source = first
    if which == 1:
        source = second
    tl.store(out, tl.load(source))
""",
    "a function handed in": """
@triton.jit
def kernel(x_ptr, ACTIVATION: tl.constexpr):
    tl.store(x_ptr, ACTIVATION(tl.load(x_ptr)))
""",
    "a tensor descriptor handed in": """
@triton.jit
def kernel(desc, x_ptr):
    tl.store(x_ptr + tl.arange(0, 16), desc.load([0]))
""",
    "a tuple handed in": """
@triton.jit
def kernel(pointers, n):
    tl.store(pointers[0], tl.load(pointers[1]))
""",
    "a member that only another architecture's branch uses": """
@triton.jit
def kernel(x_ptr, IS_HIP: tl.constexpr):
    if IS_HIP:
        tl.nowhere(x_ptr)
    tl.store(x_ptr, 1.0)
""",
    "two ways to define a name": """
if triton.__version__ > "3":
    from triton.language.extra.libdevice import rsqrt
else:
    from triton.language.math import rsqrt
try:
    WIDTH = tl.constexpr(len(triton.__version__))
except Exception:
    WIDTH = tl.constexpr(100)

@triton.jit
def kernel(x_ptr):
    tl.store(x_ptr + tl.arange(0, WIDTH), rsqrt(tl.load(x_ptr).to(tl.float32)))
""",
    "a kernel of another dialect": """
from triton.experimental import gluon
from triton.experimental.gluon import language as gl

@gluon.jit
def kernel(x_ptr):
    gl.nowhere(x_ptr)
""",
    "a helper that only others call": """
@triton.jit
def helper(x, y):
    return tl.dot(x, y)
""",
    "types that one architecture lacks": """
@triton.jit
def kernel(x_ptr, y_ptr):
    tl.store(y_ptr, tl.load(x_ptr).to(tl.float32).to(tl.float8e4nv).to(tl.float32))
""",
}


@pytest.fixture
async def triton():
    pool = WorkerPool()
    yield Triton(pool)
    await pool.close()


async def test_legal_kernels_say_nothing(triton):
    said = {name: found for name, text in LEGAL.items() if (found := await _findings(triton, HEAD + text))}
    assert not said


async def _findings(triton, text):
    outcome = await triton.run(snapshot(text), project())
    assert outcome.status is Status.FINDINGS
    return outcome.findings


async def test_what_was_not_judged_is_said(triton):
    outcome = await triton.run(snapshot(HEAD + LEGAL["a name from elsewhere"]), project())
    assert not outcome.complete
    assert outcome.message == "not judged: kernel: helper is not followed"


# Certain whatever the types and constants are: reported though nothing names those.
CERTAIN = {
    "x = nowhere": "TritonName",
    "tl.nowhere(x_ptr)": "TritonAttribute",
    "tl.load(x_ptr, masked=1)": "TritonArgument",
    "x = tl.arange(0, 100)": "TritonValue",
    "x = {1: 2}": "TritonUnsupported",
    "x = tl.zeros((16,), tl.float32) + tl.zeros((32,), tl.float32)": "TritonValue",
    "x = tl.load(x_ptr + tl.arange(0, 16)) + tl.load(x_ptr + tl.arange(0, 32))": "TritonValue",
}


async def test_certain_faults_need_no_types(triton):
    head = "@triton.jit\ndef kernel(x_ptr, n, WHAT: tl.constexpr, BLOCK: tl.constexpr):\n"
    kernel = head + "    {}\n    tl.store(x_ptr, 1.0)\n"
    for line, code in CERTAIN.items():
        found = await _findings(triton, HEAD + kernel.format(line))
        assert [item.code for item in found] == [code], line


SIBLING = """
import triton
import triton.language as tl

LIMIT = tl.constexpr(100)


@triton.jit
def wide(x):
    return x + tl.arange(0, LIMIT)
"""


async def test_helpers_of_the_workspace_are_followed(triton, tmp_path: Path):
    (tmp_path / "pkg").mkdir()
    (tmp_path / "pkg" / "helpers.py").write_text(SIBLING)
    (tmp_path / "pkg" / "__init__.py").write_text("")
    kernel = "\n@triton.jit\ndef kernel(x_ptr):\n    tl.store(x_ptr, {}wide(1))\n"
    ways = {"from .helpers import wide\n": "", "from . import helpers\n": "helpers.", "import pkg.helpers as h\n": "h."}
    for line, prefix in ways.items():
        path = str(tmp_path / "pkg" / "kernels.py")
        outcome = await triton.run(snapshot(HEAD + line + kernel.format(prefix), path), project(str(tmp_path)))
        (finding,) = outcome.findings
        assert (finding.path, finding.code) == (path, "TritonValue")
        assert finding.related[0].path == str(tmp_path / "pkg" / "helpers.py")


async def test_open_documents_stand_for_their_files(triton, tmp_path: Path):
    (tmp_path / "helpers.py").write_text(SIBLING)
    kernel = "@triton.jit\ndef kernel(x_ptr):\n    tl.store(x_ptr + tl.arange(0, 128), wide(1))\n"
    text = f"{HEAD}from helpers import wide\n\n{kernel}"
    path = str(tmp_path / "kernels.py")
    mended = snapshot(SIBLING.replace("100", "128"), str(tmp_path / "helpers.py"))
    place = project(str(tmp_path))
    assert (await triton.run(snapshot(text, path), place)).findings
    assert not (await triton.run(snapshot(text, path), replace(place, buffers=(mended,)))).findings


async def test_files_outside_the_workspace_are_not_read(triton, tmp_path: Path):
    (tmp_path / "helpers.py").write_text(SIBLING)
    (tmp_path / "inside").mkdir()
    text = HEAD + "from ..helpers import wide\n\n@triton.jit\ndef kernel(x_ptr):\n    tl.store(x_ptr, wide(1))\n"
    path = str(tmp_path / "inside" / "kernels.py")
    outcome = await triton.run(snapshot(text, path), project(str(tmp_path / "inside")))
    assert not outcome.findings and "not followed" in outcome.message
