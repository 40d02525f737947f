"""Generate conditions around a place in Verilog, and the text with them met: where one is false, slang reads no names.

Only the conditions change, each for a number as long as it was: no line and no column moves. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.completion import nesting

# What holds statements, or what is no module's item: an `if` in there is none of generate.
_PROCEDURES = frozenset({"always", "always_ff", "always_comb", "always_latch", "initial", "final", "assert", "assume"})
_MODULES = frozenset({"module", "macromodule", "interface", "program"})
# Characters of a module up to the place: reading more takes too long for a key.
LONGEST = 400_000
_MODULE = re.compile(r"^[ \t]*(?:macro)?module\b", re.MULTILINE)
_NUMBER = re.compile(r"\s*(?:\d*\s*'[sS]?[bBoOdDhH]\s*([0-9a-fA-F_]+)|(\d+))\s*")
_NOT_BLANK = re.compile(r"[^\r\n]")


@dataclass(frozen=True, slots=True)
class Condition:
    """A generate condition, `text[start:end]`, and whether it must hold."""

    start: int
    end: int
    text: str
    holds: bool

    @property
    def word(self) -> str:
        """What is assumed of it, in words."""
        return f"{' '.join(self.text.split())} {'true' if self.holds else 'false'}"


@dataclass(slots=True)
class _Block:
    """Something that is open: its closer, what it is under, whether what it holds are statements."""

    closer: str
    under: tuple[Condition, ...] = ()
    statements: bool = False


@dataclass(slots=True)
class _Walk:
    """Where a pass over a text's tokens is: `under` are the conditions of the item that is being read."""

    text: str
    blocks: list[_Block] = field(default_factory=list)
    under: tuple[Condition, ...] = ()
    before: tuple[Condition, ...] = ()  # those of the item before, for its `else`
    statement: bool = False
    was_statement: bool = False
    depth: int = 0
    opened: int = -1  # where the bracket of an `if` stands, -2 while it is awaited

    def word(self, word: str, start: int) -> None:
        """Go on behind a word or a bracket that opens no block."""
        if word in ("(", "[", "{", ")", "]", "}"):
            self._bracket(word, start)
        elif self.depth:
            return
        elif self.blocks and word == self.blocks[-1].closer:
            block = self.blocks.pop()
            self._ended(block.under, block.statements)
        elif word == ";":
            self._ended(self.under, self.statement)
        elif word == "else" and not self._inside():
            self.statement = self.was_statement
            self.under = () if self.statement else _otherwise(self.before)
        elif word == "if" and not self._inside() and not self.statement:
            self.opened = -2
        elif word in _PROCEDURES:
            self.statement = True

    def open(self, word: str, closer: str) -> None:
        """Go on in a block."""
        if self.depth:
            return
        if word in _MODULES:
            self.blocks = [_Block(closer)]
        else:
            plain = word in ("begin", "generate")
            self.blocks.append(_Block(closer, self.under, self.statement or not plain))
        self.under, self.statement = (), False

    def _inside(self) -> bool:
        return any(block.statements for block in self.blocks)

    def _ended(self, under: tuple[Condition, ...], statement: bool) -> None:
        self.before, self.was_statement = under, statement
        self.under, self.statement = (), False

    def _bracket(self, word: str, start: int) -> None:
        if word in ("(", "[", "{"):
            if self.opened == -2 and word == "(" and not self.depth:
                self.opened = start
            self.depth += 1
            return
        self.depth = max(self.depth - 1, 0)
        if self.opened >= 0 and not self.depth:
            inner = self.text[self.opened + 1 : start]
            if inner.strip():
                self.under = (*self.under, Condition(self.opened + 1, start, inner, True))
            self.opened = -1


@lru_cache(maxsize=4)
def enclosing(prefix: str) -> tuple[Condition, ...]:
    """The generate conditions that the end of a text is under, outermost first; () in a module longer than LONGEST."""
    first = max((match.start() for match in _MODULE.finditer(prefix)), default=0)
    if len(prefix) - first > LONGEST:
        return ()
    walk = _Walk(prefix)
    for start, word, closer in _words(prefix, first):
        if closer and word not in ("(", "[", "{"):
            walk.open(word, closer)
        else:
            walk.word(word, start)
    if walk.depth and walk.opened != -1:
        return ()  # in a condition itself
    found = (*(one for block in walk.blocks for one in block.under), *walk.under)
    return () if any(map(_never, found)) else found


def met(prefix: str, conditions: tuple[Condition, ...]) -> str:
    """The text with the conditions as they must be."""
    pieces, last = list[str](), 0
    for one in sorted(conditions, key=lambda one: one.start):
        blank = _NOT_BLANK.sub(" ", prefix[one.start : one.end])
        at = len(blank) - len(blank.lstrip("\r\n"))
        pieces += (prefix[last : one.start], blank[:at], str(int(one.holds)), blank[at + 1 :])
        last = one.end
    return "".join((*pieces, prefix[last:]))


def _never(condition: Condition) -> bool:
    """Whether it cannot be met, as it is a number: `if (0)` switches code off for good, as `#if 0` does."""
    number = _NUMBER.fullmatch(condition.text)
    return number is not None and bool((number[1] or number[2]).strip("0_")) != condition.holds


def _words(text: str, first: int) -> Iterator[tuple[int, str, str]]:
    """(start, word, what closes it) of all that tells, from an offset on."""
    marks = {mark.start: mark for mark in nesting.marks(text, "verilog", first)}
    for token in nesting.tokens(text, "verilog", first):
        mark = marks.get(token.start())
        if token[0][:1] not in ("/", '"', "`", "\\"):
            yield token.start(), token[0], mark.closer if mark is not None else ""


def _otherwise(conditions: tuple[Condition, ...]) -> tuple[Condition, ...]:
    """What an `else` is under, behind an item under these: the last did not hold, nor any that had not."""
    return tuple(Condition(one.start, one.end, one.text, False) for one in conditions)
