"""The document with a candidate in its hole, and what of a verifier's findings comes of the candidate. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cached_property

from signoff.completion import nesting
from signoff.completion.context import Hole
from signoff.verifiers.compare import new_findings
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, line_index

_BRACKETS = (")", "]")
_ASSIGNS = re.compile(r"\s*(?!assign\b)[A-Za-z_][\w$.]*\s*(?:\[[^\]]*\]\s*)*(?:<=|=(?!=))")


class Splice:
    """One hole of one snapshot.

    Who writes a block from its top on has not closed it yet, and what follows is read as if it stood in it: the
    document is looked at with its blocks closed behind the hole, `snapshot` without a candidate in it.
    """

    def __init__(self, snapshot: Snapshot, hole: Hole) -> None:
        self._hole = hole
        self._start = len(hole.prefix)
        # Behind the rest of a line they would stand too late.
        self._closers = () if hole.line_suffix.strip() else tuple(one for one in hole.missing if one not in _BRACKETS)
        closed = bool(self._closers)
        self.snapshot = replace(snapshot, text=hole.prefix + self._after("")) if closed else snapshot

    def with_text(self, text: str) -> Snapshot:
        """The document with `text` in the hole."""
        return replace(self.snapshot, text=self._hole.prefix + text + self._after(text))

    def _after(self, text: str) -> str:
        """What follows `text` in the hole: the closers that it does not bring itself, and the document."""
        return _closing(_left_open(text, self._hole, self._closers)) + self._hole.suffix

    def lines(self, text: str) -> tuple[int, int]:
        """The first and the last line that the text stands in."""
        return self._hole.line, self._hole.line + text.count("\n")

    @cached_property
    def blanked(self) -> Snapshot | None:
        """The document without the half statement in the cursor's line, which hides what else is wrong.

        Nothing else moves. None where the line says nothing, or opens what later lines close.
        """
        hole = self._hole
        line = hole.line_prefix + hole.line_suffix
        if hole.language in nesting.PYTHON:
            # A block may not be empty.
            indent = line[: len(line) - len(line.lstrip())] if line.strip() else hole.line_prefix
            return self._with_line(f"{indent}pass")
        if not line.strip() or not _balanced(line, hole):
            return None
        # An empty statement takes the place of a half one: an `else` before it wants one.
        return self._with_line(f"{' ' * (len(line) - 1)};" if _ASSIGNS.match(line) else " " * len(line))

    def _with_line(self, line: str) -> Snapshot:
        hole = self._hole
        start = self._start - len(hole.line_prefix)
        after = _closing(self._closers) + hole.suffix[len(hole.line_suffix) :]
        return replace(self.snapshot, text=hole.prefix[:start] + line + after)

    def new(self, before: Outcome, after: Outcome, text: str) -> tuple[Finding, ...]:
        """The findings of the document with `text` that are not there without it."""
        gone = len(self._after("")) - len(self._after(text))
        start = line_index(self.snapshot.text)
        edit = Edit(start.span(self._start, self._start + gone), text)
        path = self.snapshot.path
        return new_findings(before.findings, after.findings, [edit], self.snapshot.text, path=path)

    def unmended(self, before: Outcome, after: Outcome, text: str) -> list[Finding]:
        """Errors of the hole itself (`assign y = ;`) that are still there: the candidate is not a whole one."""
        faults = {(row.tool, row.code) for row in self._at(before.findings, self.snapshot.text, 0)}
        if not faults:
            return []
        spliced = self.with_text(text).text
        return [row for row in self._at(after.findings, spliced, len(text)) if (row.tool, row.code) in faults]

    def at_end(self, text: str, message: str) -> Finding:
        """A fault of ours at the end of a text."""
        end = self._start + len(text)
        span = line_index(self.with_text(text).text).span(end, end)
        return Finding(self.snapshot.path, span, Severity.ERROR, "Unfinished", message, "signoff")

    def places(self, findings: Sequence[Finding], text: str) -> list[int]:
        """Where findings of the document with `text` begin, as offsets in `text`."""
        index = line_index(self.with_text(text).text)
        starts = [row.span for row in findings if row.path == self.snapshot.path]
        return [min(index.offset(at.start_line, at.start_column) - self._start, len(text)) for at in starts]

    def _at(self, findings: Sequence[Finding], text: str, length: int) -> Iterator[Finding]:
        """The errors at the hole with `length` characters in it."""
        here = [row for row in findings if row.severity is Severity.ERROR and row.path == self.snapshot.path]
        if not here:
            return
        index, low, high = line_index(text), self._start, self._start + length
        # A fault that the hole makes is blamed on the token before it in its line, or on the next token anywhere.
        # One at the end of an earlier line is not the hole's: a candidate may leave it.
        while low > 0 and text[low - 1] in " \t":
            low -= 1
        while high < len(text) and text[high].isspace():
            high += 1
        for row in here:
            # By its whole span: `assign head` is blamed on `head`, and so is `assign head <= x;`.
            first, last = index.offsets(row.span)
            if first <= high and last >= low:
                yield row


def _closing(closers: Sequence[str]) -> str:
    # Each in a line of its own: the text may end in a comment, and fewer closers are the end of more.
    return "".join(f"\n{one}" for one in closers)


def _left_open(text: str, hole: Hole, closers: tuple[str, ...]) -> tuple[str, ...]:
    """Those of the hole's missing block closers that `text` does not bring."""
    if not closers:
        return ()
    missing, own = list(hole.missing), list[str]()
    for mark in nesting.marks(text, hole.language):
        if mark.closer:
            own.append(mark.closer)
        elif own and mark.closes == own[-1]:
            own.pop()
        elif missing and mark.closes == missing[0] and not own:
            missing.pop(0)
    return tuple(one for one in missing if one not in _BRACKETS)


def _balanced(line: str, hole: Hole) -> bool:
    """Whether a line closes all that it opens and nothing else."""
    depth = 0
    for mark in nesting.marks(line, hole.language):
        depth += bool(mark.closer) - bool(mark.closes)
        if depth < 0 or mark.turn:
            return False
    return depth == 0
