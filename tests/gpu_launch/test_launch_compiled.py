"""Faults that only the compiler's figures show: the real nvcc, and the launches of the same text."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from signoff.verifiers.finding import Severity
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.gpu.compile.nvcc import Nvcc
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

CASES = sorted((Path(__file__).parent / "cases" / "compiled").glob("*.cu"))
EXPECTED = re.compile(r"// expect: (\w+)")


def read(path: Path) -> Snapshot:
    return Snapshot(path.as_uri(), str(path), "cuda-cpp", 1, path.read_text(encoding="utf-8"))


@pytest.mark.tool
@pytest.mark.parametrize("path", CASES, ids=lambda path: path.stem)
async def test_compiled(path: Path) -> None:
    snapshot = read(path)
    unit = CompileUnit(str(path), directory=str(path.parent), declared=True)
    project = Project(str(path.parent), unit=unit, architectures=("sm_80", "sm_90"))
    pool = WorkerPool()
    try:
        if not Nvcc(pool).available(VerifierSettings()).available:
            pytest.skip("nvcc is not installed")
        assert (await Launch(pool).run(snapshot, project)).findings == ()
        outcome = await Nvcc(pool).run(snapshot, project)
    finally:
        await pool.close()
    assert outcome.ran, outcome.message
    found = [(item.code, item.span.start_line, item.severity) for item in outcome.findings]
    expected = [
        (one[1], number, Severity.ERROR)
        for number, line in enumerate(snapshot.text.splitlines())
        for one in EXPECTED.finditer(line)
    ]
    assert found == expected and found
