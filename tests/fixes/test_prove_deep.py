"""What more is proven of a fix than that tools accept it, and what is claimed of it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
import pytest_asyncio
from fix_helpers import Scripted, document, finding_at, replaced

from signoff.diagnostics import prove_deep
from signoff.diagnostics.fixes.candidate import Elsewhere, FixCandidate
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Level, Proof
from signoff.diagnostics.prove_deep import strengthen
from signoff.verifiers.hdl import equivalence, testbench
from signoff.verifiers.hdl.equivalence import Equivalence, Verdict
from signoff.verifiers.hdl.testbench import Result, Simulation
from signoff.verifiers.hdl.yosys import Yosys
from signoff.verifiers.project import Project
from signoff.verifiers.settings import TestbenchSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

TEXT = "module top (input clk, input a, b, output reg q);\n    always @(posedge clk) q = a & b;\nendmodule\n"
FINDING = finding_at(TEXT, "q = a", "BLKSEQ", "Blocking assignment '=' in sequential logic process", "verilator")
CLOCKED = replace(replaced(TEXT, "q = a", "q <= a", FINDING), keeps=True)
OTHERWISE = replace(replaced(TEXT, "a & b", "a | b", FINDING), keeps=True)
PROOF = Proof(Level.ACCEPTED, ("slang", "verilator"), 0.1, "slang, Verilator: the fault is gone")


@pytest_asyncio.fixture
async def yosys() -> AsyncIterator[Yosys]:
    pool = WorkerPool()
    yield Yosys(pool)
    await pool.close()


def says(monkeypatch: pytest.MonkeyPatch, found: Equivalence) -> None:
    async def equivalent(*_: object, **__: object) -> Equivalence:
        return found

    monkeypatch.setattr(equivalence, "equivalent", equivalent)


@pytest.mark.parametrize(
    ("found", "level", "claim"),
    [
        (Equivalence(Verdict.EQUIVALENT, version="Yosys 1"), Level.EQUIVALENT, "equivalent"),
        (Equivalence(Verdict.EQUIVALENT, scope="the default parameters"), Level.EQUIVALENT, "the default parameters"),
        (Equivalence(Verdict.BOUNDED, cycles=8), Level.BOUNDED, "equivalent for 8 cycles from power-up"),
        (Equivalence(Verdict.UNPROVEN, "a loop"), Level.ACCEPTED, "accepted by tools"),
    ],
)
async def test_no_more_is_claimed_than_was_proven(
    found: Equivalence, level: Level, claim: str, yosys: Yosys, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, found)
    proof = await strengthen(CLOCKED, *document(TEXT), PROOF, (yosys,))
    assert isinstance(proof, Proof)
    assert proof.level is level and claim in proof.claim
    assert ("yosys" in proof.tools) == (level is not Level.ACCEPTED)
    assert (found.why in proof.detail) and proof.detail.startswith(PROOF.detail)
    assert dict(proof.versions) == ({"yosys": "Yosys 1"} if found.version else {})


async def test_an_edit_that_does_not_keep_what_it_says_is_refused(
    yosys: Yosys, monkeypatch: pytest.MonkeyPatch
) -> None:
    says(monkeypatch, Equivalence(Verdict.DIFFERENT, "top behaves otherwise"))
    assert isinstance(await strengthen(CLOCKED, *document(TEXT), PROOF, (yosys,)), Refusal)


async def test_who_is_not_asked(yosys: Yosys, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of an edit that claims nothing, without Yosys, with Yosys switched off, of another language, of another file."""
    says(monkeypatch, Equivalence(Verdict.EQUIVALENT))
    snapshot, project = document(TEXT)
    off = replace(project, settings=replace(project.settings, yosys=replace(project.settings.yosys, enabled=False)))
    elsewhere = replace(CLOCKED, elsewhere=Elsewhere("/design/other.v", TEXT))
    asked: list[tuple[FixCandidate, Snapshot, Project, tuple[object, ...]]] = [
        (replace(CLOCKED, keeps=False), snapshot, project, (yosys,)),
        (CLOCKED, snapshot, project, (Scripted("yosys", lambda text: ()),)),
        (CLOCKED, snapshot, off, (yosys,)),
        (CLOCKED, replace(snapshot, language="c"), project, (yosys,)),
        (elsewhere, snapshot, project, (yosys,)),
    ]
    for candidate, document_, of, verifiers in asked:
        proof = await strengthen(candidate, document_, of, PROOF, verifiers)  # type: ignore[arg-type]
        assert isinstance(proof, Proof) and proof.level is Level.ACCEPTED and proof.tools == PROOF.tools


def named(trusted: bool = True) -> tuple[Snapshot, Project]:
    snapshot, project = document(TEXT)
    settings = replace(project.settings, testbench=TestbenchSettings(("/design/bench.v",), "bench"))
    return snapshot, replace(project, trusted=trusted, settings=settings)


def simulated(monkeypatch: pytest.MonkeyPatch, before: Result, after: Result) -> list[str]:
    texts: list[str] = []

    async def simulate(snapshot: Snapshot, project: Project) -> Simulation:
        texts.append(snapshot.text)
        return Simulation(
            before if snapshot.text == TEXT else after, "so it ended", "verilator", "Verilator 5", "bench"
        )

    monkeypatch.setattr(testbench, "simulate", simulate)
    return texts


PLAIN = replace(CLOCKED, keeps=False)


@pytest.mark.parametrize(
    ("before", "after", "level"),
    [
        (Result.PASSED, Result.PASSED, Level.TESTED),
        (Result.FAILED, Result.PASSED, Level.TESTED),
        (Result.UNKNOWN, Result.PASSED, Level.TESTED),
        (Result.PASSED, Result.FAILED, None),
        (Result.FAILED, Result.FAILED, Level.ACCEPTED),
        (Result.UNKNOWN, Result.FAILED, Level.ACCEPTED),
        (Result.PASSED, Result.UNKNOWN, Level.ACCEPTED),
    ],
)
async def test_a_testbench_must_go_on_passing(
    before: Result, after: Result, level: Level | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    simulated(monkeypatch, before, after)
    result = await strengthen(PLAIN, *named(), PROOF, ())
    if level is None:
        assert isinstance(result, Refusal) and "so it ended" in result.reason
    else:
        assert isinstance(result, Proof) and result.level is level
        assert ("passes its testbench bench" in result.detail) == (level is Level.TESTED)


async def test_no_testbench_runs_in_a_workspace_that_is_not_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    texts = simulated(monkeypatch, Result.PASSED, Result.PASSED)
    assert await strengthen(PLAIN, *named(trusted=False), PROOF, ()) is not None
    assert await strengthen(PLAIN, *document(TEXT), PROOF, ()) is not None
    assert texts == []


async def test_equivalence_is_claimed_before_a_testbench(yosys: Yosys, monkeypatch: pytest.MonkeyPatch) -> None:
    says(monkeypatch, Equivalence(Verdict.EQUIVALENT))
    simulated(monkeypatch, Result.PASSED, Result.PASSED)
    proof = await strengthen(CLOCKED, *named(), PROOF, (yosys,))
    assert isinstance(proof, Proof)
    assert proof.level is Level.EQUIVALENT and "testbench" in proof.detail


@pytest.mark.tool
async def test_with_the_real_yosys(yosys: Yosys) -> None:
    proof = await strengthen(CLOCKED, *document(TEXT), PROOF, (yosys,))
    assert isinstance(proof, Proof)
    assert (proof.level, proof.tools) == (Level.EQUIVALENT, ("slang", "verilator", "yosys"))
    assert proof.versions[0][0] == "yosys" and "Yosys" in proof.versions[0][1]
    assert isinstance(await strengthen(OTHERWISE, *document(TEXT), PROOF, (yosys,)), Refusal)
    assert prove_deep.SECONDS > 0
