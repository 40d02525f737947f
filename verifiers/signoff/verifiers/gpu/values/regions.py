"""Finding the change between two states of a unit: the place that differs, and what is parsed otherwise around it."""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import zip_longest

from tree_sitter import Node

from signoff.verifiers.gpu.values.changes import Change, Range, Region
from signoff.verifiers.gpu.values.macros import Definition, Macro, Timeline
from signoff.verifiers.gpu.values.parsing import Stretch, difference, edited
from signoff.verifiers.gpu.values.reach import LEAVING
from signoff.verifiers.gpu.values.scanning import directives
from signoff.verifiers.gpu.values.source import CONDITIONALS, Source, parent_of
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import CLASSES

# What holds declarations in order, each of which is parsed by itself.
HOLDERS = CONDITIONALS | {"translation_unit", "namespace_definition", "linkage_specification", "declaration_list"}
# Statements that do not leave, nor declare more than variables, if nothing of SPECIAL is in them.
PLAIN = frozenset(
    (
        *("declaration", "expression_statement", "comment", "{", "}", "compound_statement", "ERROR"),
        *("if_statement", "for_statement", "while_statement", "do_statement"),
    )
)
SPECIAL = re.compile(
    rb"<<<|\w*Launch|FuncSetAttribute|\b(?:_*asm_*|class|struct|union|enum|template|using|namespace|co_\w+)\b"
)
# What declares shared memory, and what a kernel is, is looked for in all macros.
MARKS = ("__shared__", "__global__")


def change(before: Unit, after: Unit) -> Change | None:
    """The change, None where it is of no kind that is compared."""
    old, new = before.main.source, after.main.source
    if [file.source for file in before.headers] != [file.source for file in after.headers]:
        return None
    grown = after.grown is not None and after.grown[0]() is before
    place = after.grown[1] if after.grown is not None and grown else difference(old.original, new.original)
    if not place.alone(old.data, new.data):
        return None
    wide = _parsed_otherwise(old, new, place)
    found = _inside(old, new, place, wide) or _beside(old, new, place, wide)
    if found is None or not _same_clusters(before, after, found) or not _same_functions(found):
        return None
    return found if grown or _same_directives(old, new, place) else _with_macros(before, after, found)


def _parsed_otherwise(old: Source, new: Source, place: Stretch) -> Stretch:
    """The place with all around it that is parsed in another way."""
    ranges = edited(old.tree, old.data, new.data, place).changed_ranges(new.tree)
    start = min([place.start, *(one.start_byte for one in ranges)])
    end = max([place.new_end, *(one.end_byte for one in ranges)])
    return Stretch(start, end - place.shift, end)


@dataclass(frozen=True, slots=True)
class _Part:
    """The children of a node that an edit touches, in one of the texts, and how many others are before and behind."""

    holder: Node
    touched: Sequence[Node]
    before: int
    behind: int

    @property
    def others(self) -> int:
        """How many nodes are in what the edit does not touch."""
        return self.holder.descendant_count - sum(one.descendant_count for one in self.touched)


def _part(holder: Node, start: int, end: int, near: int) -> _Part:
    nodes = holder.children
    low = bisect_left(nodes, start + 1 - near, key=_end)
    high = low
    while high < len(nodes) and nodes[high].start_byte < end + near:
        high += 1
    return _Part(holder, nodes[low:high], low, len(nodes) - high)


def _end(node: Node) -> int:
    return node.end_byte


@dataclass(frozen=True, slots=True)
class _Parts:
    """What an edit touches of a node that is in both trees."""

    old: _Part
    new: _Part
    wide: Stretch

    @property
    def range(self) -> Stretch:
        """The bytes of it."""
        start, shift = self.wide.start, self.wide.shift
        starts = [one.touched[0].start_byte for one in (self.old, self.new) if one.touched]
        ends = [one.touched[-1].end_byte + by for one, by in ((self.old, shift), (self.new, 0)) if one.touched]
        end = max([self.wide.new_end, *ends])
        return Stretch(min([start, *starts]), end - shift, end)


def _parts(old: Node, new: Node, wide: Stretch) -> _Parts | None:
    """What an edit touches of a node, be it only its end where that differs; None where others differ too."""
    for near in (0, 1) if old.type == new.type else ():
        first, second = _part(old, wide.start, wide.old_end, near), _part(new, wide.start, wide.new_end, near)
        if (first.before, first.behind, first.others) == (second.before, second.behind, second.others):
            return _Parts(first, second, wide)
    return None


def _inside(old: Source, new: Source, place: Stretch, wide: Stretch) -> Change | None:
    """The change, where it is one in the statements of a function."""
    number = old.number_at(wide.start)
    if number is None or number != new.number_at(wide.start) or len(old.functions) != len(new.functions):
        return None
    functions = old.functions[number], new.functions[number]
    bodies = _body(functions[0]), _body(functions[1])
    if bodies[0] is None or bodies[1] is None or _in_class(functions[0]):
        return None
    if not _holds(bodies[0], wide.start, wide.old_end) or not _holds(bodies[1], wide.start, wide.new_end):
        return None
    if _rest(old, bodies[0]) != _rest(new, bodies[1]):
        return None
    plain = _plain(old, new, bodies[0], bodies[1], wide)
    ranges = plain or Stretch(bodies[0].start_byte, bodies[0].end_byte, bodies[1].end_byte)
    return Change(
        place,
        Region(old, ranges.start, ranges.old_end, number, number + 1),
        Region(new, ranges.start, ranges.new_end, number, number + 1),
        number,
        plain is not None,
    )


def _rest(source: Source, node: Node) -> int:
    """How many nodes a text has outside of one."""
    return source.root.descendant_count - node.descendant_count


def _body(function: Node) -> Node | None:
    """A function's statements."""
    inner: Node | None = function
    if function.type == "template_declaration":
        inner = next((child for child in function.named_children if child.type == "function_definition"), None)
    body = inner.child_by_field_name("body") if inner is not None else None
    return body if body is not None and body.type == "compound_statement" else None


def _in_class(node: Node) -> bool:
    parent = parent_of(node)
    while parent is not None:
        if parent.type in CLASSES or parent.is_error:
            return True
        parent = parent_of(parent)
    return False


def _holds(node: Node, start: int, end: int) -> bool:
    """Whether a range lies within a node's first and last byte."""
    return node.start_byte < start and end < node.end_byte


def _plain(old: Source, new: Source, first: Node, second: Node, wide: Stretch) -> Stretch | None:
    """The whole statements that differ, where all of them are plain."""
    blocks = _block(old, first, wide.start, wide.old_end), _block(new, second, wide.start, wide.new_end)
    if blocks[0].start_byte != blocks[1].start_byte or blocks[0].end_byte + wide.shift != blocks[1].end_byte:
        return None
    parts = _parts(*blocks, wide)
    if parts is None or any(one.type not in PLAIN for one in (*parts.old.touched, *parts.new.touched)):
        return None
    ranges = parts.range
    for source, end in ((old, ranges.old_end), (new, ranges.new_end)):
        if LEAVING.search(source.data, ranges.start, end) or SPECIAL.search(source.data, ranges.start, end):
            return None
    return ranges


def _block(source: Source, body: Node, start: int, end: int) -> Node:
    """The innermost block of a function that holds a range."""
    node = source.leaf(start, end)
    while node is not None and not (node.type == "compound_statement" and _holds(node, start, end)):
        node = parent_of(node)
    return node if node is not None and node.start_byte >= body.start_byte else body


def _beside(old: Source, new: Source, place: Stretch, wide: Stretch) -> Change | None:
    """The change, where it is one among what a file or a namespace holds."""
    parts = _parts(old.root, new.root, wide)
    inner = parts
    while inner is not None:
        parts, inner = inner, _deeper(inner)
    if parts is None:
        return None
    ranges = parts.range
    regions = (
        _region(old, parts.old, ranges.start, ranges.old_end),
        _region(new, parts.new, ranges.start, ranges.new_end),
    )
    rest = {len(one.source.functions) - one.last for one in regions}
    return Change(place, *regions, None) if len(rest) == 1 and regions[0].first == regions[1].first else None


def _deeper(parts: _Parts) -> _Parts | None:
    """What an edit touches of the one child that holds it."""
    if len(parts.old.touched) != 1 or len(parts.new.touched) != 1:
        return None
    old, new, wide = parts.old.touched[0], parts.new.touched[0], parts.wide
    if (
        old.type not in HOLDERS
        or not _holds(old, wide.start, wide.old_end)
        or not _holds(new, wide.start, wide.new_end)
    ):
        return None
    return _parts(old, new, wide)


def _region(source: Source, part: _Part, start: int, end: int) -> Region:
    comments = tuple((one.start_byte, one.end_byte) for one in part.touched if one.type == "comment")
    return Region(source, start, end, *source.numbers(start, end), comments)


def _same_functions(found: Change) -> bool:
    """Whether all other functions are parsed as before: in broken text, equal places do not say so."""
    regions = found.before, found.after
    if not any(one.source.root.has_error for one in regions):
        return True
    first, second = ([(node.descendant_count, node.has_error) for node in one.others()] for one in regions)
    return first == second


def _same_clusters(before: Unit, after: Unit, found: Change) -> bool:
    """Whether every __cluster_dims__ outside of what differs is where it was."""
    kept = [_after(at, found.place) for at in before.main.clusters if not _in(found.before, at)]
    return kept == [at for at in after.main.clusters if not _in(found.after, at)]


def _in(region: Region, offset: int) -> bool:
    return region.start <= offset < region.end


def _after(offset: int, place: Stretch) -> int | None:
    """Where a byte is after the edit; None where the edit has taken it."""
    if offset < place.start:
        return offset
    return offset + place.shift if offset >= place.old_end else None


def _same_directives(old: Source, new: Source, place: Stretch) -> bool:
    first, second = directives(old.original), directives(new.original)
    return len(first) == len(second) and all(
        one is other
        or (
            (one.word, one.rest) == (other.word, other.rest)
            and (_after(one.start, place), _after(one.end, place)) == (other.start, other.end)
        )
        for one, other in zip(first, second, strict=True)
    )


def _with_macros(before: Unit, after: Unit, found: Change) -> Change | None:
    """The change with the macros that are others; None where it changes what a kernel or shared memory is."""
    names: set[str] = set()
    stood: list[Definition] = []
    nowhere = Stretch(0, 0, 0)
    for old, new in zip(before.files, after.files, strict=True):
        place = found.place if old is before.main else nowhere
        for name, definitions in _changed(old.macros, new.macros, place):
            names.add(name)
            stood += definitions
    bodies = "\n".join(one.body for one in stood if isinstance(one, Macro))
    if any(mark in bodies for mark in MARKS):
        return None
    return replace(found, macros=frozenset(names), bodies=bodies)


def _changed(old: Timeline, new: Timeline, place: Stretch) -> Iterator[tuple[str, list[Definition]]]:
    """The names that are another macro somewhere, with all that they are."""
    if old.base != new.base:
        for name in {*old.base, *new.base}:
            pair = old.base.get(name), new.base.get(name)
            if pair[0] != pair[1]:
                yield name, [one for one in pair if one is not None]
    for name in dict.fromkeys((*old.changes, *new.changes)):
        first, second = old.changes.get(name, []), new.changes.get(name, [])
        if any(not _alike(*pair, place) for pair in zip_longest(first, second)):
            yield name, [one for _, one in (*first, *second)]


def _alike(one: tuple[int, Definition] | None, other: tuple[int, Definition] | None, place: Stretch) -> bool:
    """Whether a macro is changed to the same at the same place."""
    if one is None or other is None:
        return False
    return (one is other or one[1] == other[1]) and _after(one[0], place) == other[0]


__all__ = ["Range", "change"]
