"""What a model is let fill in anew: the stretches at the faulty place, from what the tool points at to the statement.
Pure."""

from __future__ import annotations

import enum
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.completion import nesting
from signoff.diagnostics.fixes.model import ground
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.source import Source, spot
from signoff.diagnostics.taxonomy import is_syntax
from signoff.verifiers.text import LineIndex

# Each costs a small model on a CPU seconds.
MASKS = 4
# Characters and lines: what is longer is a table or an instance of many ports, and no model writes it again right.
LONGEST, LINES = 400, 10
# What a statement begins behind.
VERILOG_STARTS = frozenset(
    (";", "begin", "end", "else", "endcase", "endfunction", "endtask", "generate", "endgenerate")
)
C_STARTS = frozenset((";", "{", "}"))
ASSIGNS = frozenset(("=", "<=", "+=", "-=", "*=", "/=", "%=", "&=", "|=", "^=", "<<=", ">>="))


class Kind(enum.StrEnum):
    """What is masked."""

    GAP = "gap"  # nothing: something is missing there
    POINTED = "pointed at"
    EXPRESSION = "expression"
    LINE = "line"
    STATEMENT = "statement"


@dataclass(frozen=True, slots=True)
class Mask:
    """The offsets from `start` up to `end` are to be written anew; `single`: these hold one token."""

    start: int
    end: int
    kind: Kind
    single: bool = False


def masks(fault: Fault) -> tuple[Mask, ...]:
    """At most MASKS, the narrowest first, none twice; () where nothing at the place can be filled in."""
    text = fault.snapshot.text
    place = _Place(fault, LineIndex(text), ground.source(text, fault.snapshot.language))
    found: dict[tuple[int, int], Mask] = {}
    for mask in _masks(place):
        stretch = text[mask.start : mask.end]
        if len(stretch) <= LONGEST and stretch.count("\n") < LINES:
            found.setdefault((mask.start, mask.end), mask)
    return tuple(found.values())[:MASKS]


@dataclass(frozen=True, slots=True)
class _Place:
    fault: Fault
    index: LineIndex
    src: Source

    @property
    def at(self) -> int:
        """The token that the tool points at, or the last one before that place."""
        start, end = self.index.offsets(self.fault.finding.span)
        number = self.src.at(start)
        return number if self.src.token(number).start < max(end, start + 1) else max(number - 1, 0)

    def over(self, first: int, last: int, kind: Kind) -> Iterator[Mask]:
        """The mask from one token to another; none where there are none."""
        if 0 <= first <= last < len(self.src.tokens):
            yield Mask(self.src.token(first).start, self.src.token(last).end, kind, first == last)


def _masks(place: _Place) -> Iterator[Mask]:
    if is_syntax(place.fault.finding):
        yield from _gap(place)
    yield from _pointed(place)
    if place.fault.snapshot.language in nesting.PYTHON:
        yield from _line(place)
        return
    first, last = _statement(place)
    yield from _enclosing(place, first, last)
    yield from _line(place)
    yield from _assigned(place, first, last)
    yield from place.over(first, last, Kind.STATEMENT)


def _gap(place: _Place) -> Iterator[Mask]:
    """Where the parser stood: behind the last token before that place."""
    number = place.src.before(spot(place.fault.finding, place.index))
    if number >= 0:
        end = place.src.token(number).end
        yield Mask(end, end, Kind.GAP)


def _pointed(place: _Place) -> Iterator[Mask]:
    start, end = place.index.offsets(place.fault.finding.span)
    first, last = place.at, place.src.before(max(end, start))
    # What only delimits is not written otherwise.
    if last > first or place.src.token(first).kind in ("word", "number"):
        yield from place.over(first, max(last, first), Kind.POINTED)


def _line(place: _Place) -> Iterator[Mask]:
    """The code of the tool's line, without a comment behind it."""
    line = place.index.position(place.src.token(place.at).start)[0] if place.src.tokens else 0
    first = place.src.from_(place.index.starts[line])
    last = place.src.before(place.index.line_end(line))
    yield from place.over(first, last, Kind.LINE)


def _statement(place: _Place) -> tuple[int, int]:
    """The first and last token of the statement around the place, its semicolon included."""
    verilog = place.fault.snapshot.language in nesting.VERILOG
    starts = VERILOG_STARTS if verilog else C_STARTS
    first = last = place.at
    while first > 0 and place.src.word(first - 1) not in starts and place.at - first < LONGEST:
        first -= 1
    ends = frozenset(("end", "endcase", "endmodule", "begin")) if verilog else frozenset(("{", "}"))
    total = len(place.src.tokens)
    while last < total - 1 and place.src.word(last) != ";" and last - place.at < LONGEST:
        if place.src.word(last + 1) in ends:
            break
        last += 1
    return first, last


def _enclosing(place: _Place, first: int, last: int) -> Iterator[Mask]:
    """What stands in the innermost brackets of the statement around the place."""
    opener = _opener(place, first)
    if opener >= 0:
        yield from place.over(opener + 1, min(place.src.closing(opener), last + 1) - 1, Kind.EXPRESSION)


def _assigned(place: _Place, first: int, last: int) -> Iterator[Mask]:
    """What stands on the right of the statement's assignment."""
    end = last - 1 if place.src.word(last) == ";" else last
    number = first
    while number < end:
        word = place.src.word(number)
        if word in ASSIGNS:
            # In a condition before it the fault is another one.
            if number < place.at or _opener(place, first) < 0:
                yield from place.over(number + 1, end, Kind.EXPRESSION)
            return
        number = max(place.src.closing(number), number) + 1 if word in ("(", "[", "{") else number + 1


def _opener(place: _Place, first: int) -> int:
    """The innermost bracket of the statement that is open at the place; -1 for none."""
    depth = 0
    for number in range(place.at - 1, first - 1, -1):
        word = place.src.word(number)
        depth += (word in (")", "]", "}")) - (word in ("(", "[", "{"))
        if depth < 0:
            return number
    return -1
