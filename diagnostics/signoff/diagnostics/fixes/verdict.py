"""What one tool's findings before and after an edit say about a fix: pure judgements, used by prove.py."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.skipped import skipped
from signoff.diagnostics.fixes.source import Token, quoted, scan
from signoff.diagnostics.taxonomy import is_syntax
from signoff.verifiers.compare import Movement, new_findings
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex, apply_edits

# Whoever mends a fault need not also use every signal or end the file with a newline.
NOISE = ("UNUSED", "EOFNEWLINE", "Unused")
# These give up at the first error, so that one hides what they would say about the rest of the text.
STOP_AT_ERROR = frozenset(("verilator", "yosys"))
# NVRTC looks at registers and shared memory only once the text compiles; Triton stops at a kernel's first error; gcc
# says nothing of what its later passes would see where there is an error, nor does the linker where one file has one.
IN_STAGES = frozenset(("nvrtc", "nvcc", "triton", "arm-none-eabi-gcc", "arm-none-eabi-ld"))
# What only delimits, or is a keyword that assigns nothing.
NEUTRAL = (KEYWORDS | {";"}) - {"default"}
# A parser that has lost its way stumbles again within so many lines.
CLOSE_LINES = 6


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a candidate is not offered, for a person; `findings` are those that refuse it, of the mended text."""

    reason: str
    findings: tuple[Finding, ...] = ()


def compare(
    candidate: FixCandidate, snapshot: Snapshot, before: Outcome, after: Outcome, known: Mapping[str, Outcome]
) -> list[Finding] | Refusal:
    """The warnings that were hidden before, or why the tool does not accept the candidate."""
    target, path = candidate.finding, snapshot.path
    same = [finding for finding in after.findings if finding.code == target.code and finding.tool == target.tool]
    if _still(target, same, candidate, snapshot):
        return Refusal(f"{target.code} is still reported")
    left = _left(candidate, snapshot, after) or _wrong_width(candidate, snapshot, after)
    if left is not None:
        return Refusal(f"{left.tool} still reports {left.code} there: {left.message}", (left,))
    fresh = new_findings(before.findings, after.findings, candidate.edits, snapshot.text, path=path)
    hidden = list[Finding]()
    for finding in fresh:
        if finding.severity > Severity.WARNING or finding.code.startswith(NOISE):
            continue
        if not _was_hidden(finding, before, candidate, snapshot, known):
            return Refusal(f"{finding.tool} would newly report {finding.code}: {finding.message}", (finding,))
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
    target = move.before.offsets(candidate.finding.span)[0]
    # An edit of another file has no place here.
    starts = [move.before.offsets(edit.span)[0] for edit in candidate.edits] or [target]
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


def _wrong_width(candidate: FixCandidate, snapshot: Snapshot, after: Outcome) -> Finding | None:
    """A finding about bit widths on a line of the declared name: it was guessed as wide as the tool had guessed it."""
    if not candidate.declares:
        return None
    index = LineIndex(apply_edits(snapshot.text, candidate.edits))
    for finding in after.findings:
        if finding.path == snapshot.path and "width" in finding.code.lower():
            line = index.line(finding.span.start_line)
            if any(token.text == candidate.declares for token in scan(line)):
                return finding
    return None


def _moved_line(move: Movement, offset: int) -> int:
    """The line after the edits of an offset before them."""
    place = move.places(offset)
    return move.after.position(place if isinstance(place, int) else place[0].start)[0]


def _was_hidden(
    finding: Finding, before: Outcome, candidate: FixCandidate, snapshot: Snapshot, known: Mapping[str, Outcome]
) -> bool:
    """Whether the tool could not have said this before, and the edit has nothing to do with it.

    An error counts only where another tool had already found one on that line: the next of several faults.
    """
    stopped = [one for one in before.findings if one.severity is Severity.ERROR]
    if before.tool not in STOP_AT_ERROR | IN_STAGES:
        stopped = [one for one in stopped if is_syntax(one)]
    if before.complete and not stopped:
        return False
    if before.tool in IN_STAGES and (finding.tool == "signoff" or before.tool == "triton"):
        # Of what the compiler says itself, none but a later error of Triton's can have been hidden.
        return not _concerns(finding, candidate, snapshot)
    if before.tool in IN_STAGES and finding.code == "UndefinedIdentifier":
        return skipped(finding, candidate, snapshot)
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
    edited = set[int]()
    for edit in candidate.edits:
        first = _moved_line(move, move.before.offsets(edit.span)[0])
        edited.update(range(first, first + edit.text.rstrip().count("\n") + 1))
    on_edited_line = finding.path == snapshot.path and span.start_line in edited
    if all(token.text in NEUTRAL for token in tokens):
        # slang reads on behind a syntax fault, and so had its say about the line before.
        return on_edited_line and finding.tool not in STOP_AT_ERROR
    here = {token.text for line in edited for token in scan(move.after.line(line)) if token.is_name}
    if on_edited_line or here & set(quoted(finding.message)):
        return True
    names = {token.text for token in tokens if token.is_name}
    names |= {name for name in quoted(candidate.finding.message) if name.isidentifier()}
    return finding.path == snapshot.path and any(token.text in names for token in (*scan(text), *scan(finding.message)))


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
