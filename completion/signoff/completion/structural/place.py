"""The place of the cursor, as far as the text around it tells: the word being typed, its line, its indentation."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from signoff.completion import nesting
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

_WORD = re.compile(r"[`$]?\w+\Z")
# A number that goes on at the cursor: 8'h, 8'hf, 12, 1.5, 0x1F.
_NUMBER = re.compile(r"(?:'[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]*|(?<![\w$])\d[\w.]*)\Z")
_UNIT = re.compile(r"^(?:(\t+)|( +))\S", re.MULTILINE)
# Comments and strings alone, of which the beginnings are rare characters: a long text is gone through in milliseconds.
_C_SPAN = re.compile(r"/(?:/[^\n]*|\*(?:.*?\*/|.*\Z))|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?", re.DOTALL)
_VERILOG_SPAN = re.compile(r"/(?:/[^\n]*|\*(?:.*?\*/|.*\Z))|\"(?:[^\"\\\n]|\\.)*\"?", re.DOTALL)
_PYTHON_SPAN = re.compile(
    r"#[^\n]*|\"\"\"(?:.*?\"\"\"|.*\Z)|'''(?:.*?'''|.*\Z)|\"(?:[^\"\\\n]|\\.)*\"?|'(?:[^'\\\n]|\\.)*'?", re.DOTALL
)
# Enough to tell how a file is indented.
_STYLE_CHARACTERS = 20_000


@dataclass(frozen=True)
class Place:
    """A cursor in a document; `offset` in code points. What is typed of a word stands from `start` to `offset`."""

    snapshot: Snapshot
    offset: int

    @cached_property
    def index(self) -> LineIndex:
        """The document's lines."""
        return LineIndex(self.snapshot.text)

    @cached_property
    def position(self) -> tuple[int, int]:
        """(line, column)."""
        return self.index.position(self.offset)

    @property
    def line(self) -> int:
        """The cursor's line, from 0."""
        return self.position[0]

    @cached_property
    def word(self) -> str:
        """What is typed of a name."""
        found = _WORD.search(self.index.line(self.line)[: self.position[1]])
        return found[0] if found else ""

    @property
    def start(self) -> int:
        """Where that name begins."""
        return self.offset - len(self.word)

    @cached_property
    def before(self) -> str:
        """All text before the word."""
        return self.snapshot.text[: self.start]

    @cached_property
    def after(self) -> str:
        """All text behind the cursor."""
        return self.snapshot.text[self.offset :]

    @cached_property
    def line_before(self) -> str:
        """The line up to the word."""
        return self.index.line(self.line)[: self.position[1] - len(self.word)]

    @cached_property
    def line_after(self) -> str:
        """The line behind the cursor."""
        return self.index.line(self.line)[self.position[1] :]

    @property
    def alone(self) -> bool:
        """Whether nothing but the word stands in the line."""
        return not self.line_before.strip() and not self.line_after.strip()

    @property
    def indent(self) -> str:
        """The blanks that the line begins with."""
        line = self.index.line(self.line)
        return line[: len(line) - len(line.lstrip(" \t"))]

    @cached_property
    def unit(self) -> str:
        """What one level of indentation is in this file."""
        steps: dict[int, int] = {}
        last = 0
        for tabs, blanks in _UNIT.findall(self.snapshot.text[:_STYLE_CHARACTERS]):
            if tabs:
                steps[0] = steps.get(0, 0) + 1
                continue
            if (step := len(blanks) - last) in (2, 3, 4, 8):
                steps[step] = steps.get(step, 0) + 1
            last = len(blanks)
        best = max(steps, key=lambda step: steps[step], default=self._usual)
        return " " * best if best else "\t"

    @property
    def _usual(self) -> int:
        return 2 if self.snapshot.language in nesting.VERILOG else 4

    @cached_property
    def newline(self) -> str:
        """The document's line ending."""
        return "\r\n" if "\r\n" in self.snapshot.text[:_STYLE_CHARACTERS] else "\n"

    @cached_property
    def takes_names(self) -> bool:
        """Whether a name may be meant here: outside of comments, strings and numbers."""
        return _NUMBER.search(self.index.line(self.line)[: self.position[1]]) is None and self.in_code

    @cached_property
    def in_code(self) -> bool:
        """Whether the cursor is outside of comments and strings."""
        language, last = self.snapshot.language, None
        python = language in nesting.PYTHON
        pattern = _PYTHON_SPAN if python else _VERILOG_SPAN if language in nesting.VERILOG else _C_SPAN
        for last in pattern.finditer(self.before):  # noqa: B007 - the last one is what counts
            pass
        if last is None or last.end() != len(self.before):
            return True
        # A closed one may end just here.
        return not nesting.open_end(last[0], language)


def place_at(snapshot: Snapshot, line: int, column: int) -> Place:
    """The place at (line, column), counted from 0 in code points; one outside of the text is moved into it."""
    return Place(snapshot, LineIndex(snapshot.text).offset(line, column))
