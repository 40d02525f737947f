"""The one change between two states of a unit, where it is one that leaves most of what was found as it is.

That is an edit within the statements of one function of the document, which leaves everything outside of these
statements as it was parsed: declarations, directives, headers, the other functions. What was found before then still
holds if it has not looked at these statements: see Reads. No other change is compared: all is looked at afresh.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from tree_sitter import Node

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.values.effects import function_of
from signoff.verifiers.gpu.values.parsing import Stretch, difference
from signoff.verifiers.gpu.values.reads import Reads
from signoff.verifiers.gpu.values.scanning import directives
from signoff.verifiers.gpu.values.source import Source, parent_of
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import CLASSES, declared

WORDS = re.compile(rb"[\w$]+")
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
Body = tuple[int, int]


@dataclass(frozen=True, eq=False)
class Change:
    """An edit in the statements of the function with a number; `bodies` is where they stand before and after."""

    before: Source
    after: Source
    place: Stretch
    function: int
    bodies: tuple[Body, Body]

    def leaves(self, reads: Reads) -> bool:
        """Whether nothing that was looked at can have changed."""
        if self.function in reads.bodies or not self._words.isdisjoint(reads.used):
            return False
        return not any(self._declares(name) for name in self._words & reads.declared)

    @cached_property
    def _words(self) -> set[str]:
        """All that may be a name in the statements, before or after."""
        found: set[bytes] = set()
        for source, (start, end) in zip((self.before, self.after), self.bodies, strict=True):
            found.update(WORDS.findall(source.data, start, end), WIDE_WORDS.findall(source.data, start, end))
        return {word.decode("utf-8", "replace") for word in found}

    def _declares(self, name: str) -> bool:
        """Whether the statements may declare a name, before or after."""
        for source, (start, end) in zip((self.before, self.after), self.bodies, strict=True):
            for node in source.identifiers_in(name, start, end):
                parent = parent_of(node)
                naming = parent is None or parent.type in NAMING or parent.is_error
                if naming or function_of(source, node) is not None or declared(source, node) is not None:
                    return True
        return False

    @cached_property
    def _places(self) -> tuple[tuple[int, int], tuple[int, int], tuple[int, int]]:
        """(line, column) of the edit's start, of its end before, and of its end after."""
        old = self.before.between(self.place.start, self.place.old_end)
        new = self.after.between(self.place.start, self.place.new_end)
        return (old.start_line, old.start_column), (old.end_line, old.end_column), (new.end_line, new.end_column)

    def spares(self, first: int, last: int) -> bool:
        """Whether lines from the first to the last stay where they are."""
        start, old, new = self._places
        return last < start[0] or (first > old[0] and new[0] == old[0])

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


def change(before: Unit, after: Unit) -> Change | None:
    """The change, None where there is more than one or it is of another kind."""
    old, new = before.main.source, after.main.source
    if [file.source for file in before.headers] != [file.source for file in after.headers]:
        return None
    place = difference(old.original, new.original)
    number = old.number_at(place.start)
    if number is None or not _same_around(before, after, place) or not _same_functions(old, new, place, number):
        return None
    bodies = _body(old, number), _body(new, number)
    if bodies[0] is None or bodies[1] is None or _in_class(old.functions[number]):
        return None
    within = bodies[0][0] < place.start and place.old_end < bodies[0][1] and place.new_end < bodies[1][1]
    return Change(old, new, place, number, (bodies[0], bodies[1])) if within else None


def _same_around(before: Unit, after: Unit, place: Stretch) -> bool:
    """Whether what is parsed around the place, and all directives, are the same."""
    old, new = before.main.source, after.main.source
    if old.data[: place.start] != new.data[: place.start] or old.data[place.old_end :] != new.data[place.new_end :]:
        return False
    moved = [_after(offset, place) for offset in before.main.clusters]
    if moved != list(after.main.clusters):
        return False
    first, second = directives(old.original), directives(new.original)
    return len(first) == len(second) and all(
        one.word == other.word
        and one.rest == other.rest
        and (one.end < place.start or one.start >= place.old_end)
        and (_after(one.start, place), _after(one.end, place)) == (other.start, other.end)
        for one, other in zip(first, second, strict=True)
    )


def _after(offset: int, place: Stretch) -> int:
    return offset if offset < place.start else offset + place.shift


def _same_functions(old: Source, new: Source, place: Stretch, number: int) -> bool:
    """Whether all functions but one are parsed as before, and all that stands around them too."""
    if len(old.functions) != len(new.functions) or old.outline != new.outline:
        return False
    outside = [old.root.descendant_count, new.root.descendant_count]
    for at, (one, other) in enumerate(zip(old.functions, new.functions, strict=True)):
        counts = one.descendant_count, other.descendant_count
        outside[0] -= counts[0]
        outside[1] -= counts[1]
        same_place = (_after(one.start_byte, place), _after(one.end_byte, place)) == (other.start_byte, other.end_byte)
        if not same_place or (at != number and (counts[0] != counts[1] or one.has_error != other.has_error)):
            return False
    return outside[0] == outside[1]


def _body(source: Source, number: int) -> Body | None:
    """The range of a function's statements."""
    node = source.functions[number]
    inner: Node | None = node
    if node.type == "template_declaration":
        inner = next((child for child in node.named_children if child.type == "function_definition"), None)
    body = inner.child_by_field_name("body") if inner is not None else None
    return (body.start_byte, body.end_byte) if body is not None and body.type == "compound_statement" else None


def _in_class(node: Node) -> bool:
    parent = parent_of(node)
    while parent is not None:
        if parent.type in CLASSES or parent.is_error:
            return True
        parent = parent_of(parent)
    return False
