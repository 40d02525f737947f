"""Candidates before the verifiers: spliced into the document as it stands, and judged by what is new."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace

from signoff.completion import candidates, nesting
from signoff.completion.context import Hole
from signoff.verifiers.compare import new_findings
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex
from signoff.verifiers.verifier import Verifier

# A candidate that is refused as a whole is shortened to whole statements at most so often.
SHORTENINGS = 3


@dataclass(frozen=True, slots=True)
class Checked:
    """A candidate and its judgement. `remaining` counts the findings left in the document, all of them old ones."""

    text: str
    tools: tuple[str, ...] = ()
    not_run: tuple[tuple[str, str], ...] = ()
    refused: tuple[Finding, ...] = ()
    remaining: int = 0

    @property
    def accepted(self) -> bool:
        """At least one verifier ran, and none of those that ran found anything new."""
        return bool(self.text and self.tools and not self.refused)


class Checker:
    """Judges candidates for one hole; the document as it stands is checked once, for all of them."""

    def __init__(self, verifiers: Sequence[Verifier], snapshot: Snapshot, project: Project, hole: Hole) -> None:
        settings = project.settings
        self._verifiers = [row for row in verifiers if snapshot.language in row.languages]
        self._off = [
            (row.name, state.reason) for row in self._verifiers if not (state := row.available(settings)).available
        ]
        self._verifiers = [row for row in self._verifiers if row.available(settings).available]
        self._snapshot = snapshot
        self._project = project
        self._hole = hole
        self._baseline: asyncio.Task[list[Outcome]] | None = None

    async def check(self, text: str) -> Checked:
        """Judge `text`, or else a text near it that passes: with its semicolon, or its first whole statements."""
        whole = checked = await self._judge(text)
        if not checked.accepted and text and self._wants_semicolon(text):
            checked = await self._judge(f"{text};")
        for _ in range(SHORTENINGS):
            if checked.accepted or not checked.text or not self._hole.block:
                break
            shorter = self._shortened(checked)
            if not shorter:
                break
            checked = await self._judge(shorter)
        return checked if checked.accepted else whole

    def _wants_semicolon(self, text: str) -> bool:
        """Models often end a line one character early."""
        alone = self._hole.suffix[:1] in ("", "\n", "\r") and self._hole.language not in nesting.PYTHON
        return alone and not self._hole.block and text[-1] not in ";,({["

    def prepare(self) -> None:
        """Begin to check the document as it stands, while the model is still writing."""
        if self._baseline is None:
            self._baseline = asyncio.ensure_future(self._run(self._snapshot))
            # Where the model has nothing to say nobody awaits it; read its error so that none is logged.
            self._baseline.add_done_callback(lambda done: done.cancelled() or done.exception())

    def close(self) -> None:
        """Give up what is still running."""
        if self._baseline is not None:
            self._baseline.cancel()

    async def _judge(self, text: str) -> Checked:
        if not text or not self._verifiers:
            return Checked(text, not_run=tuple(self._off))
        self.prepare()
        assert self._baseline is not None
        spliced = replace(self._snapshot, text=self._hole.prefix + text + self._hole.suffix)
        before, after = await asyncio.gather(asyncio.shield(self._baseline), self._run(spliced))
        tools, not_run, refused, remaining = [], list(self._off), list[Finding](), 0
        for old, new in zip(before, after, strict=True):
            if not (old.judged and new.judged):
                failed = old if not old.judged else new
                not_run.append((failed.tool, failed.message or failed.status.value))
                continue
            tools.append(new.tool)
            refused += self._new(old.findings, new.findings, text)
            remaining += len(new.findings)
        return Checked(text, tuple(tools), tuple(not_run), tuple(refused), remaining)

    async def _run(self, snapshot: Snapshot) -> list[Outcome]:
        others = tuple(buffer for buffer in self._project.buffers if buffer.uri != snapshot.uri)
        project = replace(self._project, buffers=(*others, snapshot))
        return list(await asyncio.gather(*(row.run(snapshot, project) for row in self._verifiers)))

    def _new(self, before: Sequence[Finding], after: Sequence[Finding], text: str) -> list[Finding]:
        edit = Edit(self._hole.span, text)
        path = self._snapshot.path
        fresh = new_findings(before, after, [edit], self._snapshot.text, path=path)
        return [*fresh, *self._unmended(before, after, text)]

    def _unmended(self, before: Sequence[Finding], after: Sequence[Finding], text: str) -> list[Finding]:
        """Errors of the hole itself (`assign y = ;`) that are still there: the candidate is not a whole one."""
        start = len(self._hole.prefix)
        faults = {(row.tool, row.code) for row in self._at(before, self._snapshot.text, start, start)}
        spliced = self._hole.prefix + text + self._hole.suffix
        return [row for row in self._at(after, spliced, start, start + len(text)) if (row.tool, row.code) in faults]

    def _at(self, findings: Sequence[Finding], text: str, low: int, high: int) -> list[Finding]:
        index = LineIndex(text)
        # A fault that the hole makes is blamed on the token before it in its line, or on the next token anywhere.
        # One at the end of an earlier line is not the hole's: a candidate may leave it.
        while low > 0 and text[low - 1] in " \t":
            low -= 1
        while high < len(text) and text[high].isspace():
            high += 1
        here = [row for row in findings if row.severity is Severity.ERROR and row.path == self._snapshot.path]
        # By its whole span: `assign head` is blamed on `head`, and so is `assign head <= x;`.
        places = [(row, *index.offsets(row.span)) for row in here]
        return [row for row, first, last in places if first <= high and last >= low]

    def _shortened(self, checked: Checked) -> str:
        """The whole statements before the first new finding; else all but the last statement."""
        text = checked.text
        index = LineIndex(self._hole.prefix + text)
        start = len(self._hole.prefix)
        places = [index.offset(row.span.start_line, row.span.start_column) - start for row in checked.refused]
        inside = [place for place in places if 0 < place <= len(text)]
        found = candidates.boundaries(text, self._hole.language)
        limit = min(inside, default=len(text))
        ends = [end for end in found if end <= limit and end < len(text)] or [end for end in found if end < len(text)]
        return text[: ends[-1]].rstrip() if ends else ""
