"""Where a refactoring is asked for, and what one is."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from functools import cached_property

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.source import Source, source
from signoff.diagnostics.fixes.statements import ALWAYS, Always, always_at
from signoff.verifiers.finding import Category, Finding, Outcome, Related, Severity, Span
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

TOOL = "signoff"
# What a refactoring's candidates name as their code: no tool has a finding like that.
CODE = "refactor."
# A title names so many signals, and counts the rest.
NAMED = 3


@dataclass(frozen=True)
class Site:
    """A document, and the stretch of it in which refactorings are asked for (`asked`; None: all of it).

    `known`: what each verifier, by name, says of the document.
    """

    snapshot: Snapshot
    project: Project
    asked: Span | None = None
    known: Mapping[str, Outcome] = field(default_factory=dict)

    @cached_property
    def index(self) -> LineIndex:
        """The lines of the document."""
        return LineIndex(self.snapshot.text)

    @property
    def src(self) -> Source:
        """The tokens of a Verilog document."""
        return source(self.snapshot.text)

    def wants(self, start: int, end: int) -> bool:
        """Whether a stretch, by offsets, shares a line with what is asked for."""
        if self.asked is None:
            return True
        first, last = self.index.position(start)[0], self.index.position(end)[0]
        return first <= self.asked.end_line and self.asked.start_line <= last

    def processes(self) -> Iterator[Always]:
        """The always blocks that are asked for, in the order of the text."""
        src = self.src
        for number, token in enumerate(src.tokens):
            if token.kind != "word" or token.text not in ALWAYS:
                continue
            if self.asked is not None and self.index.position(token.start)[0] > self.asked.end_line:
                return
            block = always_at(self.snapshot.text, token.start)
            if block is not None and block.keyword == number and self.wants(token.start, src.token(block.last).end):
                yield block

    def finding(
        self, name: str, start: int, end: int, message: str, category: Category, others: Iterable[Span] = ()
    ) -> Finding:
        """What stands in a candidate for the finding of a fix: the place, the kind, and what is to be changed there.

        `message` quotes ('name') the names that the edit is about; `others` are further places of it.
        """
        span, path = self.index.span(start, end), self.snapshot.path
        related = tuple(Related(path, other, "changes with it") for other in dict.fromkeys(others))
        return Finding(path, span, Severity.HINT, f"{CODE}{name}", message, TOOL, category, related=related)

    def insert(self, offset: int, text: str) -> Edit:
        """The edit that inserts `text` at an offset."""
        return Edit(self.index.span(offset, offset), text)

    def replace(self, start: int, end: int, text: str) -> Edit:
        """The edit that puts `text` in place of the offsets from `start` up to `end`."""
        return Edit(self.index.span(start, end), text)


@dataclass(frozen=True, slots=True)
class Refactoring:
    """One kind of edit. `propose` yields a candidate for every place of a site that it knows how to change.

    `name` is what the command line calls it, `summary` an order for lists; `candidate.behaviour` says what it changes
    where it is made to change something, and `candidate.keeps` claims that the hardware behaves as before.
    """

    name: str
    summary: str
    languages: frozenset[str]
    propose: Callable[[Site], Iterable[FixCandidate]]


def listed(names: Iterable[str]) -> str:
    """Names for a title, the first few of them."""
    each = list(dict.fromkeys(names))
    shown = ", ".join(f"'{name}'" for name in each[:NAMED])
    return shown if len(each) <= NAMED else f"{shown} and {len(each) - NAMED} more"
