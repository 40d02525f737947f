"""Candidates before the real tools of each language: nvcc's front end, NVRTC, gcc, Triton, pyflakes."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff.completion.check import Checked, Checker
from signoff.completion.context import hole_at
from signoff.completion.runs import Runs
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvcc_front import NvccFront
from signoff.verifiers.gpu.compile.nvrtc import Nvrtc
from signoff.verifiers.gpu.triton.triton import Triton
from signoff.verifiers.mcu.checks.part import Part
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.python_names import PythonNames
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

CUDA = """#include <vector>
__global__ void scale(float *x, int n) {
    int i = blockIdx.x * blockDim.x + threadIdx.x;
    ¦
}
int main() {
    std::vector<float> host(16);
    float *d = nullptr;
    §
    return 0;
}
"""
TRITON = """import triton
import triton.language as tl


@triton.jit
def add(x_ptr, out_ptr, n, BLOCK: tl.constexpr):
    offsets = tl.program_id(0) * BLOCK + tl.arange(0, BLOCK)
    ¦


def run(x, out):
    §
"""
C = """#include <stdint.h>
typedef struct { uint32_t pin; } init_t;
void set_up(init_t *init, int mode);
void led(void) {
  init_t init = {0};
  ¦
}
"""


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


async def judge(text: str, mark: str, candidate: str, path: Path, language: str, *verifiers: Verifier) -> Checked:
    other = "§" if mark == "¦" else "¦"
    before, _, after = text.replace(other, "").partition(mark)
    document = Snapshot(path.as_uri(), str(path), language, 1, before + after)
    hole = hole_at(document, before.count("\n"), len(before.rpartition("\n")[2]))
    assert hole is not None
    unit = CompileUnit(str(path), str(path.parent), declared=True)
    image = Image("led", str(path.parent), declared=True, units=(unit,)) if language == "c" else None
    project = Project(root=str(path.parent), unit=unit if language != "python" else None, image=image)
    runs = Runs()
    judged = Checker(verifiers, document, project, hole, budget=120.0, runs=runs)
    try:
        return await judged.check(candidate)
    finally:
        judged.close()
        await runs.aclose()


@pytest.mark.parametrize(
    ("mark", "candidate", "accepted"),
    [
        ("¦", "if (i < n) x[i] *= 2.0f;", True),
        ("¦", "if (i < n) x[i] *= factor;", False),
        ("¦", "if (i < n) {", False),
        ("§", "cudaMalloc(&d, host.size() * sizeof(float));", True),
        ("§", "scale<<<1, 256>>>(d, 16);", True),
        ("§", "cudaMallocate(&d, 64);", False),
        ("§", "host.push(1.0f);", False),
        ("§", "scale<<<1, 4096>>>(d, 16);", False),
        ("§", "scale<<<1, 256>>>(d);", False),
    ],
)
async def test_cuda(pool: WorkerPool, tmp_path: Path, mark: str, candidate: str, accepted: bool) -> None:
    mine = (Launch(pool, lane="proof"), Nvrtc(pool, lane="proof"), NvccFront(pool))
    checked = await judge(CUDA, mark, candidate, tmp_path / "a.cu", "cuda-cpp", *mine)
    assert (checked.accepted and not checked.cut) is accepted, checked
    if accepted:
        assert "nvcc front end" in checked.tools


async def test_the_front_end_is_asked_once_of_a_text_and_tells_what_it_has_read(pool, tmp_path, monkeypatch) -> None:
    front, texts = NvccFront(pool), list[str]()
    run = front.run

    async def counted(snapshot, project):
        texts.append(snapshot.text)
        return await run(snapshot, project)

    monkeypatch.setattr(front, "run", counted)
    candidate = "cudaMalloc(&d, host.size());"
    assert (await judge(CUDA, "§", candidate, tmp_path / "a.cu", "cuda-cpp", front)).accepted
    assert len([text for text in texts if candidate in text]) == 1
    hidden = CUDA.replace("    §", "#if 0\n    §\n#endif")
    for text in (candidate, "nothing_of_the_kind();"):
        checked = await judge(hidden, "§", text, tmp_path / "a.cu", "cuda-cpp", front)
        assert (checked.tools, checked.refused) == ((), ())


@pytest.mark.parametrize(
    ("candidate", "accepted"),
    [
        ("init.pin = 5;\n  set_up(&init, 1);", True),
        ("init.port = 5;", False),
        ("set_up(&init);", False),
        ("set_down(&init, 1);", False),
        ("if (init.pin) {", False),
        ("int later = 3;", True),
    ],
)
async def test_c(pool: WorkerPool, tmp_path: Path, candidate: str, accepted: bool) -> None:
    checked = await judge(C, "¦", candidate, tmp_path / "led.c", "c", Part(pool, lane="proof"), Gcc(pool))
    assert (checked.accepted and not checked.cut) is accepted, checked


async def test_a_variable_that_nothing_uses_yet_is_told(pool: WorkerPool, tmp_path: Path) -> None:
    """It is accepted, as later lines may use it."""
    mine = (Part(pool, lane="proof"), Gcc(pool))
    checked = await judge(C, "¦", "uint32_t duty_cycle = 3;", tmp_path / "led.c", "c", *mine)
    assert (checked.accepted, checked.leaves) == (True, ("Unused variable 'duty_cycle'",))
    used = await judge(C, "¦", "init.pin = 3;", tmp_path / "led.c", "c", *mine)
    assert (used.accepted, used.leaves) == (True, ())
    # The line began with the variable, and the text only gives it a value.
    value = await judge(C.replace("¦", "int later = ¦"), "¦", "3;", tmp_path / "led.c", "c", *mine)
    assert (value.accepted, value.leaves) == (True, ())


async def test_c_that_no_compiler_reads_is_not_verified(pool: WorkerPool, tmp_path: Path) -> None:
    text = "#ifdef __ICCARM__\nint a;\n¦\n#endif\n"
    checked = await judge(text, "¦", "int b = nowhere();", tmp_path / "a.c", "c", Gcc(pool))
    assert not checked.accepted
    assert checked.tools == ()


@pytest.mark.parametrize(
    ("mark", "candidate", "accepted"),
    [
        ("¦", "tl.store(out_ptr + offsets, tl.load(x_ptr + offsets, mask=offsets < n), mask=offsets < n)", True),
        ("¦", "tl.save(out_ptr + offsets, 0.0)", False),
        ("¦", "tl.store(out_ptr + offset, 0.0)", False),
        ("§", "add[(1,)](x, out, 16, BLOCK=16)", True),
        ("§", "add[(1,)](x, result, 16, BLOCK=16)", False),
        ("§", "return x +", False),
    ],
)
async def test_python(pool: WorkerPool, tmp_path: Path, mark: str, candidate: str, accepted: bool) -> None:
    checked = await judge(TRITON, mark, candidate, tmp_path / "k.py", "python", Triton(pool), PythonNames(pool))
    assert (checked.accepted and not checked.cut) is accepted, checked
    if accepted and mark == "¦":
        assert "triton" in checked.tools


async def test_names_that_a_star_brings_are_not_judged(pool: WorkerPool, tmp_path: Path) -> None:
    text = "from os.path import *\n\n\ndef f():\n    ¦\n"
    checked = await judge(text, "¦", "return join('a', 'b')", tmp_path / "s.py", "python", PythonNames(pool))
    assert not checked.accepted
    assert "import *" in checked.not_run[0][1]
