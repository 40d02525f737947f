"""Parsing CUDA: the grammar, and the tree of a changed text made from the tree that it had before."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cache

import tree_sitter_cuda
from tree_sitter import Language, Node, Parser, Tree

# What holds no function that is one by itself: it is not looked into.
FLAT = frozenset(
    (
        "argument_list",
        "binary_expression",
        "comment",
        "concatenated_string",
        "enumerator_list",
        "initializer_list",
        "parameter_list",
        "preproc_call",
        "preproc_def",
        "preproc_function_def",
        "preproc_include",
        "string_literal",
        "template_parameter_list",
    )
)


@dataclass(frozen=True, slots=True)
class Stretch:
    """The one place where two texts differ, in bytes: `start` to `old_end` in the first, to `new_end` in the other."""

    start: int
    old_end: int
    new_end: int

    @property
    def shift(self) -> int:
        """How far what follows has moved."""
        return self.new_end - self.old_end

    def alone(self, old: bytes, new: bytes) -> bool:
        """Whether two texts differ nowhere else."""
        return old[: self.start] == new[: self.start] and old[self.old_end :] == new[self.new_end :]


@cache
def language() -> Language:
    """The CUDA grammar."""
    return Language(tree_sitter_cuda.language())


@cache
def _parser() -> Parser:
    return Parser(language())


def parsed(data: bytes, old: bytes | None = None, tree: Tree | None = None, place: Stretch | None = None) -> Tree:
    """The tree of `data`; `tree`, that of `old`, makes it faster, and so does `place`, where the two texts may differ.

    A tree with errors is always made afresh: how the grammar gets out of an error depends on where it came from.
    """
    if old is not None and tree is not None and not tree.root_node.has_error:
        if place is None or not place.alone(old, data):
            place = difference(old, data)
        made = _parser().parse(data, edited(tree, old, data, place))
        if not made.root_node.has_error:
            return made
    return _parser().parse(data)


def edited(tree: Tree, old: bytes, new: bytes, place: Stretch) -> Tree:
    """The tree of a text with the nodes' places as they are in another that differs from it in one place."""
    points = _point(old, place.start), _point(old, place.old_end), _point(new, place.new_end)
    copy = tree.copy()
    copy.edit(place.start, place.old_end, place.new_end, *points)
    return copy


def _point(data: bytes, offset: int) -> tuple[int, int]:
    return data.count(b"\n", 0, offset), offset - (data.rfind(b"\n", 0, offset) + 1)


def difference(old: bytes, new: bytes) -> Stretch:
    """Where two UTF-8 texts differ, in whole characters."""
    limit = min(len(old), len(new))
    start = _alike(old, new, limit)
    while start and _continues(old, new, start):
        start -= 1
    tail = _alike(old[start:][::-1], new[start:][::-1], limit - start)
    while tail and _continues(old, new, len(old) - tail, len(new) - tail):
        tail -= 1
    return _from_line(old, new, Stretch(start, len(old) - tail, len(new) - tail))


def _from_line(old: bytes, new: bytes, place: Stretch) -> Stretch:
    """The same difference from the beginning of its line, where what is put in (or taken out) can be seen so: `int a;`
    before `int b;` is then a line, and not `a;` and `int`."""
    if place.start not in (place.old_end, place.new_end):
        return place
    longer, end = (new, place.new_end) if place.shift > 0 else (old, place.old_end)
    line = longer.rfind(b"\n", 0, place.start) + 1
    back = place.start - line
    if line == 0 or longer[line : place.start] != longer[end - back : end]:
        return place
    return Stretch(line, place.old_end - back, place.new_end - back)


def _continues(old: bytes, new: bytes, first: int, second: int | None = None) -> bool:
    """Whether a character of either text goes on at an offset."""
    pair = (old[first : first + 1], new[first if second is None else second :][:1])
    return any(one and one[0] & 0xC0 == 0x80 for one in pair)


def _alike(first: bytes, second: bytes, limit: int) -> int:
    """The length of the common beginning, at most `limit`: halving compares whole runs of bytes at a time."""
    low, high = 0, limit
    while low < high:
        middle = (low + high + 1) // 2
        if first[low:middle] == second[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def outermost_functions(root: Node) -> list[Node]:
    """The function definitions, with their templates' heads, that are in no other one, in the order of the text."""
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        kind = node.type
        if kind == "function_definition" or (kind == "template_declaration" and _of_function(node)):
            found.append(node)
        elif kind not in FLAT:
            waiting.extend(reversed(node.named_children))
    return found


def _of_function(template: Node) -> bool:
    return any(child.type == "function_definition" for child in template.named_children)
