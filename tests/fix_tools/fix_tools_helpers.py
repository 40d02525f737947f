"""What the tests of the tools' own fix-its share: a fault in a text, and a proposer's candidates for it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Cost, Fault, Proposer
from signoff.diagnostics.fixes.search import Attempt, Search
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import Proof, baselines
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding, Outcome, Related, Severity
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex, apply_edits
from signoff.verifiers.verifier import Verifier

VERILOG, FIRMWARE = "/design/top.sv", "/firmware/main.c"


def finding_at(
    text: str, words: str, code: str, message: str = "", tool: str = "slang", path: str = VERILOG
) -> Finding:
    start = text.index(words)
    span = LineIndex(text).span(start, start + len(words))
    place = f"{span.start_line}:{span.start_column}"
    return Finding(path, span, Severity.ERROR, code, message, tool, data=(("location", place),))


def note_at(text: str, words: str, message: str, path: str = VERILOG) -> Related:
    start = text.index(words)
    return Related(path, LineIndex(text).span(start, start + len(words)), message)


def fault(text: str, finding: Finding, *others: Finding) -> Fault:
    """A fault in a document of the finding's path; `others` are what the tools say beside it."""
    language = "systemverilog" if finding.path.endswith(".sv") else "c"
    snapshot = Snapshot(f"file://{finding.path}", finding.path, language, 3, text)
    project = Project(str(Path(finding.path).parent), declared=True, files=(finding.path,), buffers=(snapshot,))
    known = {one.tool: Outcome(one.tool, findings=(one,)) for one in (finding, *others)}
    return Fault(finding, snapshot, project, known)


async def candidates(proposer: Proposer, of: Fault) -> list[FixCandidate]:
    return [one async for one in proposer.propose(of)] if proposer.concerned(of) else []


def texts(of: Fault, found: Sequence[FixCandidate]) -> list[str]:
    return [apply_edits(of.snapshot.text, one.edits) for one in found]


def verilog(text: str, settings: VerifierSettings | None = None) -> tuple[Snapshot, Project]:
    snapshot = Snapshot(f"file://{VERILOG}", VERILOG, "systemverilog", 3, text)
    project = Project("/design", declared=True, files=(VERILOG,), buffers=(snapshot,))
    return snapshot, replace(project, settings=settings) if settings is not None else project


def firmware(path: Path, text: str) -> tuple[Snapshot, Project]:
    """A document of embedded C and the build that has it; `path` need not be there."""
    from signoff.verifiers.project import Image

    unit = CompileUnit(str(path), str(path.parent), "arm-none-eabi-gcc", standard="c11", declared=True)
    unit = replace(unit, flags=("-mcpu=cortex-m4", "-mthumb", "-O2"))
    image = Image("image", str(path.parent), declared=True, units=(unit,))
    snapshot = Snapshot(path.as_uri(), str(path), "c", 3, text)
    project = Project(str(path.parent), files=(str(path),), unit=unit, image=image, buffers=(snapshot,))
    return snapshot, project


async def judged(
    snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], proposers: Sequence[Proposer]
) -> tuple[list[Finding], list[Attempt]]:
    """The findings on a text, and what came of all that the proposers, and nobody else, have for them."""
    known = await baselines(snapshot, project, verifiers)
    found = merge((classify(one) for outcome in known.values() for one in outcome.findings), cap=100)
    attempts: list[Attempt] = []
    for finding in found:
        search = Search(Fault(finding, snapshot, project, known), verifiers, watch=attempts.append, enough=99)
        for proposer in proposers:
            await search.ask([proposer], most=Cost.TOOL)
    return list(found), attempts


def proven_texts(text: str, attempts: Sequence[Attempt]) -> list[str]:
    return [apply_edits(text, one.candidate.edits) for one in attempts if isinstance(one.verdict, Proof)]
