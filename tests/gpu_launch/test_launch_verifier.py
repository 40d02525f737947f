"""The verifier in its worker process: outcomes, facts, Python documents, and texts that are no CUDA."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from signoff.verifiers.finding import Status
from signoff.verifiers.gpu.checks import launch as module
from signoff.verifiers.gpu.checks.launch import Launch, unit_facts
from signoff.verifiers.gpu.facts import UnitFacts
from signoff.verifiers.project import Project
from signoff.verifiers.registry import build
from signoff.verifiers.settings import LaunchSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

KERNEL = "__global__ void k(float *x) { x[0] = 1; }\n"
ILLEGAL = KERNEL + "int main() { k<<<dim3(1, 70000), 32>>>(0); return cudaGetLastError(); }\n"


@pytest_asyncio.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    pool = WorkerPool()
    yield pool
    await pool.close()


def snapshot(text: str, path: str = "/project/a.cu", language: str = "cuda-cpp") -> Snapshot:
    return Snapshot(f"file://{path}", path, language, 1, text)


async def test_findings_and_facts(pool: WorkerPool) -> None:
    outcome = await Launch(pool).run(snapshot(ILLEGAL), Project("/project"))
    assert (outcome.tool, outcome.status, outcome.judged) == ("signoff", Status.FINDINGS, True)
    assert [item.code for item in outcome.findings] == ["GridTooLarge"]
    unit = outcome.facts["unit"]
    assert isinstance(unit, UnitFacts) and [kernel.name for kernel in unit.kernels] == ["k"]
    assert await unit_facts(pool, snapshot(ILLEGAL), Project("/project")) == unit
    assert await Launch(pool).unit(snapshot(ILLEGAL), Project("/project")) == unit


async def test_cuda_in_a_python_string(pool: WorkerPool) -> None:
    text = f'import cupy\n\nkernel = cupy.RawModule(code=r"""\n{ILLEGAL}""")\n'
    outcome = await Launch(pool).run(snapshot(text, "/project/a.py", "python"), Project("/project"))
    (found,) = [item for item in outcome.findings if item.code == "GridTooLarge"]
    line = text.splitlines()[found.span.start_line]
    assert line[found.span.start_column : found.span.end_column] == "70000"
    assert (await Launch(pool).run(snapshot("import os\n", "/project/b.py", "python"), Project("/project"))).ran


async def test_switched_off(pool: WorkerPool) -> None:
    settings = VerifierSettings(launch=LaunchSettings(enabled=False))
    assert not Launch(pool).available(settings).available
    outcome = await Launch(pool).run(snapshot(ILLEGAL), Project("/project", settings=settings))
    assert outcome.status is Status.MISSING and "launch.enabled" in outcome.message
    assert pool.pids() == []


async def test_a_missing_grammar_is_said(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_installed", lambda: False)
    outcome = await Launch(pool).run(snapshot(ILLEGAL), Project("/project"))
    assert outcome.status is Status.MISSING and "tree-sitter-cuda" in outcome.message


async def test_too_slow_is_said(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "SECONDS", 0.001)
    outcome = await Launch(pool).run(snapshot(ILLEGAL), Project("/project"))
    assert outcome.status is Status.TIMED_OUT
    assert await unit_facts(pool, snapshot(ILLEGAL), Project("/project")) is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "<<<",
        "k<<<",
        "k<<<1",
        "k<<<1, 2>>>",
        "void f() { k<<<dim3(1, 70000",
        "<<<>>>" * 50,
        "template <typename T, int N = (1 > 0) void k<<<",
        "(" * 3000,
        "{" * 3000 + "k<<<1, 2048>>>();",
        "\0\ufffd\u2028 k<<<1, 1>>>();",
        "int main() { k<<<1, " + "(" * 500 + "1" + ")" * 500 + ">>>(); }",
        "#if 1\n" * 2000,
        "#define A A A\n" + "#define B(x) x x x B\nint main() { k<<<A, B(B(B(1)))>>>(); }",
    ],
    ids=range(14),
)
async def test_what_is_no_cuda(pool: WorkerPool, text: str) -> None:
    outcome = await Launch(pool).run(snapshot(text), Project("/project"))
    assert outcome.ran, outcome.message
    assert (await Launch(pool).run(snapshot("\ufeff" + ILLEGAL), Project("/project"))).findings


async def test_an_untitled_document(pool: WorkerPool) -> None:
    outcome = await Launch(pool).run(snapshot('#include "a.cuh"\n' + ILLEGAL, path=""), Project(""))
    assert [(item.code, item.path) for item in outcome.findings] == [("GridTooLarge", "")]


async def test_a_generated_file_of_20000_lines(pool: WorkerPool) -> None:
    step = "__global__ void k{0}(float *x) {{\n  int i = threadIdx.x;\n  x[i] = {0};\n  x[i] += 1;\n}}\n"
    launch = "void f{0}(float *x) {{\n  const int n{0} = {0};\n  k{0}<<<n{0} + 1, 64>>>(x);\n}}\n"
    text = "".join((step + launch).format(number) for number in range(2250)) + ILLEGAL
    assert text.count("\n") > 20_000
    start = time.perf_counter()
    outcome = await Launch(pool).run(snapshot(text), Project("/project"))
    assert outcome.ran and time.perf_counter() - start < module.SECONDS
    assert "GridTooLarge" in [item.code for item in outcome.findings] or not outcome.complete


def test_it_is_registered(tmp_path: Path) -> None:
    assert "launch" in [verifier.name for verifier in build(WorkerPool())]
