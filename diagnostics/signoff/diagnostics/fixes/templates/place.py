"""What a repair template stands on: one finding, the tokens around it, and the module that it lies in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.gpu import tokens as c_tokens
from signoff.diagnostics.fixes.modules import Module, module_at
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.source import Source, scan, source, spot
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex

NAME = "templates"
VERILOG = frozenset(("verilog", "systemverilog"))
# What a statement begins behind.
STARTS = frozenset((";", "begin", "end", "else", "endcase", "endfunction", "endtask", "generate", "endgenerate"))
C_STARTS = frozenset((";", "{", "}", "else", "do"))
# A statement that is longer is a table, and no template is about one.
LONGEST_STATEMENT = 400


@dataclass(frozen=True, slots=True)
class Draft:
    """A candidate before the order of all is known. `odds`: 0 for what is nearly always meant, more the rarer it is."""

    odds: int
    candidate: FixCandidate


@dataclass(frozen=True)
class Place:
    """The place of one fault. Token indices refer to `src`, which is exact in every state of the text."""

    fault: Fault

    @cached_property
    def finding(self) -> Finding:
        """The finding to be mended."""
        return self.fault.finding

    @cached_property
    def snapshot(self) -> Snapshot:
        """The document."""
        return self.fault.snapshot

    @cached_property
    def project(self) -> Project:
        """Its project."""
        return self.fault.project

    @cached_property
    def code(self) -> str:
        """The tool's name of the fault."""
        return self.finding.code

    @cached_property
    def text(self) -> str:
        """The document's text."""
        return self.snapshot.text

    @cached_property
    def index(self) -> LineIndex:
        """Where its lines begin."""
        return LineIndex(self.text)

    @cached_property
    def src(self) -> Source:
        """Its tokens, by its language."""
        return source(self.text) if self.hdl else c_tokens.source(self.text)

    @cached_property
    def hdl(self) -> bool:
        """Whether the document is Verilog; else it is C or CUDA."""
        return self.snapshot.language in VERILOG

    @cached_property
    def data(self) -> Mapping[str, str]:
        """The finding's own arguments."""
        return dict(self.finding.data)

    @cached_property
    def module(self) -> Module | None:
        """The module around it."""
        return module_at(self.text, self.start)

    @cached_property
    def start(self) -> int:
        """The offset where the finding begins."""
        return self.index.offsets(self.finding.span)[0]

    @cached_property
    def spot(self) -> int:
        """The offset at which the tool stood."""
        return spot(self.finding, self.index)

    @cached_property
    def at(self) -> int:
        """The token that the finding begins with (or the first one behind)."""
        return min(self.src.at(self.start), max(len(self.src.tokens) - 1, 0))

    @cached_property
    def under(self) -> range:
        """The tokens under the finding's span, at least one."""
        start, end = self.index.offsets(self.finding.span)
        return range(self.at, max(self.src.from_(max(end, start + 1)), self.at + 1))

    @cached_property
    def line(self) -> range:
        """The tokens of the finding's first line."""
        line = self.finding.span.start_line
        return range(self.src.from_(self.index.offset(line, 0)), self.src.from_(self.index.line_end(line)))

    @cached_property
    def statement(self) -> range:
        """The tokens of the statement or declaration around the finding, its semicolon included."""
        first, last, total = self.at, self.at, len(self.src.tokens)
        starts = STARTS if self.hdl else C_STARTS
        while first > 0 and self.src.word(first - 1) not in starts and self.at - first < LONGEST_STATEMENT:
            first -= 1
        while last < total - 1 and self.src.word(last) != ";" and last - self.at < LONGEST_STATEMENT:
            last += 1
        return range(first, min(last + 1, total))

    @cached_property
    def assigns(self) -> int:
        """The operator by which the statement assigns, outside all brackets; -1 where it does not."""
        number = self.statement.start
        while number < self.statement.stop:
            word = self.src.word(number)
            if word == "=" or (word == "<=" and self.hdl):
                return number
            number = max(self.src.closing(number), number) + 1 if word in ("(", "[", "{") else number + 1
        return -1

    def named(self, name: str, within: Iterable[int] | None = None) -> Iterator[int]:
        """The tokens of that text, of the statement where nothing else is said; no ports of connections."""
        for number in self.statement if within is None else within:
            if self.src.word(number) == name and self.src.word(number - 1) != ".":
                yield number

    def replace(self, number: int, text: str, last: int | None = None) -> Edit:
        """The edit that puts `text` in place of a token, or of those up to `last`."""
        end = self.src.token(number if last is None else last).end
        return replacement(self.index, self.src.token(number).start, end, text)

    def insert(self, offset: int, text: str) -> Edit:
        """The edit that inserts `text` at an offset."""
        return replacement(self.index, offset, offset, text)

    def draft(
        self,
        odds: int,
        title: str,
        edits: Edit | Iterable[Edit],
        family: str,
        behaviour: str = "",
    ) -> Draft:
        """A draft for this finding. The tokens that the edits replace are read off them."""
        made = (edits,) if isinstance(edits, Edit) else tuple(sorted(edits, key=lambda edit: edit.span))
        gone = self._gone(made)
        replaces = tuple(gone)
        return Draft(
            odds,
            FixCandidate(title, made, family, self.finding, behaviour, replaces=replaces, proposer=NAME),
        )

    def _gone(self, edits: Iterable[Edit]) -> Counter[str]:
        """The tokens that are under the edits and not in their texts."""
        was, now = Counter[str](), Counter[str]()
        reader = scan if self.hdl else c_tokens.scan
        for edit in edits:
            start, end = self.index.offsets(edit.span)
            was.update(token.text for token in reader(self.text[start:end]))
            now.update(token.text for token in reader(edit.text))
        return was - now

    def between(self, first: int, last: int) -> str:
        """The text from one token to another, both included."""
        return self.text[self.src.token(first).start : self.src.token(last).end]


Family = Callable[[Place], Iterator[Draft]]
