"""The outline of a Verilog text, also of one that does not parse: what it declares, and what lies within what.

From tree-sitter's syntax tree, which goes on behind a fault. The binding holds the interpreter's lock while it parses,
so a server asks for outlines in a worker process (lsp_server's structure.py).
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING

from signoff.verifiers.finding import Span
from signoff.verifiers.hdl.facts import SymbolKind
from signoff.verifiers.hdl.folding import Unit, units
from signoff.verifiers.text import LineIndex

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

MAX_DETAIL = 80
# Levels of the tree that are looked into: bounds the recursion on nonsense; real text needs about 20.
MAX_DEPTH = 100
_UNITS = {
    "module_declaration": SymbolKind.MODULE,
    "interface_declaration": SymbolKind.INTERFACE,
    "program_declaration": SymbolKind.MODULE,
    "package_declaration": SymbolKind.PACKAGE,
    "checker_declaration": SymbolKind.MODULE,
    "class_declaration": SymbolKind.CLASS,
    "interface_class_declaration": SymbolKind.CLASS,
    "udp_declaration": SymbolKind.MODULE,
}
_UNIT_WORDS = {"interface": SymbolKind.INTERFACE, "package": SymbolKind.PACKAGE}
_ROUTINES = {
    "function_declaration": SymbolKind.FUNCTION,
    "task_declaration": SymbolKind.TASK,
    "modport_item": SymbolKind.MODPORT,
    "clocking_declaration": SymbolKind.BLOCK,
    "property_declaration": SymbolKind.BLOCK,
    "sequence_declaration": SymbolKind.BLOCK,
    "covergroup_declaration": SymbolKind.BLOCK,
}
# What a declaration's names stand for. Instances have the name of their module as detail, others what is before them.
_DECLARATIONS = {
    "ansi_port_declaration": SymbolKind.PORT,
    "port_declaration": SymbolKind.PORT,
    "net_declaration": SymbolKind.NET,
    "data_declaration": SymbolKind.VARIABLE,
    "genvar_declaration": SymbolKind.GENVAR,
    "module_instantiation": SymbolKind.INSTANCE,
    "interface_instantiation": SymbolKind.INSTANCE,
    "program_instantiation": SymbolKind.INSTANCE,
    "checker_instantiation": SymbolKind.INSTANCE,
    "udp_instantiation": SymbolKind.INSTANCE,
    "gate_instantiation": SymbolKind.INSTANCE,
}
_PROCESSES = frozenset({"always_construct", "initial_construct", "final_construct"})
# Nodes that hold one name each, and those that hold nothing but names.
_HOLDERS = frozenset({"net_decl_assignment", "variable_decl_assignment", "name_of_instance", "ansi_port_declaration"})
_LISTS = frozenset({"list_of_port_identifiers", "list_of_variable_port_identifiers", "list_of_genvar_identifiers"})
_HEADERS = ("_header", "_body_declaration", "ansi_declaration")
_IDENTIFIERS = frozenset({"simple_identifier", "escaped_identifier"})
_NAME_FIELDS = ("name", "port_name", "instance_name", "type_name")
# Not looked into where they are right: no declarations of the outline are in there, and most of a text is.
_OPAQUE = ("expression", "statement", "statement_or_null", "continuous_assign", "seq_block", "par_block")


@dataclass(frozen=True, slots=True)
class OutlineSymbol:
    """One declaration: the whole of it is `span`, its name `name_span`; `children` are what is declared in it."""

    name: str
    kind: SymbolKind
    span: Span
    name_span: Span
    detail: str = ""
    children: tuple[OutlineSymbol, ...] = ()


def outline(text: str) -> tuple[OutlineSymbol, ...]:
    """What a text declares, in its order. Never raises for what the text says."""
    index = LineIndex(text)
    # One byte a character, so that tree-sitter's offsets are ours; outside of comments and strings such a character
    # is as wrong as it was.
    code = text.encode("ascii", "replace")
    root = _parser().parse(code).root_node
    if root.type != "ERROR" and not any(child.is_error for child in root.children):
        return tuple(_Reader(index).read(root))
    # A fault that the tree does not get over spoils all that follows: then each module is read by itself.
    found = units(index)
    starts = [0, *(unit.start for unit in found)]
    ends = [*starts[1:], len(text)]
    pieces = zip((None, *found), starts, ends, strict=True)
    return tuple(symbol for unit, start, end in pieces for symbol in _piece(index, code, unit, start, end))


def _piece(index: LineIndex, code: bytes, unit: Unit | None, start: int, end: int) -> list[OutlineSymbol]:
    symbols = _Reader(index, start).read(_parser().parse(code[start:end]).root_node)
    if unit is None:
        return symbols
    name_span = index.span(unit.name_start, unit.name_end)
    if any(symbol.name_span == name_span for symbol in symbols):
        return symbols
    end = start + len(code[start:end].rstrip())
    kind = _UNIT_WORDS.get(unit.word, SymbolKind.MODULE)
    name = index.text[unit.name_start : unit.name_end]
    return [OutlineSymbol(name, kind, index.span(start, end), name_span, unit.word, tuple(symbols))]


class _Reader:
    """Reads one tree; its text begins at offset `base` of the document."""

    def __init__(self, index: LineIndex, base: int = 0) -> None:
        self.index = index
        self.base = base
        self._port = ""
        self._parameter = SymbolKind.PARAMETER

    def read(self, node: Node, depth: int = 0) -> list[OutlineSymbol]:
        """The symbols below a node."""
        found: list[OutlineSymbol] = []
        if depth < MAX_DEPTH:
            for child in node.named_children:
                found += self._symbols(child, depth + 1)
        return found

    def _symbols(self, node: Node, depth: int) -> list[OutlineSymbol]:
        kind = node.type
        if kind in _OPAQUE and not node.has_error:
            return []
        if kind in _UNITS or kind in _ROUTINES:
            return self._scope(node, depth)
        if kind == "generate_block" and node.child_by_field_name("name") is not None:
            return self._one(SymbolKind.BLOCK, node, node.child_by_field_name("name"), "", self.read(node, depth))
        if kind in _PROCESSES:
            # Behind a block that lacks its end, the tree takes what follows for a part of it.
            return self._process(node) + (self.read(node, depth) if node.has_error else [])
        if kind == "type_declaration":
            return self._typedef(node, depth)
        if kind == "enum_name_declaration":
            return self._one(SymbolKind.ENUM_VALUE, node, _name(node))
        if kind in ("param_assignment", "type_assignment"):
            name = _name(node)
            value = self._text(name.end_byte, node.end_byte) if name is not None else ""
            type_name = SymbolKind.TYPE_PARAMETER if kind == "type_assignment" else self._parameter
            return self._one(type_name, node, name, value)
        if kind in _DECLARATIONS and (found := self._declared(node)):
            return found
        if kind in ("parameter_declaration", "local_parameter_declaration"):
            self._parameter = SymbolKind.LOCALPARAM if kind[0] == "l" else SymbolKind.PARAMETER
        return self.read(node, depth)

    def _scope(self, node: Node, depth: int) -> list[OutlineSymbol]:
        headers = (child for child in node.named_children if child.type.endswith(_HEADERS))
        name = next((found for part in (node, *headers) if (found := _name(part)) is not None), None)
        if node.type in _ROUTINES:
            return self._one(_ROUTINES[node.type], node, name)
        detail = node.type.removesuffix("_declaration").replace("udp", "primitive").replace("_", " ")
        return self._one(_UNITS[node.type], node, name, detail, self.read(node, depth)) or self.read(node, depth)

    def _process(self, node: Node) -> list[OutlineSymbol]:
        """An always, initial or final block: by its label, else by what it begins with."""
        head_end, body = node.children[0].end_byte, node
        while body.type not in ("seq_block", "par_block"):
            timing = [child for child in body.named_children if child.type in ("event_control", "delay_control")]
            head_end = timing[-1].end_byte if timing else head_end
            inner = [child for child in body.named_children if child.type in _WRAPPERS]
            if not inner:
                break
            body = inner[-1]
        head = self._text(node.start_byte, head_end)
        label = _name(body) if body.type in ("seq_block", "par_block") else None
        if label is not None:
            return self._one(SymbolKind.BLOCK, node, label, head)
        span = self._span(node.start_byte, node.end_byte)
        return [OutlineSymbol(head, SymbolKind.BLOCK, span, self._span(node.start_byte, head_end))] if head else []

    def _typedef(self, node: Node, depth: int) -> list[OutlineSymbol]:
        name = node.child_by_field_name("type_name")
        meaning = next((child for child in node.named_children if child.type == "data_type"), None)
        detail = self._text(meaning.start_byte, meaning.end_byte).partition("{")[0].strip() if meaning else ""
        values = self.read(meaning, depth) if meaning is not None else []
        return self._one(SymbolKind.TYPEDEF, node, name, detail, values)

    def _declared(self, node: Node) -> list[OutlineSymbol]:
        kind = _DECLARATIONS[node.type]
        names = list(_names(node))
        if not names:
            return []
        if kind is SymbolKind.NET and not any(child.type == "net_type" for child in node.named_children):
            kind = SymbolKind.VARIABLE  # a type of the user's own, which the grammar takes for that of a net
        detail = self._detail(node, kind, names[0][1])
        wholes = [node] if len(names) == 1 else [whole for whole, _ in names]
        pairs = zip(wholes, (name for _, name in names), strict=True)
        return [symbol for whole, name in pairs for symbol in self._one(kind, whole, name, detail)]

    def _detail(self, node: Node, kind: SymbolKind, first: Node) -> str:
        if kind is SymbolKind.INSTANCE:
            module = node.named_children[0]
            return self._text(module.start_byte, module.end_byte)
        text = self._text(node.start_byte, first.start_byte).rstrip(".( ")
        if node.type != "ansi_port_declaration":
            return text
        self._port = text or self._port  # a port without direction and type has those of the one before
        return self._port

    def _one(
        self, kind: SymbolKind, node: Node, name: Node | None, detail: str = "", children: Sequence[OutlineSymbol] = ()
    ) -> list[OutlineSymbol]:
        if name is None or name.start_byte == name.end_byte:
            return list(children)  # what has no name (yet) does not take along what it holds
        text = self.index.text[self.base + name.start_byte : self.base + name.end_byte]
        span = self._span(min(node.start_byte, name.start_byte), max(node.end_byte, name.end_byte))
        return [OutlineSymbol(text, kind, span, self._span(name.start_byte, name.end_byte), detail, tuple(children))]

    def _span(self, start: int, end: int) -> Span:
        return self.index.span(self.base + start, self.base + end)

    def _text(self, start: int, end: int) -> str:
        text = " ".join(self.index.text[self.base + start : self.base + end][: 4 * MAX_DETAIL].split())
        return text if len(text) <= MAX_DETAIL else text[: MAX_DETAIL - 3] + "..."


_WRAPPERS = frozenset(
    {
        "statement",
        "statement_or_null",
        "statement_item",
        "function_statement",
        "procedural_timing_control_statement",
        "seq_block",
        "par_block",
    }
)


def _name(node: Node) -> Node | None:
    for field in _NAME_FIELDS:
        found = node.child_by_field_name(field)
        if found is not None:
            return found
    return next((child for child in node.named_children if child.type in _IDENTIFIERS), None)


def _names(node: Node, depth: int = 3) -> Iterator[tuple[Node, Node]]:
    """(the whole, its name) for each name that a declaration declares."""
    if node.type in _LISTS:
        yield from ((child, child) for child in node.named_children if child.type in _IDENTIFIERS)
    elif node.type in _HOLDERS:
        name = _name(node)
        parent = node.parent
        if name is not None:
            yield (parent if parent is not None and parent.type.endswith("_instance") else node), name
    elif depth:
        for child in node.named_children:
            yield from _names(child, depth - 1)


@cache
def _parser() -> Parser:
    import tree_sitter
    import tree_sitter_systemverilog

    return tree_sitter.Parser(tree_sitter.Language(tree_sitter_systemverilog.language()))
