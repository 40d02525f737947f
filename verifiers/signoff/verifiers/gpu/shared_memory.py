"""Shared memory that a kernel declares: the bytes of its __shared__ variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from tree_sitter import Node

from signoff.verifiers.gpu import types
from signoff.verifiers.gpu.effects import callee
from signoff.verifiers.gpu.evaluate import Evaluator
from signoff.verifiers.gpu.source import CONDITIONALS, Source, ancestors, children, declared_name, inside
from signoff.verifiers.gpu.variables import declared

DEEPEST = 6


@cache
def _harmless() -> re.Pattern[str]:
    """The names of device functions that declare no shared memory of their own."""
    text = files(__package__).joinpath("device_functions.txt").read_text("utf-8")
    names = [line.strip() for line in text.splitlines() if line.strip() and not line.startswith("#")]
    return re.compile(f"(?:{'|'.join(names)})$")


def static_shared(evaluator: Evaluator, source: Source, body: Node, templated: bool) -> int | None:
    """The bytes of the __shared__ variables of a kernel and of the functions it calls; None where not certain."""
    variables = _with_callees(evaluator, source, body, templated, 0, set())
    if variables is None:
        return None
    offset = 0
    for size, alignment in sorted(variables, key=lambda one: -one[1]):
        offset = -(-offset // alignment) * alignment + size
    return offset


def dynamic_shared(evaluator: Evaluator, source: Source, body: Node) -> bool:
    """Whether the kernel has an `extern __shared__` array."""
    return any("extern" in _words(source, node) for node in declarations(source, body))


def declarations(source: Source, body: Node) -> Iterator[Node]:
    """The declarations of __shared__ variables in a function's body."""
    for offset in source.words("__shared__"):
        if body.start_byte <= offset < body.end_byte:
            node = source.root.descendant_for_byte_range(offset, offset + len("__shared__"))
            found = (
                next((one for one in ancestors(node) if one.type == "declaration"), None) if node is not None else None
            )
            if found is not None and inside(found, body):
                yield found


def _words(source: Source, declaration: Node) -> set[str]:
    return {source.of(child) for child in declaration.children if child.type == "storage_class_specifier"}


def _with_callees(
    evaluator: Evaluator, source: Source, body: Node, templated: bool, depth: int, seen: set[str]
) -> list[tuple[int, int]] | None:
    own = _own(evaluator, source, body, templated)
    if own is None or depth > DEEPEST:
        return None
    for name in _called(source, body):
        if name in seen or _harmless().match(name):
            continue
        seen.add(name)
        found = evaluator.calls.defined(name)
        inner = found[1].child_by_field_name("body") if found is not None else None
        if found is None or inner is None:
            return None
        callees = _with_callees(evaluator, found[0], inner, True, depth + 1, seen)
        if callees is None:
            return None
        own = [*own, *callees]
    return own


def _called(source: Source, body: Node) -> list[str]:
    """The names of everything that is called in a body, "?" for what has none."""
    names: list[str] = []
    stack = [body]
    while stack:
        node = stack.pop()
        if node.type == "call_expression":
            function = node.child_by_field_name("function")
            if function is not None and function.type == "field_expression":
                names.append("?" if _constructs(source, function) else "operator()")
            else:
                names.append(callee(source, node) or "?")
        stack.extend(node.named_children)
    return list(dict.fromkeys(names))


def _constructs(source: Source, function: Node) -> bool:
    """Whether a method's object is made by a call or a cast of a type that may hold shared memory (cub's, say)."""
    argument = function.child_by_field_name("argument")
    return argument is not None and argument.type not in (
        "identifier",
        "field_expression",
        "this",
        "subscript_expression",
    )


def _own(evaluator: Evaluator, source: Source, body: Node, templated: bool) -> list[tuple[int, int]] | None:
    found: list[tuple[int, int]] = []
    if b"__shared__" not in source.data[body.start_byte : body.end_byte]:
        return None if _macro_shared(evaluator, source, body) else found
    for declaration in declarations(source, body):
        if "extern" in _words(source, declaration):
            continue
        if any(one.type in CONDITIONALS for one in ancestors(declaration) if inside(one, body)):
            return None
        if templated and any(one.type == "if_statement" for one in ancestors(declaration) if inside(one, body)):
            return None
        for declarator in declaration.children_by_field_name("declarator"):
            size = _size(evaluator, source, declaration, declarator, body)
            if size is None:
                return None
            found.append(size)
    return found


def _macro_shared(evaluator: Evaluator, source: Source, body: Node) -> bool:
    """Whether a macro that is used in the body may declare shared memory."""
    if not any("__shared__" in macro.body for macro in evaluator.unit.file(source).macros.macros()):
        return False
    text = source.of(body)
    macros = evaluator.unit.file(source).macros.macros()
    return any("__shared__" in macro.body and re.search(rf"\b{macro.name}\b", text) for macro in macros)


def _size(
    evaluator: Evaluator, source: Source, declaration: Node, declarator: Node, body: Node
) -> tuple[int, int] | None:
    name = declared_name(declarator)
    variable = declared(source, name) if name is not None else None
    if variable is None or name is None:
        return None
    if sum(body.start_byte <= at < body.end_byte for at in source.words(variable.text)) < 2:
        return 0, 1  # nobody uses it: the compiler drops it
    if "pointer_declarator" in variable.shape:
        return None
    size = types.size(types.of_variable(evaluator, variable, None))
    if size is None:
        return None
    return size[0], max(size[1], _aligned(evaluator, source, declaration) or 1)


def _aligned(evaluator: Evaluator, source: Source, declaration: Node) -> int | None:
    """The alignment that alignas or __align__ asks for."""
    for child in children(declaration):
        inner = children(child)
        if inner and inner[0].type == "alignas_qualifier" and len(given := children(inner[0])) == 1:
            value = evaluator.value(evaluator.expression(given[0], source))
            return int(value.number) if value is not None else None
    return None
