"""The control that repairs nothing: it takes the faulty text away, in every way in which that can be done.

Deleting what a tool complains about satisfies the tool, so a rate of "repairs" means nothing without the rate at which
these get through the same judge. For tests and measurements only: it is no proposer of proposers.py.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.source import indent_of, newline_of, scan
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.finding import Finding
from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.text import LineIndex

NAME = "deletion control"
# So many times are the lines deleted, too, that the tools complain of once the first are gone.
ROUNDS = 10
Piece = tuple[int, int, str, str]


class DeletionControl:
    """Proposes deletions: the reported lines, their statement, what is under the finding, and on until nothing more is
    reported; the same commented out, switched off by a directive or a condition, or made an empty statement."""

    name = NAME
    cost = Cost.FREE

    def concerned(self, fault: Fault) -> bool:
        """Every fault has text that can be deleted."""
        return True

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """The ways of taking the text away, then deletions that follow what the tools still report."""
        index = LineIndex(fault.snapshot.text)
        for piece in _ways(fault, index):
            yield _candidate(fault, index, [piece])
        lines = set(_lines(fault.finding))
        for _ in range(ROUNDS):
            refusal = yield _candidate(fault, index, _deleted(index, lines))
            more = {line for one in (refusal.findings if refusal else ()) for line in _before(one, lines, fault)}
            if more <= lines:
                return
            lines |= more


def _ways(fault: Fault, index: LineIndex) -> Iterator[Piece]:
    text, finding = index.text, fault.finding
    first, last = _lines(finding)[0], _lines(finding)[-1]
    start, end = index.starts[first], index.line_end(last)
    body, newline, indent = text[start:end], newline_of(text), indent_of(index.line(first))
    python = fault.snapshot.language == PYTHON
    under = index.offsets(finding.span)
    if under[0] < under[1]:
        yield (*under, "", "Delete what is under the finding")
    for piece in _statements(text, under[0]):
        yield (*piece, "pass" if python else "", "Delete the statement")
        yield (*piece, "pass" if python else ";", "Make the statement an empty one")
    mark = "#" if python else "//"
    commented = newline.join(f"{mark} {line}" for line in body.splitlines())
    yield (start, end, indent + "pass" + newline + commented if python else commented, "Comment the lines out")
    if python:
        yield (start, end, f"{indent}if False:{newline}{indent}    {body.strip()}", "Switch the lines off")
        return
    hdl = fault.snapshot.language in ("verilog", "systemverilog")
    opened, closed = ("`ifdef NEVER", "`endif") if hdl else ("#if 0", "#endif")
    yield (start, end, newline.join((opened, body, closed)), "Switch the lines off")
    block = ("begin", "end") if hdl else ("{", "}")
    yield (start, end, newline.join((f"{indent}if (0) {block[0]}", body, indent + block[1])), "Never run the lines")


def _statements(text: str, place: int) -> Iterator[tuple[int, int]]:
    """From the end of the statement before `place` to its own end; and without what it stands behind on its line."""
    tokens = [token for token in scan(text) if token.kind != "comment"]
    before = [token.end for token in tokens if token.end <= place and token.text in (";", "begin", "{", "}", ")")]
    after = [token.end for token in tokens if token.start >= place and token.text == ";"]
    ends = [token.end for token in tokens if token.end <= place and token.text in (";", "begin", "{", "}")]
    if after:
        yield from dict.fromkeys((start[-1], after[0]) for start in (ends, before) if start)


def _candidate(fault: Fault, index: LineIndex, pieces: list[Piece]) -> FixCandidate:
    edits = tuple(replacement(index, start, end, text) for start, end, text, _ in pieces)
    gone = tuple({token.text for start, end, _, _ in pieces for token in scan(index.text[start:end])})
    return FixCandidate(pieces[0][3], edits, NAME, fault.finding, replaces=gone, proposer=NAME)


def _deleted(index: LineIndex, lines: set[int]) -> list[Piece]:
    """The lines with their line ends."""
    ends = [*index.starts[1:], len(index.text)]
    return [(index.starts[line], ends[line], "", "Delete the reported lines") for line in sorted(lines)]


def _lines(finding: Finding) -> range:
    return range(finding.span.start_line, finding.span.end_line + 1)


def _before(finding: Finding, gone: set[int], fault: Fault) -> list[int]:
    """The lines of a finding on the text without the lines `gone`, as they were numbered before."""
    if finding.path != fault.snapshot.path:
        return []
    count = fault.snapshot.text.count("\n") + 1
    left = [line for line in range(count) if line not in gone]
    return [left[line] for line in _lines(finding) if line < len(left)]
