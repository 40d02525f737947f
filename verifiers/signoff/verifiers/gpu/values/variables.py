"""Which declaration a name means: C++ scopes, as far as launches need them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass

from tree_sitter import Node

from signoff.verifiers.gpu.values.source import Source, ancestors, children, inside, parent_of

LOCAL, PARAMETER, TEMPLATE, GLOBAL, MEMBER, ENUMERATOR, FUNCTION = (
    "local",
    "parameter",
    "template",
    "global",
    "member",
    "enumerator",
    "function",
)
DECLARATORS = frozenset(
    (
        "init_declarator",
        "pointer_declarator",
        "reference_declarator",
        "array_declarator",
        "parenthesized_declarator",
        "function_declarator",
        "structured_binding_declarator",
    )
)
DECLARATIONS = frozenset(
    (
        "declaration",
        "field_declaration",
        "parameter_declaration",
        "optional_parameter_declaration",
        "variadic_parameter_declaration",
        "for_range_loop",
        "enumerator",
        "function_definition",
        "condition_clause",
    )
)
SCOPES = frozenset(
    (
        "compound_statement",
        "for_statement",
        "for_range_loop",
        "if_statement",
        "while_statement",
        "switch_statement",
        "catch_clause",
        "lambda_expression",
        "function_definition",
        "template_declaration",
        "field_declaration_list",
        "declaration_list",
        "translation_unit",
    )
)
CLASSES = frozenset(("struct_specifier", "class_specifier", "union_specifier"))
FILE_SCOPES = frozenset(("translation_unit", "declaration_list"))


@dataclass(frozen=True, slots=True)
class Variable:
    """One declared name. `name` is its identifier's node, `node` the declaration, `shape` the declarators between."""

    text: str
    source: Source
    name: Node
    node: Node
    kind: str
    scope: Node
    initializer: Node | None
    shape: tuple[str, ...]
    qualifiers: frozenset[str]

    @property
    def constant(self) -> bool:
        """Whether it can never change."""
        fixed = self.kind in (ENUMERATOR, TEMPLATE) or {"const", "constexpr", "__constant__"} & self.qualifiers
        return bool(fixed) and "pointer_declarator" not in self.shape

    @property
    def reference(self) -> bool:
        """Whether it is another name of something else."""
        return "reference_declarator" in self.shape

    @property
    def type_node(self) -> Node | None:
        """The node of its type, before the declarators."""
        return self.node.child_by_field_name("type")


def declared(source: Source, name: Node) -> Variable | None:
    """What an identifier declares there, None where it only uses a name."""
    shape: list[str] = []
    initializer: Node | None = None
    child, parent = name, parent_of(name)
    while parent is not None and parent.type in DECLARATORS:
        if not _declares(parent, child):
            return None
        if parent.type == "init_declarator":
            initializer = parent.child_by_field_name("value")
        shape.append(parent.type)
        child, parent = parent, parent_of(parent)
    if (
        parent is not None
        and parent.type == "lambda_capture_initializer"
        and parent.child_by_field_name("left") == child
    ):
        shape.append("structured_binding_declarator")  # its type is its value's, which is not looked at
    elif parent is None or parent.type not in DECLARATIONS or not _holds(parent, child):
        return None
    if parent.type in ("optional_parameter_declaration", "field_declaration"):
        initializer = parent.child_by_field_name("default_value")
    elif parent.type == "enumerator":
        initializer = parent.child_by_field_name("value")
    elif parent.type == "condition_clause":
        return None
    return _variable(source, name, parent, initializer, tuple(shape))


def _declares(parent: Node, child: Node) -> bool:
    """Whether `child` is the declared part of a declarator, not a size or a value."""
    if parent.type in ("reference_declarator", "parenthesized_declarator", "structured_binding_declarator"):
        return True
    return parent.child_by_field_name("declarator") == child


def _holds(declaration: Node, child: Node) -> bool:
    field = "name" if declaration.type == "enumerator" else "declarator"
    return child in declaration.children_by_field_name(field)


def _variable(
    source: Source, name: Node, node: Node, initializer: Node | None, shape: tuple[str, ...]
) -> Variable | None:
    scope = _scope(node, name)
    if scope is None:
        return None
    kind = _kind(node, scope, shape)
    return Variable(source.of(name), source, name, node, kind, scope, initializer, shape, qualifiers(source, node))


def qualifiers(source: Source, node: Node) -> frozenset[str]:
    """const, constexpr, static, __shared__ ... of a declaration."""
    wanted = ("type_qualifier", "storage_class_specifier")
    found = {source.of(child) for child in node.children if child.type in wanted or not child.is_named}
    return frozenset(found)


def _kind(node: Node, scope: Node, shape: tuple[str, ...]) -> str:
    if node.type == "enumerator":
        return ENUMERATOR
    if node.type == "function_definition" or (shape[:1] == ("function_declarator",)):
        return FUNCTION
    if "parameter" in node.type:
        return TEMPLATE if scope.type == "template_declaration" else PARAMETER
    if scope.type in FILE_SCOPES:
        return GLOBAL
    return MEMBER if scope.type == "field_declaration_list" else LOCAL


def _scope(node: Node, name: Node) -> Node | None:
    """Where a declared name can be used."""
    if node.type == "for_range_loop":
        return node
    if "parameter" in node.type:
        return _parameter_scope(node)
    if node.type == "enumerator":
        listed = parent_of(node)
        enum = parent_of(listed) if listed is not None else None
        if enum is None or any(child.type in ("class", "struct") for child in enum.children):
            return None
        node = enum
    if node.type == "function_definition":
        return next((one for one in ancestors(node) if one.type in SCOPES and one.type != "template_declaration"), None)
    return next((one for one in ancestors(node) if one.type in SCOPES and one.type != "template_declaration"), None)


def _parameter_scope(node: Node) -> Node | None:
    for outer in ancestors(node):
        if outer.type in ("template_declaration", "function_definition", "lambda_expression", "catch_clause"):
            return outer
        if outer.type in ("declaration", "field_declaration", "compound_statement"):
            return None  # a prototype's parameter
    return None


class Declarations:
    """The declarations of one name in a source: those of the file and its classes, and those of each function."""

    def __init__(self, source: Source, name: str) -> None:
        self.source = source
        self.name = name
        self._wide: list[Variable] | None = None
        self._inner: dict[tuple[int, int], list[Variable]] = {}

    @property
    def wide(self) -> list[Variable]:
        """Those outside of functions."""
        self.source.reads.outside.add(self.name)
        if self._wide is None:
            self._wide = _all_declared(self.source, self.source.identifiers_outside(self.name))
        return self._wide

    def inner(self, function: tuple[int, int]) -> list[Variable]:
        """Those of a function, given by its range."""
        self.source.notes(self.name, self.source.number_at(function[0]))
        found = self._inner.get(function)
        if found is None:
            nodes = self.source.identifiers_in(self.name, *function)
            found = self._inner[function] = _all_declared(self.source, nodes)
        return found

    @property
    def every(self) -> list[Variable]:
        """All of them."""
        return _all_declared(self.source, self.source.identifiers(self.name))

    def around(self, offset: int) -> Iterator[Variable]:
        """Those whose scope holds a place."""
        function = self.source.function_at(offset)
        for variable in (*self.wide, *(self.inner(function) if function is not None else ())):
            if variable.scope.start_byte <= offset < variable.scope.end_byte:
                yield variable

    def within(self, scope: Node) -> list[Variable]:
        """Those whose scope lies in a scope of a function, or is it."""
        function = self.source.function_at(scope.start_byte)
        every = self.inner(function) if function is not None else self.wide
        return [one for one in every if inside(one.scope, scope)]


def _all_declared(source: Source, names: Iterable[Node]) -> list[Variable]:
    every = (declared(source, node) for node in names)
    return [variable for variable in every if variable is not None]


def declarations(source: Source, name: str) -> Declarations:
    """The declarations of `name` in a source."""
    key = ("declarations", name)
    found: Declarations | None = source.remembered.get(key)
    if found is None:
        found = source.remembered[key] = Declarations(source, name)
    return found


def visible(source: Source, name: str, offset: int) -> Iterator[Variable]:
    """The declarations of `name` that can be meant at a place."""
    for variable in declarations(source, name).around(offset):
        if variable.kind == MEMBER or variable.name.start_byte < offset:
            yield variable


def enumerators_before(node: Node) -> list[Node]:
    """The enumerators of the same enum, up to and with this one."""
    listed = parent_of(node)
    every = [one for one in children(listed) if one.type == "enumerator"] if listed is not None else []
    return every[: every.index(node) + 1] if node in every else []
