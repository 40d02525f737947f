"""One CUDA source text and its syntax tree: nodes, their text and their places."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Callable, Iterable, Iterator, Sequence
from functools import cached_property
from itertools import accumulate, groupby
from typing import Any, TypeVar

from tree_sitter import Node, Tree

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.values.parsing import Stretch, outermost_functions, parsed
from signoff.verifiers.gpu.values.reads import Reads
from signoff.verifiers.gpu.values.words import places
from signoff.verifiers.text import LineIndex

T = TypeVar("T")
FUNCTIONS = frozenset(("function_definition",))
LOOPS = frozenset(("for_statement", "while_statement", "do_statement", "for_range_loop"))
LISTS = frozenset(("initializer_list", "argument_list"))
NAMES = frozenset(("identifier", "type_identifier", "namespace_identifier"))
# What holds statements in order.
BLOCKS = frozenset(
    ("compound_statement", "translation_unit", "declaration_list", "case_statement", "field_declaration_list")
)
CONDITIONALS = frozenset(("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef", "preproc_else"))


class Source:
    """One text with its tree.

    `data` is what was parsed: UTF-8 with the same offsets as the text, in which preprocessing has blanked what is not
    compiled. `original` is the text's own UTF-8.
    """

    def __init__(
        self,
        path: str,
        text: str,
        data: bytes | None = None,
        before: Source | None = None,
        place: Stretch | None = None,
    ) -> None:
        self.path = path
        self.text = text
        self.original = text.encode("utf-8", "replace")
        self.data = self.original if data is None else data
        self.tree: Tree = (
            parsed(self.data, before.data, before.tree, place) if before is not None else parsed(self.data)
        )
        # What is being looked at: memo.py exchanges it.
        self.reads = Reads()
        self.root = self.tree.root_node
        self._words: dict[str, tuple[int, ...]] = {}
        self._identifiers: dict[str, tuple[Node, ...]] = {}
        self._local: dict[tuple[str, int], tuple[Node, ...]] = {}
        self._top: list[Node] = []
        if self.root.child_count > MANY_CHILDREN:
            self._top = self.root.children
            self._starts = [node.start_byte for node in self._top]
        # What other modules remember of this text, by what they call it.
        self.remembered: dict[tuple[str, str | int], Any] = {}

    def enlist(self) -> None:
        """Have ancestors() know this text, where its root has many children."""
        if self._top:
            _large.append(self)

    def retire(self) -> None:
        """The opposite of enlist()."""
        if self in _large:
            _large.remove(self)

    def chain(self, node: Node) -> list[Node] | None:
        """The node's parents, the root first, where the root has many children and the node is of this tree."""
        top = self._over(node.start_byte)
        if top is None or node.end_byte > top.end_byte:
            return None
        found = [self.root]
        while top != node:
            found.append(top)
            inner = top.child_with_descendant(node)
            if inner is None:
                return None
            top = inner
        return found

    def _over(self, offset: int) -> Node | None:
        """The root's child at an offset."""
        at = bisect_right(self._starts, offset) if self._top else 0
        return self._top[at - 1] if at else None

    def leaf(self, start: int, end: int) -> Node | None:
        """The smallest node that holds a byte range."""
        top = self._over(start)
        if top is not None and end <= top.end_byte:
            return top.descendant_for_byte_range(start, end)
        return self.root.descendant_for_byte_range(start, end)

    def statements(self, block: Node) -> tuple[list[int], list[Node]]:
        """The named children of a block without comments, and where each starts."""
        if self.number_at(block.start_byte) is None:
            self.reads.order = True
        key = ("statements", block.id)
        found: tuple[list[int], list[Node]] | None = self.remembered.get(key)
        if found is None:
            inner = children(block)
            found = self.remembered[key] = [one.start_byte for one in inner], inner
        return found

    def locate(self, node: Node) -> tuple[Source, int]:
        """Where names in `node` are looked up: a source and a byte offset."""
        return self, node.start_byte

    def of(self, node: Node) -> str:
        """A node's text."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", "replace")

    def recording(self, compute: Callable[[], T]) -> tuple[T, Reads]:
        """What `compute` gives, and what it looked at on the way."""
        outer, self.reads = self.reads, Reads()
        try:
            return compute(), self.reads
        finally:
            self.reads = outer

    def words(self, name: str) -> tuple[int, ...]:
        """The byte offsets at which the identifier `name` stands in the code."""
        self.reads.used.add(name)
        return self._spelled(name)

    def words_in(self, name: str, start: int, end: int) -> tuple[int, ...]:
        """Those of them in a byte range that a function holds."""
        self.notes(name, self.number_at(start))
        return tuple(places(self.data, name.encode(), start, end))

    def _spelled(self, name: str) -> tuple[int, ...]:
        found = self._words.get(name)
        if found is None:
            found = self._words[name] = tuple(places(self.data, name.encode(), 0, len(self.data)))
        return found

    def notes(self, name: str, number: int | None) -> None:
        """Have it known that a name was looked for in a function (None: everywhere)."""
        if number is None:
            self.reads.used.add(name)
        else:
            self.reads.local.add((number, name))

    def identifiers(self, name: str) -> tuple[Node, ...]:
        """The nodes of the identifier `name`: not those in comments and strings."""
        self.reads.used.add(name)
        return self._named(name)

    def introductions(self, name: str) -> tuple[Node, ...]:
        """The same, for who only asks what the name is declared as and passes over its uses."""
        self.reads.declared.add(name)
        return self._named(name)

    def _named(self, name: str) -> tuple[Node, ...]:
        found = self._identifiers.get(name)
        if found is None:
            found = self._identifiers[name] = tuple(self._nodes(name, self._spelled(name)))
        return found

    @cached_property
    def chevrons(self) -> list[Node]:
        """The call_expressions with <<<>>>, in the order of the text."""
        found: list[Node] = []
        at = self.data.find(b"<<<")
        while at >= 0:
            syntax = parent_of(self.leaf(at, at + len(b"<<<")))
            call = parent_of(syntax) if syntax is not None and syntax.type == "kernel_call_syntax" else None
            if call is not None and call.type == "call_expression":
                found.append(call)
            at = self.data.find(b"<<<", at + len(b"<<<"))
        return sorted(found, key=lambda node: (node.start_byte, -node.end_byte))

    @cached_property
    def functions(self) -> list[Node]:
        """The function definitions, with their templates' heads, that are in no other one."""
        return outermost_functions(self.root)

    @cached_property
    def _ranges(self) -> tuple[list[int], list[int]]:
        return [node.start_byte for node in self.functions], [node.end_byte for node in self.functions]

    def number_at(self, offset: int) -> int | None:
        """Which of the functions is around an offset."""
        starts, ends = self._ranges
        at = bisect_right(starts, offset) - 1
        return at if at >= 0 and offset < ends[at] else None

    def identifiers_of(self, name: str, number: int) -> tuple[Node, ...]:
        """Those of them in a function."""
        self.notes(name, number)
        return self._within(name, number)

    def numbers(self, start: int, end: int) -> tuple[int, int]:
        """The numbers of the functions that begin in a byte range: the first one's, and the one behind the last's."""
        starts = self._ranges[0]
        return bisect_left(starts, start), bisect_left(starts, end)

    def function_at(self, offset: int) -> tuple[int, int] | None:
        """The range of the outermost function around an offset."""
        at = self.number_at(offset)
        return (self._ranges[0][at], self._ranges[1][at]) if at is not None else None

    def identifiers_in(self, name: str, start: int, end: int) -> tuple[Node, ...]:
        """Those of the identifiers that stand in a byte range."""
        number = self.number_at(start)
        if number is None or end > self._ranges[1][number]:
            every = self.identifiers(name)
        else:
            every = self.identifiers_of(name, number)
        starts = [node.start_byte for node in every]
        return every[bisect_left(starts, start) : bisect_left(starts, end)]

    def _within(self, name: str, number: int) -> tuple[Node, ...]:
        """The identifiers in a function: what is local is not looked for in all of the text."""
        key = (name, number)
        found = self._local.get(key)
        if found is None:
            holder = self._ranges[0][number], self._ranges[1][number]
            found = self._local[key] = tuple(self._nodes(name, places(self.data, name.encode(), *holder)))
        return found

    def identifiers_outside(self, name: str) -> tuple[Node, ...]:
        """Those that stand in no function."""
        self.reads.outside.add(name)
        found = self._local.get((name, -1))
        if found is None:
            found = self._local[name, -1] = tuple(self._nodes(name, self._places_outside(name.encode())))
        return found

    @cached_property
    def _outside(self) -> tuple[bytes, list[int], list[int]]:
        """The text without its functions; where each piece of it begins there, and where in the text."""
        starts, ends = self._ranges
        pieces = list(zip([0, *ends], [*starts, len(self.data)], strict=True))
        sizes = accumulate((end - start + 1 for start, end in pieces), initial=0)
        return b"\n".join(self.data[start:end] for start, end in pieces), list(sizes), [start for start, _ in pieces]

    def _places_outside(self, word: bytes) -> Iterator[int]:
        text, begins, starts = self._outside
        for at in places(text, word, 0, len(text)):
            piece = bisect_right(begins, at) - 1
            yield starts[piece] + at - begins[piece]

    def identifiers_near(self, name: str, offset: int) -> list[Node]:
        """Those that stand in no function, or in the one around an offset."""
        own = self.function_at(offset)
        return [*self.identifiers_outside(name), *(self.identifiers_in(name, *own) if own is not None else ())]

    def _nodes(self, name: str, offsets: Iterable[int]) -> Iterator[Node]:
        width = len(name.encode())
        for offset in offsets:
            node = self.leaf(offset, offset + width)
            if node is not None and node.end_byte - node.start_byte == width and "identifier" in node.type:
                yield node

    @cached_property
    def index(self) -> LineIndex:
        """The text's lines."""
        return LineIndex(self.text)

    @cached_property
    def _ascii(self) -> bool:
        return self.original.isascii()

    def offset(self, column: int) -> int:
        """The code point offset of a byte offset."""
        return column if self._ascii else len(self.original[:column].decode("utf-8", "ignore"))

    def span(self, node: Node) -> Span:
        """A node's place."""
        return self.between(node.start_byte, node.end_byte)

    def between(self, start: int, end: int) -> Span:
        """The place between two byte offsets."""
        return self.index.span(self.offset(start), self.offset(end))


class Snippet(Source):
    """An expression that macros made: its names are looked up where the expression stands."""

    PREFIX = b"auto _ = "

    def __init__(self, origin: Source, offset: int, expression: str) -> None:
        text = expression if expression.lstrip().startswith("{") else f"({expression})"
        super().__init__(origin.path, f"{self.PREFIX.decode()}{text};")
        self.origin = origin
        self.offset_in_origin = offset

    def locate(self, node: Node) -> tuple[Source, int]:
        """The expression's own place: a snippet has no declarations."""
        return self.origin, self.offset_in_origin

    @property
    def expression(self) -> Node | None:
        """The parsed expression, None where it is none."""
        if self.root.has_error or self.root.named_child_count != 1:
            return None
        declarator = self.root.named_children[0].child_by_field_name("declarator")
        value = declarator.child_by_field_name("value") if declarator is not None else None
        if value is None or value.type != "parenthesized_expression":
            return value
        return value.named_children[0] if value.named_child_count == 1 else None


def children(node: Node) -> list[Node]:
    """The named children without comments."""
    return [child for child in node.named_children if child.type != "comment"]


def by_function(source: Source, offsets: Sequence[int]) -> Iterator[tuple[int, int]]:
    """(number, how many of the places lie in it) of the functions around places that are given in order."""
    for number, group in groupby(offsets, key=source.number_at):
        if number is not None:
            yield number, sum(1 for _ in group)


# In a tree whose root has many children, asking a node for its parent walks over all of them.
MANY_CHILDREN = 150
_large: list[Source] = []


def ancestors(node: Node) -> Iterator[Node]:
    """The node's parents, innermost first."""
    for place, source in enumerate(_large):
        chain = source.chain(node)
        if chain is not None:
            if place:
                _large.insert(0, _large.pop(place))
            yield from reversed(chain)
            return
    parent = node.parent
    while parent is not None:
        yield parent
        parent = parent.parent


def parent_of(node: Node | None) -> Node | None:
    """The node's parent, None for the root."""
    if node is None or not _large:
        return node.parent if node is not None else None
    return next(ancestors(node), None)


def enclosing(node: Node, kinds: frozenset[str]) -> Node | None:
    """The innermost ancestor of one of the kinds."""
    return next((one for one in ancestors(node) if one.type in kinds), None)


def inside(node: Node, outer: Node) -> bool:
    """Whether `node` lies within `outer`."""
    return outer.start_byte <= node.start_byte and node.end_byte <= outer.end_byte


def unwrapped(node: Node) -> Node:
    """The node without parentheses around it."""
    while node.type == "parenthesized_expression" and len(inner := children(node)) == 1:
        node = inner[0]
    return node


def declared_name(declarator: Node | None) -> Node | None:
    """The identifier that a declarator declares, None for none or an abstract one."""
    while declarator is not None:
        if declarator.type in ("identifier", "field_identifier", "type_identifier"):
            return declarator
        if declarator.type == "template_function" or declarator.type == "qualified_identifier":
            declarator = declarator.child_by_field_name("name")
        else:
            inner = declarator.child_by_field_name("declarator")
            if inner is None and declarator.type in ("reference_declarator", "parenthesized_declarator"):
                inner = next(iter(children(declarator)), None)
            declarator = inner
    return None
