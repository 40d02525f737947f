"""The proof of a fix: what must hold before one is offered (invariant 5 of docs/architecture.md)."""

from __future__ import annotations

import enum
import time
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.guard import losses
from signoff.diagnostics.fixes.source import Token, quoted, scan
from signoff.diagnostics.taxonomy import is_syntax
from signoff.verifiers.compare import Movement, new_findings
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex, apply_edits
from signoff.verifiers.verifier import Verifier

# Whoever mends a fault need not also use every signal or end the file with a newline.
NOISE = ("UNUSED", "EOFNEWLINE", "Unused")
# These give up at the first error, so that one hides what they would say about the rest of the text.
STOP_AT_ERROR = frozenset(("verilator", "yosys"))
NEUTRAL = (KEYWORDS | {";"}) - {"default"}
# A parser that has lost its way stumbles again within so many lines.
CLOSE_LINES = 6
DISPLAY = {"verilator": "Verilator", "yosys": "Yosys"}


# What a verifier, by name, said about a text.
Runs = dict[tuple[str, str], Outcome]


class Level(enum.StrEnum):
    """What was proven. Only this much is claimed: without a testbench or a reference nobody knows more."""

    ACCEPTED = "accepted by tools"


@dataclass(frozen=True, slots=True)
class Proof:
    """Evidence for a fix. `tools` ran to their end on the mended text and accept it; `seconds` is wall time.

    `revealed` are warnings elsewhere that a tool could not report before, as the fault stopped it;
    `errors_left` counts the errors of other faults that the tools still report in the document.
    """

    level: Level
    tools: tuple[str, ...]
    seconds: float
    detail: str
    revealed: tuple[Finding, ...] = ()
    errors_left: int = 0


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a candidate is not offered, for a person."""

    reason: str


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
) -> Proof | Refusal:
    """Prove a candidate, or say why it is refused.

    `baseline` holds what the verifiers (by name) said about `snapshot` as it is; what it lacks is run.
    The quickest tool judges first, so that a bad candidate costs little. `runs` collects what the tools said
    about mended texts of this one snapshot, as several findings of one fault lead to the same text.
    """
    start = time.perf_counter()
    try:
        text = apply_edits(snapshot.text, candidate.edits)
    except ValueError as error:
        return Refusal(str(error))
    if text == snapshot.text or (lost := losses(snapshot.text, text, candidate.finding)):
        return Refusal("changes nothing" if text == snapshot.text else "; ".join(lost))
    known = await baselines(snapshot, project, verifiers, baseline)
    mended = spliced(snapshot, project, text)
    accepted, revealed, left, seen = list[str](), list[Finding](), 0, False
    for verifier in wanted(verifiers, snapshot, project):
        before = known[verifier.name]
        if not before.ran:
            continue
        after = await _run(verifier, mended, runs)
        if after.status is Status.CRASHED:
            return Refusal(f"{verifier.name} crashed on the mended text: {after.message}")
        if not after.ran:
            continue
        verdict = _compare(candidate, snapshot, before, after, known)
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
    names = ", ".join(DISPLAY.get(name, name) for name in accepted)
    more = f"; {len(revealed)} warning(s) that the fault had hidden are now shown" if revealed else ""
    detail = f"{names}: the fault is gone, nothing new is reported, nothing is lost{more}"
    seconds = time.perf_counter() - start
    return Proof(Level.ACCEPTED, tuple(accepted), seconds, detail, tuple(revealed), left)


async def _run(verifier: Verifier, mended: tuple[Snapshot, Project], runs: Runs | None) -> Outcome:
    key = (verifier.name, mended[0].text)
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
        if verifier.name not in known:
            known[verifier.name] = await verifier.run(snapshot, project)
    return known


def wanted(verifiers: Sequence[Verifier], snapshot: Snapshot, project: Project) -> list[Verifier]:
    """The verifiers for the snapshot's language that are switched on, the quickest first."""
    chosen = [one for one in verifiers if snapshot.language in one.languages]
    enabled = [one for one in chosen if getattr(getattr(project.settings, one.name, None), "enabled", True)]
    return sorted(enabled, key=lambda one: one.speed)


def spliced(snapshot: Snapshot, project: Project, text: str) -> tuple[Snapshot, Project]:
    """The snapshot and its project with `text` in the document's place."""
    mended = replace(snapshot, text=text)
    buffers = tuple(mended if buffer.path == snapshot.path else buffer for buffer in project.buffers)
    return mended, replace(project, buffers=buffers)


def _compare(
    candidate: FixCandidate, snapshot: Snapshot, before: Outcome, after: Outcome, known: Mapping[str, Outcome]
) -> list[Finding] | Refusal:
    """The warnings that were hidden before, or why the tool does not accept the candidate."""
    target, path = candidate.finding, snapshot.path
    same = [finding for finding in after.findings if finding.code == target.code and finding.tool == target.tool]
    if _still(target, same, candidate, snapshot):
        return Refusal(f"{target.code} is still reported")
    left = _left(candidate, snapshot, after)
    if left is not None:
        return Refusal(f"{left.tool} still reports {left.code} there: {left.message}")
    fresh = new_findings(before.findings, after.findings, candidate.edits, snapshot.text, path=path)
    hidden = list[Finding]()
    for finding in fresh:
        if finding.severity > Severity.WARNING or finding.code.startswith(NOISE):
            continue
        if not _was_hidden(finding, before, after, candidate, snapshot, known):
            return Refusal(f"{finding.tool} would newly report {finding.code}: {finding.message}")
        if finding.severity is Severity.WARNING:
            hidden.append(finding)
    return hidden


def _still(target: Finding, same: Sequence[Finding], candidate: FixCandidate, snapshot: Snapshot) -> bool:
    """Whether one of the findings after the edit is the target, where the edit moved it."""
    gone = new_findings([target], same, candidate.edits, snapshot.text, path=snapshot.path)
    return len(gone) < len(same)


def _left(candidate: FixCandidate, snapshot: Snapshot, after: Outcome) -> Finding | None:
    """An error that remains where a syntax fault was mended: what was mended was only a consequence.

    A cause comes before its consequences and close to them: no error may be left on the edited lines or the
    fault's own, no syntax error before them in the same module or within the lines that follow.
    """
    if candidate.finding.severity is not Severity.ERROR or after.tool in STOP_AT_ERROR:
        return None
    move = Movement(snapshot.text, candidate.edits)
    starts = [move.before.offsets(edit.span)[0] for edit in candidate.edits]
    target = move.before.offsets(candidate.finding.span)[0]
    lines = {_moved_line(move, offset) for offset in (*starts, target)}
    ended = snapshot.text.rfind("endmodule", 0, min(starts))
    first = _moved_line(move, ended) if ended >= 0 else -1
    syntax = is_syntax(candidate.finding)
    for finding in after.findings:
        line = finding.span.start_line
        if finding.path != snapshot.path or finding.severity is not Severity.ERROR:
            continue
        if is_syntax(finding) and (
            candidate.parsed or line in lines or first < line <= min(lines) + (CLOSE_LINES if syntax else 0)
        ):
            return finding
        if syntax and line in lines:
            return finding
    return None


def _moved_line(move: Movement, offset: int) -> int:
    """The line after the edits of an offset before them."""
    place = move.places(offset)
    return move.after.position(place if isinstance(place, int) else place[0].start)[0]


def _was_hidden(
    finding: Finding,
    before: Outcome,
    after: Outcome,
    candidate: FixCandidate,
    snapshot: Snapshot,
    known: Mapping[str, Outcome],
) -> bool:
    """Whether the tool could not have said this before, and the edit has nothing to do with it.

    An error counts only where another tool had already found one on that line: the next of several faults.
    """
    stopped = [one for one in before.findings if one.severity is Severity.ERROR]
    if before.tool not in STOP_AT_ERROR:
        stopped = [one for one in stopped if is_syntax(one)]
    if not stopped:
        return False
    if finding.severity is Severity.ERROR:
        return before.tool in STOP_AT_ERROR and _known_elsewhere(finding, before, candidate, snapshot, known)
    return not _concerns(finding, candidate, snapshot)


def _known_elsewhere(
    finding: Finding, before: Outcome, candidate: FixCandidate, snapshot: Snapshot, known: Mapping[str, Outcome]
) -> bool:
    others = [one for name, outcome in known.items() if name != before.tool for one in outcome.findings]
    move = Movement(snapshot.text, candidate.edits)
    lines = {
        _moved_line(move, move.before.offset(other.span.start_line, 0))
        for other in others
        if other.severity is Severity.ERROR and other.path == finding.path and other != candidate.finding
    }
    return any(finding.span.start_line - line in (0, 1) for line in lines)


def _concerns(finding: Finding, candidate: FixCandidate, snapshot: Snapshot) -> bool:
    """Whether a finding lies on an edited line, or has to do with a name of the edit or of the fault.

    What only delimits or is a keyword gives no tool a reason to complain of what stood there already.
    """
    move = Movement(snapshot.text, candidate.edits)
    span = finding.span
    text = "\n".join(
        move.after.line(line) for line in range(span.start_line, min(span.end_line, span.start_line + 3) + 1)
    )
    tokens = [token for edit in candidate.edits for token in _added(edit, move.before)]
    if finding.tool in STOP_AT_ERROR and all(token.text in NEUTRAL for token in tokens):
        return False
    names = {token.text for token in tokens if token.is_name} | {
        n for n in quoted(candidate.finding.message) if n.isidentifier()
    }
    edited = set[int]()
    for edit in candidate.edits:
        first = _moved_line(move, move.before.offsets(edit.span)[0])
        edited.update(range(first, first + edit.text.rstrip().count("\n") + 1))
    here = {token.text for line in edited for token in scan(move.after.line(line)) if token.is_name}
    if here & set(quoted(finding.message)):
        return True
    if finding.path != snapshot.path:
        return False
    return span.start_line in edited or any(token.text in names for token in (*scan(text), *scan(finding.message)))


def _added(edit: Edit, before: LineIndex) -> list[Token]:
    """The tokens of an edit's text that the text it replaces does not hold."""
    start, end = before.offsets(edit.span)
    old = Counter(token.text for token in scan(before.text[start:end]))
    new = []
    for token in scan(edit.text):
        old[token.text] -= 1
        if old[token.text] < 0:
            new.append(token)
    return new


def _find(target: Finding, findings: Iterable[Finding]) -> bool:
    return any(one.code == target.code and one.path == target.path and one.span == target.span for one in findings)


def _errors(findings: Iterable[Finding], path: str) -> int:
    return sum(finding.severity is Severity.ERROR and finding.path == path for finding in findings)
