"""The one change between two states of a unit, where it is one that leaves most of what was found as it is.

That is an edit in one place of the document that leaves all around that place as it was parsed: within the statements
of a function, or among what stands beside functions (declarations, comments, macros, whole functions). What was found
before still holds if it has not looked at what the edit may have changed: see Reads. The finer the place, the more is
kept: an edit in statements that neither leave nor launch does not even concern what their function launches, but for
the names in them.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cached_property

from tree_sitter import Node

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.values.effects import function_of
from signoff.verifiers.gpu.values.parsing import Stretch
from signoff.verifiers.gpu.values.reads import Reads
from signoff.verifiers.gpu.values.source import Source, parent_of
from signoff.verifiers.gpu.values.variables import CLASSES, declared

WORDS = re.compile(rb"[\w$]+")
# Names of nothing that is ever looked for, though they may be asked for as any type's.
KEYWORDS = frozenset(
    (
        *("auto", "bool", "char", "const", "constexpr", "double", "else", "float", "for", "if", "inline", "int"),
        *("long", "return", "short", "signed", "static", "unsigned", "void", "while"),
    )
)
WIDE_WORDS = re.compile(rb"[\w$\x80-\xff]+")
# A name that stands in one of these may be declared by it, or stand for something else that is.
NAMING = CLASSES | {
    "alias_declaration",
    "enumerator",
    "enum_specifier",
    "type_definition",
    "type_parameter_declaration",
    "optional_type_parameter_declaration",
    "variadic_type_parameter_declaration",
}
# Bytes from the first to before the last.
Range = tuple[int, int]
# (first line, last line) of each of several spans.
Lines = tuple[tuple[int, int], ...]


@dataclass(frozen=True, slots=True)
class Region:
    """Where one of the two texts is parsed otherwise: its range, in which functions have the numbers from `first` to
    before `last`, and the comments that lie in it outside of functions."""

    source: Source
    start: int
    end: int
    first: int
    last: int
    comments: tuple[Range, ...] = ()

    def others(self) -> list[Node]:
        """The functions that it does not touch."""
        functions = self.source.functions
        return [*functions[: self.first], *functions[self.last :]]

    def inner(self) -> Iterator[Range]:
        """What of it lies in functions."""
        for node in self.source.functions[self.first : self.last]:
            yield max(node.start_byte, self.start), min(node.end_byte, self.end)

    def outer(self) -> Iterator[Range]:
        """What of it lies outside of functions, but for comments."""
        at = self.start
        for start, end in sorted([*self.inner(), *self.comments]):
            if at < start:
                yield at, start
            at = max(at, end)
        if at < self.end:
            yield at, self.end


@dataclass(frozen=True, eq=False)
class Change:
    """An edit at `place`, and what is parsed otherwise before and after it.

    `inside` is the function in whose statements all of it lies, None where it lies beside functions. `plain`: all that
    differs there are whole statements that neither leave nor launch. `macros` are the names that are another
    macro somewhere after it, `bodies` what these stood and stand for.
    """

    place: Stretch
    before: Region
    after: Region
    inside: int | None
    plain: bool = False
    macros: frozenset[str] = field(default_factory=frozenset)
    bodies: str = ""

    @property
    def gain(self) -> int:
        """How many functions more there are than before."""
        return self.after.last - self.before.last

    def leaves(self, reads: Reads) -> bool:
        """Whether nothing that was looked at can have changed."""
        if self.inside is not None:
            if self.inside in reads.bodies or not self._leaves_inside(reads):
                return False
        elif not self._leaves_outside(reads):
            return False
        if not self._inner_words.isdisjoint(reads.used) or not self.macros.isdisjoint(reads.macros):
            return False
        if self.bodies and any(name in self.bodies for name in reads.spelled):
            return False
        if any(name in self._texts for name in reads.blanked):
            return False
        return not any(self._declares(name) for name in self._inner_words & reads.declared)

    def _leaves_inside(self, reads: Reads) -> bool:
        if self.plain:
            return self._local_words.isdisjoint(reads.local)
        return self.inside not in reads.flows and all(number != self.inside for number, _ in reads.local)

    def _leaves_outside(self, reads: Reads) -> bool:
        words = self._outer_words
        first, last = self.before.first, self.before.last
        return (
            not reads.order
            and words.isdisjoint(reads.outside)
            and words.isdisjoint(reads.used)
            and words.isdisjoint(reads.declared)
            and not any(first <= number < last for number in (reads.functions() if first < last else ()))
        )

    @cached_property
    def _inner_words(self) -> set[str]:
        """All that may be a name in the functions that differ, before or after."""
        every = [(one.source, *part) for one in (self.before, self.after) for part in one.inner()]
        return _words(every)

    @cached_property
    def _local_words(self) -> set[tuple[int, str]]:
        return {(self.inside, word) for word in self._inner_words} if self.inside is not None else set()

    @cached_property
    def _outer_words(self) -> set[str]:
        """The same of what stands outside of functions, but for comments."""
        every = [(one.source, *part) for one in (self.before, self.after) for part in one.outer()]
        return _words(every)

    @cached_property
    def _texts(self) -> _Around:
        ends = (self.place.old_end, self.place.new_end)
        sources = (self.before.source, self.after.source)
        return _Around([(one.original, self.place.start, end) for one, end in zip(sources, ends, strict=True)])

    def _declares(self, name: str) -> bool:
        """Whether a function that differs may declare a name, before or after."""
        for region in (self.before, self.after):
            for start, end in region.inner():
                if _declared_in(region.source, name, start, end):
                    return True
        return False

    @cached_property
    def _places(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """(line, column) of the edit's start, of its end before, and of its end after."""
        old = self.before.source.between(self.place.start, self.place.old_end)
        new = self.after.source.between(self.place.start, self.place.new_end)
        return (old.start_line, old.start_column), (old.end_line, old.end_column), (new.end_line, new.end_column)

    def spares(self, lines: Lines) -> bool:
        """Whether all lines stay where they are, and are not those of the edit."""
        start, old, new = self._places
        if new[0] != old[0]:
            return all(last < start[0] for _, last in lines)
        return all(last < start[0] or first > old[0] for first, last in lines)

    def moved(self, span: Span) -> Span | None:
        """Where a span stands after the edit; None where the edit has cut into it."""
        start, old, new = self._places
        if (span.end_line, span.end_column) <= start:
            return span
        if (span.start_line, span.start_column) < old:
            return None
        down = new[0] - old[0]
        first, last = (new[1] - old[1] if line == old[0] else 0 for line in (span.start_line, span.end_line))
        if not (down or first or last):
            return span
        return Span(span.start_line + down, span.start_column + first, span.end_line + down, span.end_column + last)

    def number(self, number: int) -> int | None:
        """The number that a function has after the edit; None where it is one of those that differ as a whole."""
        if self.inside is not None or number < self.before.first:
            return number
        return number + self.gain if number >= self.before.last else None

    def offsets(self, number: int | None, start: int, end: int) -> Range | None:
        """Where a range of bytes of a function, or of the text outside of functions, lies after the edit, counted from
        the function's first byte; None where the edit lies in it."""
        if number is not None and number != self.inside:
            return start, end
        base = self.before.source.functions[number].start_byte if number is not None else 0
        first, last = self.before.start - base, self.before.end - base
        if end <= first:
            return start, end
        shift = self.place.shift
        return (start + shift, end + shift) if start >= last else None


@dataclass(frozen=True, slots=True)
class _Around:
    """Texts in which an edit lies."""

    parts: list[tuple[bytes, int, int]]

    def __contains__(self, name: str) -> bool:
        """Whether a name stands where the edit may have made or undone it, be it as a part of a word."""
        word = name.encode()
        reach = len(word)
        return any(data.find(word, max(start - reach, 0), end + reach) >= 0 for data, start, end in self.parts)


def _words(parts: list[tuple[Source, int, int]]) -> set[str]:
    """All that may be a name in stretches of texts."""
    found: set[bytes] = set()
    for source, start, end in parts:
        found.update(WORDS.findall(source.data, start, end), WIDE_WORDS.findall(source.data, start, end))
    return {word.decode("utf-8", "replace") for word in found} - KEYWORDS


def _declared_in(source: Source, name: str, start: int, end: int) -> bool:
    """Whether a name may be declared in a range."""
    for node in source.identifiers_in(name, start, end):
        parent = parent_of(node)
        naming = parent is None or parent.type in NAMING or parent.is_error
        if naming or function_of(source, node) is not None or declared(source, node) is not None:
            return True
    return False
