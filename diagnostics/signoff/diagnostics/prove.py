"""The proof of a fix: what must hold before one is offered (invariant 5 of docs/architecture.md)."""

from __future__ import annotations

import enum
import time
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from signoff.diagnostics.fixes import guard, restraint
from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu import guard as gpu_guard
from signoff.diagnostics.fixes.mcu import guard as mcu_guard
from signoff.diagnostics.fixes.mcu import linking
from signoff.diagnostics.fixes.verdict import STOP_AT_ERROR, Refusal, compare
from signoff.verifiers.display import display
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON
from signoff.verifiers.gpu.strings import embedded
from signoff.verifiers.gpu.triton import triton_findings
from signoff.verifiers.mcu.facts import C_LANGUAGES, GCC, LINK
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Speed, Verifier

GPU_LANGUAGES = CUDA_LANGUAGES | {PYTHON}


# What a verifier, by name, said about a text in a project; where an edit is of another file, that is part of the key.
Runs = dict[tuple[str, str, object], Outcome]


class Level(enum.StrEnum):
    """What was proven, least first. Only this much is claimed: without a testbench or a reference nobody knows more.

    How many cycles BOUNDED speaks of is in the proof's detail.
    """

    ACCEPTED = "accepted by tools"
    BOUNDED = "equivalent for a number of cycles"
    EQUIVALENT = "equivalent"
    TESTED = "passes its testbench"


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence for a fix. `tools` ran to their end on the mended text and accept it; `seconds` is wall time.

    `revealed` are warnings elsewhere that a tool could not report before, as the fault stopped it;
    `errors_left` counts the errors of other faults that the tools still report in the document. `versions` holds
    (tool, version) of those tools that say theirs. `scope` is of what a level above ACCEPTED speaks, where not of all:
    "8 cycles from power-up", "the default parameters".
    """

    level: Level
    tools: tuple[str, ...]
    seconds: float
    detail: str
    revealed: tuple[Finding, ...] = ()
    errors_left: int = 0
    versions: tuple[tuple[str, str], ...] = ()
    scope: str = ""

    @property
    def claim(self) -> str:
        """The level in the words of a title: no more than was proven."""
        words = Level.EQUIVALENT if self.level is Level.BOUNDED else self.level
        return f"{words} for {self.scope}" if self.scope else str(self.level)


async def prove(
    candidate: FixCandidate,
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    baseline: Mapping[str, Outcome] | None = None,
    runs: Runs | None = None,
) -> Proof | None:
    """The proof of a candidate, or None where there is none. See judge() for the reason and the arguments."""
    result = await judge(candidate, snapshot, project, verifiers, baseline, runs)
    return result if isinstance(result, Proof) else None


async def judge(
    candidate: FixCandidate,
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    baseline: Mapping[str, Outcome] | None = None,
    runs: Runs | None = None,
    *,
    asked: bool = False,
) -> Proof | Refusal:
    """Prove a candidate, or say why it is refused.

    `asked`: the edit is a refactoring that the user asks for; no tool has reported what it changes. A proposer has no
    way to say so of its own.

    `baseline` holds what the verifiers (by name) said about `snapshot` as it is; what it lacks is run, but for deep
    ones: these judge only a finding that they alone have reported.
    The quickest tool judges first, so that a bad candidate costs little. `runs` collects what the tools said
    about mended texts of this one snapshot, as several findings of one fault lead to the same text.
    """
    start = time.perf_counter()
    try:
        text = apply_edits(_edited(candidate, snapshot), candidate.edits)
    except ValueError as error:
        return Refusal(str(error))
    if text == snapshot.text or (lost := _lost(candidate, snapshot, text)):
        return Refusal("changes nothing" if text == snapshot.text else "; ".join(lost))
    known = await baselines(snapshot, project, verifiers, baseline)
    mended = _mended(candidate, snapshot, project, text)
    accepted, revealed, left, seen = list[str](), list[Finding](), 0, asked
    for verifier in wanted(verifiers, snapshot, project):
        before = known.get(verifier.name)
        if before is None or not before.ran or not _worth_asking(verifier, before, candidate.finding, seen):
            continue
        after = await _run(verifier, mended, runs)
        if after.status is Status.CRASHED:
            return Refusal(f"{verifier.name} crashed on the mended text: {after.message}")
        if not after.judged:
            continue
        verdict = compare(_in_document(candidate), snapshot, before, after, known)
        if isinstance(verdict, Refusal):
            return verdict
        seen = seen or _find(candidate.finding, before.findings)
        revealed += verdict
        errors = _errors(after.findings, snapshot.path)
        left += errors
        if not (verifier.name in STOP_AT_ERROR and errors):
            accepted.append(verifier.name)
    if not accepted or not seen:
        return Refusal("no tool that reports the fault could judge the mended text")
    if snapshot.language in C_LANGUAGES and (refusal := await _built(candidate, verifiers, mended, known, accepted)):
        return refusal
    names = ", ".join(display(name) for name in accepted)
    more = f"; {len(revealed)} warning(s) that the fault had hidden are now shown" if revealed else ""
    gone = "" if asked else "the fault is gone, "
    detail = f"{names}: {gone}nothing new is reported, nothing is lost{more}"
    seconds = time.perf_counter() - start
    return Proof(Level.ACCEPTED, tuple(accepted), seconds, detail, tuple(revealed), left)


async def _built(
    candidate: FixCandidate,
    verifiers: Sequence[Verifier],
    mended: tuple[Snapshot, Project],
    known: Mapping[str, Outcome],
    accepted: list[str],
) -> Refusal | None:
    """Why firmware is not to be built like that; adds the linker to `accepted` where it has its say and accepts."""
    if GCC not in accepted:
        return Refusal("the mended text could not be compiled")
    if LINK in accepted:
        return None
    linker = next((one for one in wanted(verifiers, *mended) if one.name == LINK), None)
    verdict = await linking.judged(candidate, linker, mended, known.get(LINK))
    if isinstance(verdict, Refusal):
        return verdict
    accepted += [LINK] if verdict else []
    return None


def _edited(candidate: FixCandidate, snapshot: Snapshot) -> str:
    """The text that the edits are of."""
    return snapshot.text if candidate.elsewhere is None else candidate.elsewhere.text


def _mended(candidate: FixCandidate, snapshot: Snapshot, project: Project, text: str) -> tuple[Snapshot, Project]:
    """The document and its project after the edit."""
    if candidate.elsewhere is None:
        return spliced(snapshot, project, text)
    return snapshot, candidate.project or project


def _in_document(candidate: FixCandidate) -> FixCandidate:
    """The candidate with its edits of the document only: by these, findings move."""
    return candidate if candidate.elsewhere is None else replace(candidate, edits=())


def _worth_asking(verifier: Verifier, before: Outcome, target: Finding, seen: bool) -> bool:
    """A slow verifier is asked only about what it alone has reported."""
    return verifier.speed < Speed.DEEP or (not seen and _find(target, before.findings))


def _lost(candidate: FixCandidate, snapshot: Snapshot, text: str) -> tuple[str, ...]:
    """What the mended text lacks, by the guard of its language, or does that no fix may; none where it is too long."""
    breaches = restraint.breaches(_edited(candidate, snapshot), text, candidate, snapshot.language)
    return breaches or _dropped(candidate, snapshot, text)


def _dropped(candidate: FixCandidate, snapshot: Snapshot, text: str) -> tuple[str, ...]:
    if candidate.elsewhere is not None:
        return mcu_guard.losses_elsewhere(candidate)
    if snapshot.language in C_LANGUAGES:
        return mcu_guard.losses(snapshot.text, text, candidate)
    if snapshot.language in GPU_LANGUAGES:
        return gpu_guard.losses(snapshot.text, text, candidate, snapshot.language)
    return guard.losses(snapshot.text, text, candidate.finding, candidate.replaces, candidate.drops)


async def _run(verifier: Verifier, mended: tuple[Snapshot, Project], runs: Runs | None) -> Outcome:
    key = (verifier.name, mended[0].text, mended[1].image)
    if runs is None or key not in runs:
        outcome = await verifier.run(*mended)
        if runs is None:
            return outcome
        runs[key] = outcome
    return runs[key]


async def baselines(
    snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], given: Mapping[str, Outcome] | None = None
) -> dict[str, Outcome]:
    """What each verifier says about the snapshot as it is: as given, else by running it."""
    known = dict(given or {})
    for verifier in wanted(verifiers, snapshot, project):
        if verifier.name not in known and verifier.speed < Speed.DEEP:
            known[verifier.name] = await verifier.run(snapshot, project)
    return known


def wanted(verifiers: Sequence[Verifier], snapshot: Snapshot, project: Project) -> list[Verifier]:
    """The verifiers for the snapshot's language that are switched on, the quickest first."""
    chosen = [one for one in verifiers if snapshot.language in one.languages and has_something(one, snapshot)]
    enabled = [one for one in chosen if getattr(getattr(project.settings, one.name, None), "enabled", True)]
    return sorted(enabled, key=lambda one: one.speed)


def has_something(verifier: Verifier, snapshot: Snapshot) -> bool:
    """Whether the text holds what the verifier looks at: a Python file without CUDA tells a CUDA compiler nothing."""
    if snapshot.language != PYTHON:
        return True
    if verifier.languages & CUDA_LANGUAGES:
        return bool(embedded.units(snapshot))
    return triton_findings.concerned(snapshot.text)


def spliced(snapshot: Snapshot, project: Project, text: str) -> tuple[Snapshot, Project]:
    """The snapshot and its project with `text` in the document's place."""
    mended = replace(snapshot, text=text)
    buffers = tuple(mended if buffer.path == snapshot.path else buffer for buffer in project.buffers)
    return mended, replace(project, buffers=buffers)


def _find(target: Finding, findings: Iterable[Finding]) -> bool:
    return any(one.code == target.code and one.path == target.path and one.span == target.span for one in findings)


def _errors(findings: Iterable[Finding], path: str) -> int:
    return sum(finding.severity is Severity.ERROR and finding.path == path for finding in findings)
