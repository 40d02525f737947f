"""A file's functions, variables and declarations. What stands in a function is read again only where it has changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, replace

from tree_sitter import Node, Tree

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.values.macros import Definition
from signoff.verifiers.mcu.source.blanking import Blanked
from signoff.verifiers.mcu.source.chains import text
from signoff.verifiers.mcu.source.facts import Body, Declaration, Function, Variable
from signoff.verifiers.mcu.source.files import names_in
from signoff.verifiers.mcu.source.names import Names
from signoff.verifiers.mcu.source.statements import Statements
from signoff.verifiers.mcu.source.units import Environment
from signoff.verifiers.mcu.source.vocabulary import vocabulary

HOLDERS = frozenset(
    ("translation_unit", "linkage_specification", "declaration_list", "namespace_definition", "template_declaration")
)
UNDECIDED = frozenset(("preproc_if", "preproc_ifdef", "preproc_elif", "preproc_elifdef", "preproc_else"))
LONGEST_INITIALIZER = 4000
# Types that are volatile by their definition in ST's older headers.
VOLATILE_TYPE = re.compile(r"v[us](?:8|16|32)")
ATOMIC = re.compile(r"_Atomic|atomic_\w+|sig_atomic_t|std::atomic")
SECTION = re.compile(r"section\s*\(?\s*\(?\s*\"([^\"]+)\"")
# Functions kept beyond those of the present text, so that undoing an edit costs nothing.
SPARE = 200

_Key = tuple[bytes, int]
# (the text with what is before it, as written and as it is parsed, where it starts, whether an undecided #if is around)
_Place = tuple[bytes, bytes, tuple[int, int], bool]


@dataclass(frozen=True, slots=True)
class _Read:
    """A function's body, and what it depends on beside its text."""

    body: Body
    consulted: tuple[tuple[str, Definition | None], ...]
    outer: frozenset[str]


class Bodies:
    """Bodies of functions by their text, and functions by their text and place; one for each file.

    A function that is the same object as before is the same in every respect: checks need not look at it again.
    """

    def __init__(self) -> None:
        self._kept: dict[_Key, list[_Read]] = {}
        self._used: set[_Key] = set()
        self._functions: dict[_Place, tuple[str, Function]] = {}
        self._present: dict[_Place, tuple[str, Function]] = {}
        self._around: tuple[Environment, frozenset[str]] = {}, frozenset()
        self._steady = False

    def begin(self, macros: Environment, capitals: frozenset[str]) -> None:
        """A text is read, with these macros and these names at file scope."""
        around = macros, capitals
        self._steady = around == self._around
        self._around = around

    def is_same(self, key: _Key, body: Body) -> bool:
        """Whether the body of a text is that of a function of the text before."""
        if not self._steady:
            return self.get(key, *self._around) is body
        self._used.add(key)
        return True

    def function(self, place: _Place) -> tuple[str, Function] | None:
        """(the name as it is written, the function) that stood in that place before, with the same text."""
        return self._functions.get(place)

    def present(self, place: _Place, written: str, function: Function) -> None:
        """Note a function of the present text."""
        self._present[place] = written, function

    def get(self, key: _Key, macros: Environment, capitals: frozenset[str]) -> Body | None:
        """The body of that text where nothing that it depends on has changed."""
        self._used.add(key)
        for kept in self._kept.get(key, ()):
            if kept.outer == capitals and all(macros.get(name) == found for name, found in kept.consulted):
                return kept.body
        return None

    def keep(self, key: _Key, body: Body, names: Names, capitals: frozenset[str]) -> None:
        """Remember a body."""
        self._kept[key] = [_Read(body, tuple(names.consulted.items()), capitals), *self._kept.get(key, ())][:2]

    def settle(self) -> None:
        """A text was read: forget what it no longer holds."""
        if len(self._kept) > len(self._used) + SPARE:
            self._kept = {key: kept for key, kept in self._kept.items() if key in self._used}
        self._used.clear()
        self._functions, self._present = self._present, {}


@dataclass(slots=True)
class Outlined:
    """What is at file scope."""

    functions: list[Function]
    variables: list[Variable]
    declarations: list[Declaration]


class Outliner:
    """Reads one text. `lines` are the lines of the text in bytes where it is not plain ASCII, else ()."""

    def __init__(
        self, path: str, tree: Tree, blanked: Blanked, macros: Environment, bodies: Bodies, original: bytes
    ) -> None:
        self.path = path
        self.tree = tree
        self.blanked = blanked
        self.macros = macros
        self.bodies = bodies
        self.original = original
        self.lines = () if original.isascii() else tuple(original.split(b"\n"))
        self.names = Names(macros)
        self.result = Outlined([], [], [])
        self.capitals: frozenset[str] = frozenset()

    def read(self) -> Outlined:
        """All of the file scope; variables first, as functions refer to them."""
        items = list(self._items(self.tree.root_node, False, 0))
        for node, conditional, before in items:
            if node.type == "declaration":
                self._declaration(node, conditional, before)
        known = [one.name for one in self.result.variables] + [one.name for one in self.result.declarations]
        self.capitals = frozenset(name for name in known if name.isupper())
        self.bodies.begin(self.macros, self.capitals)
        for node, conditional, before in items:
            if node.type == "function_definition":
                self._function(node, conditional, before)
        self.bodies.settle()
        return self.result

    def _items(self, node: Node, conditional: bool, before: int) -> Iterator[tuple[Node, bool, int]]:
        """(declaration or function, whether an undecided #if is around it, where what is before it ends)."""
        for child in node.named_children:
            kind = child.type
            if kind in ("declaration", "function_definition"):
                yield child, conditional, before
            elif kind in HOLDERS:
                yield from self._items(child, conditional, before)
            elif kind in UNDECIDED:
                yield from self._items(child, True, before)
            if kind != "comment":
                before = child.end_byte

    def span(self, node: Node) -> Span:
        """The node's place in the document."""
        (line, column), (end_line, end_column) = node.start_point, node.end_point
        if self.lines:
            column, end_column = self._column(line, column), self._column(end_line, end_column)
        return Span(line, column, end_line, end_column)

    def _column(self, line: int, column: int) -> int:
        return len(self.lines[line][:column].decode("utf-8", "replace")) if line < len(self.lines) else column

    def _function(self, node: Node, conditional: bool, before: int) -> None:
        around = slice(before, node.end_byte)
        start = node.start_point[0], node.start_point[1]
        place = self.original[around], self.blanked.data[around], start, conditional
        written, function = self.bodies.function(place) or ("", None)
        if function is not None and not self._same(function, written, node):
            function = None
        if function is None:
            written, function = self._read_function(node, conditional, before) or ("", None)
        if function is not None:
            self.bodies.present(place, written, function)
            self.result.functions.append(function)

    def _same(self, function: Function, written: str, node: Node) -> bool:
        """Whether a function of the same text is the same, whatever became of the macros."""
        return self.bodies.is_same(self._key(node), function.body) and self.names.renamed(written) == function.name

    def _read_function(self, node: Node, conditional: bool, before: int) -> tuple[str, Function] | None:
        declarator, body = node.child_by_field_name("declarator"), node.child_by_field_name("body")
        returns, held = node.child_by_field_name("type"), declarator
        while held is not None and held.type != "function_declarator":
            held = held.child_by_field_name("declarator")
        name = held.child_by_field_name("declarator") if held is not None else None
        if held is None or name is None or body is None or name.type not in NAMES:
            return None
        marks = self.blanked.between(before, body.start_byte)
        parameters = tuple(_parameters(held))
        function = Function(
            name=self.names.renamed(text(name)),
            path=self.path,
            span=self.span(node),
            name_span=self.span(name),
            returns=_returns(returns, declarator),
            parameters=parameters,
            body=self._body(node, body, parameters),
            static="static" in _words(node),
            weak=_is_weak(marks),
            attributes=tuple(marks),
            conditional=conditional,
        )
        return text(name), function

    def _key(self, node: Node) -> _Key:
        key = self.blanked.data[node.start_byte : node.end_byte], node.start_point[1]
        if self.lines:
            # Columns in code points depend on bytes that were blanked.
            key = b"\n".join((key[0], *self.lines[node.start_point[0] : node.end_point[0] + 1])), key[1]
        return key

    def _body(self, node: Node, body: Node, parameters: tuple[tuple[str, str], ...]) -> Body:
        key = self._key(node)
        found = self.bodies.get(key, self.macros, self.capitals)
        if found is None:
            names = Names(self.macros, self.capitals)
            reader = Statements(names, self._placer(node.start_point[0]), {name for _, name in parameters})
            reader.statement(body)
            found = reader.body(node.has_error, names_in(text(node)))
            self.bodies.keep(key, found, names, self.capitals)
        return found

    def _placer(self, first: int) -> _Placer:
        return _Placer(self, first)

    def _declaration(self, node: Node, conditional: bool, before: int) -> None:
        words = _words(node)
        kind = node.child_by_field_name("type")
        if "typedef" in words or kind is None:
            return
        marks = self.blanked.between(before, node.end_byte)
        for declarator in node.children_by_field_name("declarator"):
            self._declared(declarator, text(kind), words, marks, conditional)

    def _declared(self, node: Node, kind: str, words: set[str], marks: list[str], conditional: bool) -> None:
        initial = node.child_by_field_name("value") if node.type == "init_declarator" else None
        inner = node.child_by_field_name("declarator") if node.type == "init_declarator" else node
        forms: list[Node] = []
        while inner is not None and inner.type not in NAMES:
            forms.append(inner)
            inner = inner.child_by_field_name("declarator") or _held(inner)
        if inner is None:
            return
        shapes = [one.type for one in forms]
        if shapes and shapes[-1] == "function_declarator":
            self.result.declarations.append(Declaration(text(inner), self.path, self.span(inner), tuple(marks)))
        else:
            self.result.variables.append(self._variable(inner, kind, words, marks, forms, initial, conditional))

    def _variable(
        self,
        name: Node,
        kind: str,
        words: set[str],
        marks: list[str],
        forms: list[Node],
        initial: Node | None,
        conditional: bool,
    ) -> Variable:
        known, shapes = vocabulary(), [one.type for one in forms]
        sizes = [one.child_by_field_name("size") for one in forms if one.type == "array_declarator"]
        held = text(initial)[:LONGEST_INITIALIZER] if initial is not None else ""
        volatile = "volatile" in words or VOLATILE_TYPE.fullmatch(kind) is not None
        return Variable(
            name=text(name),
            path=self.path,
            span=self.span(name),
            type=kind,
            volatile=volatile or any(mark in known.qualifiers or "volatile" in mark for mark in marks),
            static="static" in words,
            const="const" in words or any(mark in known.constants for mark in marks),
            extern="extern" in words and initial is None,
            atomic=bool(ATOMIC.search(kind)) or bool(ATOMIC.search(" ".join(words))),
            pointer="pointer_declarator" in shapes,
            is_array="array_declarator" in shapes,
            array="][".join(text(size) for size in sizes if size is not None),
            section=_section(marks),
            attributes=tuple(marks),
            initializer=held,
            names=names_in(held) if held else frozenset(),
            conditional=conditional,
        )


@dataclass(frozen=True, slots=True)
class _Placer:
    """Places within a function: lines from its first one."""

    outliner: Outliner
    first: int

    def __call__(self, node: Node) -> Span:
        span = self.outliner.span(node)
        return replace(span, start_line=span.start_line - self.first, end_line=span.end_line - self.first)


NAMES = frozenset(("identifier", "field_identifier", "qualified_identifier", "destructor_name", "operator_name"))


def _words(node: Node) -> set[str]:
    return {text(one) for one in node.children if one.type in ("storage_class_specifier", "type_qualifier")}


def _held(node: Node) -> Node | None:
    """What a parenthesized_declarator holds, which has no field."""
    return node.named_children[0] if node.type == "parenthesized_declarator" and node.named_children else None


def _returns(kind: Node | None, declarator: Node | None) -> str:
    stars = "*" if declarator is not None and declarator.type == "pointer_declarator" else ""
    return f"{text(kind) if kind is not None else ''} {stars}".strip()


def _parameters(function: Node) -> Iterator[tuple[str, str]]:
    listed = function.child_by_field_name("parameters")
    for one in listed.named_children if listed is not None else ():
        if one.type not in ("parameter_declaration", "optional_parameter_declaration"):
            continue
        kind, inner = one.child_by_field_name("type"), one.child_by_field_name("declarator")
        stars = ""
        while inner is not None and inner.type not in NAMES:
            stars += "*" if inner.type in ("pointer_declarator", "array_declarator") else ""
            inner = inner.child_by_field_name("declarator") or _held(inner)
        if kind is not None and inner is not None:
            yield f"{text(kind)} {stars}".strip(), text(inner)


def _is_weak(marks: list[str]) -> bool:
    words = vocabulary().weak
    return any(mark in words or re.search(r"\bweak\b|__weak\b|__weak__\b", mark) for mark in marks)


def _section(marks: list[str]) -> str:
    matches = (SECTION.search(mark) for mark in marks)
    return next((match[1] for match in matches if match), "")
