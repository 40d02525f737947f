"""Every rule on a small design: the first fix that the real tools accept gives exactly the expected text."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import pytest
import pytest_asyncio
from fix_helpers import document

from signoff.diagnostics.fixes.offer import FixCache, offers
from signoff.diagnostics.fixes.rules import RULES, candidates
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import baselines
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Severity
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.hdl.verilator import Verilator
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

CASES = Path(__file__).parent / "cases"
FAULTY = sorted(path for path in CASES.iterdir() if ".expected" not in path.name)


def text_of(path: Path) -> str:
    return path.read_bytes().decode()


def expected_of(path: Path) -> Path:
    return path.with_suffix(f".expected{path.suffix}")


pytestmark = [pytest.mark.tool, pytest.mark.asyncio(loop_scope="module")]


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def verifiers() -> AsyncIterator[tuple[Verifier, ...]]:
    pool = WorkerPool()
    yield Slang(pool, "proof"), Verilator()
    await pool.close()


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
async def test_the_first_fix_is_the_expected_one(path: Path, verifiers: tuple[Verifier, ...]) -> None:
    text = text_of(path)
    snapshot, project = document(text, str(path))
    known = await baselines(snapshot, project, verifiers)
    merged = merge((classify(one) for outcome in known.values() for one in outcome.findings), cap=100)
    findings = sorted(merged, key=lambda one: (one.severity, one.span))
    fixes = await offers(findings, snapshot, project, verifiers, known, cache=FixCache(), budget=60)
    assert fixes, [f"{finding.code}: {finding.message}" for finding in findings]
    assert apply_edits(text, fixes[0].edits) == text_of(expected_of(path))
    assert fixes[0].title.endswith("(accepted by slang, Verilator)")
    assert all(fix.version == snapshot.version for fix in fixes)


@pytest.mark.parametrize("path", FAULTY, ids=lambda path: path.stem)
async def test_the_expected_text_is_free_of_errors(path: Path, verifiers: tuple[Verifier, ...]) -> None:
    expected = expected_of(path)
    known = await baselines(*document(text_of(expected), str(expected)), verifiers)
    errors = [one for outcome in known.values() for one in outcome.findings if one.severity is Severity.ERROR]
    assert errors == []


async def test_every_rule_has_a_case(verifiers: tuple[Verifier, ...]) -> None:
    used = set()
    for path in FAULTY:
        snapshot, project = document(text_of(path), str(path))
        known = await baselines(snapshot, project, verifiers)
        for outcome in known.values():
            for finding in outcome.findings:
                used |= {candidate.rule for candidate in candidates(finding, snapshot, project)}
    assert used == {rule.__module__.rpartition(".")[2] for rule in RULES}


async def test_a_misspelt_module_of_a_guessed_project_is_renamed(verifiers: tuple[Verifier, ...]) -> None:
    text = "module fifo_leaf(input a);\nendmodule\nmodule m(input a);\n  fifo_laef u(.a(a));\nendmodule\n"
    snapshot, project = document(text)
    project = replace(project, declared=False)
    known = await baselines(snapshot, project, verifiers)
    found = [finding for finding in known["slang"].findings if finding.code == "IncompleteProject"]
    (fix,) = await offers(found, snapshot, project, verifiers, known, cache=FixCache(), budget=60)
    assert apply_edits(text, fix.edits) == text.replace("fifo_laef", "fifo_leaf")
