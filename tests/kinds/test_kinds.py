"""Every kind of fault that a tool can see is found by the real tools, on its line, and nothing else is said.

A case is a pair of files: in `x.faulty.v` a comment `// FAULT <category>: <tool>...` stands on each line where a
diagnostic of that category must be shown, said by at least those tools. `// ALSO <category>...` allows a second
diagnostic that is true as well. Its `x.clean.v` is the same design without the fault: nothing may be said about it.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from pathlib import Path

import pytest

from signoff.diagnostics.merge import merge
from signoff.verifiers import registry
from signoff.verifiers.finding import GPU_CATEGORIES, MCU_CATEGORIES, Category, Finding, Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

CASES = Path(__file__).parent / "cases"
FAULTY = sorted(CASES.glob("*/*.faulty.*"))
CLEAN = sorted(CASES.glob("*/*.clean.*"))
UNSEEN = {Category.ALGORITHM, Category.GATE_LOGIC}
COMMENT = re.compile(r"// (FAULT|ALSO) ([a-z-]+)(?:: ([a-z ]+))?")
LANGUAGES = {".v": "verilog", ".sv": "systemverilog"}

pytestmark = [pytest.mark.tool, pytest.mark.timeout(400)]


@dataclass(frozen=True)
class Expectation:
    """One diagnostic that must (`FAULT`) or may (`ALSO`) be shown; `line` counts from 0."""

    must: bool
    line: int
    category: Category
    tools: frozenset[str]

    def fits(self, finding: Finding) -> bool:
        here = finding.span.start_line == self.line and finding.category is self.category
        return here and self.tools <= set(finding.tools)


def expectations(path: Path) -> list[Expectation]:
    found = []
    for line, text in enumerate(path.read_text(encoding="utf-8").splitlines()):
        for mark, category, tools in COMMENT.findall(text):
            found.append(Expectation(mark == "FAULT", line, Category(category), frozenset(tools.split())))
    return found


def declared(path: Path) -> tuple[Snapshot, Project]:
    """A file as a declared project of its own."""
    snapshot = Snapshot(path.as_uri(), str(path), LANGUAGES[path.suffix], 1, path.read_text(encoding="utf-8"))
    return snapshot, Project(str(path.parent), path.name, str(path), declared=True, files=(str(path),))


async def check_all(paths: list[Path]) -> dict[Path, list[Outcome]]:
    """What every verifier of the language says about each file."""
    pool = WorkerPool()
    verifiers = [verifier for verifier in registry.build(pool) if "verilog" in verifier.languages]
    try:
        return {path: [await verifier.run(*declared(path)) for verifier in verifiers] for path in paths}
    finally:
        await pool.close()


@pytest.fixture(scope="module")
def outcomes() -> dict[Path, list[Outcome]]:
    return asyncio.run(check_all([*FAULTY, *CLEAN]))


def shown(outcomes: list[Outcome]) -> list[Finding]:
    failed = [f"{outcome.tool}: {outcome.message}" for outcome in outcomes if not outcome.ran]
    assert not failed
    return list(merge((finding for outcome in outcomes for finding in outcome.findings), cap=1000))


def told(findings: list[Finding]) -> str:
    return "\n".join(
        f"line {f.span.start_line + 1}: {f.category} {f.code} by {'+'.join(f.tools)}: {f.message}" for f in findings
    )


def name(path: Path) -> str:
    return path.relative_to(CASES).as_posix()


def test_every_kind_has_a_case() -> None:
    kinds = {expected.category for path in FAULTY for expected in expectations(path) if expected.must}
    assert kinds == set(Category) - UNSEEN - {Category.OTHER} - GPU_CATEGORIES - MCU_CATEGORIES
    assert {path.parent.name for path in FAULTY} == {str(kind) for kind in kinds | UNSEEN}
    faulty_and_seen = {name(path) for path in FAULTY if Category(path.parent.name) not in UNSEEN}
    assert {name(path).replace(".clean.", ".faulty.") for path in CLEAN} == faulty_and_seen


@pytest.mark.parametrize("path", [p for p in FAULTY if Category(p.parent.name) not in UNSEEN], ids=name)
def test_the_fault_is_found(path: Path, outcomes: dict[Path, list[Outcome]]) -> None:
    findings, expected = shown(outcomes[path]), expectations(path)
    for fault in (one for one in expected if one.must):
        assert any(map(fault.fits, findings)), f"{fault} is not among\n{told(findings)}"


@pytest.mark.parametrize("path", FAULTY, ids=name)
def test_nothing_else_is_said(path: Path, outcomes: dict[Path, list[Outcome]]) -> None:
    """For the kinds that no lint can see there is no expectation, so this says that nothing is claimed."""
    expected = expectations(path)
    surplus = [one for one in shown(outcomes[path]) if not any(fault.fits(one) for fault in expected)]
    assert not surplus, told(surplus)


@pytest.mark.parametrize("path", CLEAN, ids=name)
def test_the_clean_design_is_left_in_peace(path: Path, outcomes: dict[Path, list[Outcome]]) -> None:
    assert not shown(outcomes[path]), told(shown(outcomes[path]))
