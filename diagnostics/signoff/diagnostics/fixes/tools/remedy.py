"""What a tool's own proposers share: the place of a fault, and candidates made of what the tool would write there."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.gpu import tokens as c_tokens
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.source import Source, source, spot
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.text import Edit, LineIndex, line_index

HDL = frozenset(("verilog", "systemverilog"))
# Characters; a longer text is a generated one, and taken apart for nobody.
LONGEST = 2_000_000
# Compilers offer two ways to mend an expression that may be read wrongly: to have it computed as it looks, or to write
# down how it is read. Only a person knows which is meant, so neither is ever applied without one.
SILENCES = "to silence this warning"
AS_READ = "Write the parentheses that the compiler reads"
DOUBT = "computed as before, if that is meant"
# Characters that a title shows of what is replaced, and of what comes in its place.
SHOWN = 30


@dataclass(frozen=True)
class Remedy:
    """One fault as a tool's proposer sees it. Token indices refer to `src`, which is exact in every state of a text."""

    fault: Fault
    tool: str

    @cached_property
    def text(self) -> str:
        """The document's text."""
        return self.fault.snapshot.text

    @cached_property
    def index(self) -> LineIndex:
        """Where its lines begin."""
        return line_index(self.text)

    @cached_property
    def src(self) -> Source:
        """Its tokens, by its language."""
        return source(self.text) if self.fault.snapshot.language in HDL else c_tokens.source(self.text)

    def said(self, *tools: str) -> Iterator[Finding]:
        """What these tools say of the very place of the fault, the fault itself first.

        Findings of one fault are merged, and the one that is shown need not be the one with the hint.
        """
        fault = self.fault.finding
        if fault.tool in tools:
            yield fault
        told = (one for outcome in self.fault.known.values() for one in outcome.findings if one.tool in tools)
        for one in told:
            if one != fault and one.path == fault.path and _meet(one, fault):
                yield one

    def doubtful(self, edits: Iterable[Edit]) -> bool:
        """Whether edits only put a name in place of another on a line that has more errors: `foor (i = 0; ...)` is no
        misspelt `floor`, whatever a compiler takes it for."""
        if not all(edit.text.isidentifier() for edit in edits):
            return False
        fault = self.fault.finding
        told = (one for outcome in self.fault.known.values() for one in outcome.findings if one.path == fault.path)
        return any(
            one.severity is Severity.ERROR and one.span.start_line == fault.span.start_line and one.span != fault.span
            for one in told
        )

    def spot(self, finding: Finding) -> int:
        """The index of the token at which the tool stood."""
        return self.src.at(spot(finding, self.index))

    def swap(self, number: int, text: str) -> Edit:
        """The edit that puts `text` in place of one token."""
        token = self.src.token(number)
        return replacement(self.index, token.start, token.end, text)

    def insert(self, offset: int, text: str) -> Edit:
        """The edit that puts `text` in at an offset."""
        return replacement(self.index, offset, offset, text)

    def candidate(
        self, rule: str, edits: Iterable[Edit], title: str = "", *, behaviour: str = "", keeps: bool = False
    ) -> FixCandidate:
        """A candidate of these edits, each once, in the order of the text; what they replace is declared."""
        ordered = tuple(sorted(dict.fromkeys(edits), key=lambda edit: edit.span))
        replaced = [self.text[slice(*self.index.offsets(edit.span))] for edit in ordered]
        return FixCandidate(
            title or titled(ordered, replaced, self.tool),
            ordered,
            rule,
            self.fault.finding,
            behaviour,
            replaces=tuple(dict.fromkeys(self._words(ordered, replaced))),
            keeps=keeps,
        )

    def _words(self, edits: Sequence[Edit], replaced: Sequence[str]) -> Iterator[str]:
        """The tokens that the edits put others in place of: whole ones, as an edit may change but a part of one."""
        for edit, old in zip(edits, replaced, strict=True):
            start, end = self.index.offsets(edit.span)
            for number in range(self.src.at(start), len(self.src.tokens)) if old.strip() else ():
                token = self.src.token(number)
                if token.start >= end:
                    break
                yield token.text


def titled(edits: Sequence[Edit], replaced: Sequence[str], tool: str) -> str:
    """The order that an edit is, in words; what is long, or in several places, goes by the tool's name."""
    pairs = [(edit.text.strip(), old.strip()) for edit, old in zip(edits, replaced, strict=True)]
    new, old = pairs[0] if len(pairs) == 1 else ("", "")
    if not new + old or "\n" in new + old or max(len(new), len(old)) > SHOWN:
        return f"Correct as {tool} proposes"
    if not old:
        return f"Insert '{new}'"
    return f"Replace '{old}' by '{new}'" if new else f"Remove '{old}'"


def _meet(one: Finding, other: Finding) -> bool:
    """Whether two findings are of one line, and share a character of it or stand side by side."""
    first, last = one.span, other.span
    if first.start_line != last.start_line:
        return False
    ends = [span.end_column if span.end_line == span.start_line else 1 << 30 for span in (first, last)]
    return first.start_column <= ends[1] and last.start_column <= ends[0]
