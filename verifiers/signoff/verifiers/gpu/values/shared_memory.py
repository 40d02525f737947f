"""Shared memory that a kernel declares: the bytes of its __shared__ variables."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from importlib.resources import files

from tree_sitter import Node

from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.calls import call_of
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.source import (
    CONDITIONALS,
    Source,
    ancestors,
    children,
    declared_name,
    inside,
    parent_of,
)
from signoff.verifiers.gpu.values.variables import LOCAL, declared, visible

DEEPEST = 6
# What stands before a call's name (a member's call: the object itself was made elsewhere), and the name.
CALL = re.compile(rb"(\.\s*|->\s*)?\b([A-Za-z_]\w*)\s*(?:<[^;{}()]*>)?\s*\(")
INDIRECT = re.compile(rb"[)\]]\s*\(")
KEYWORDS = frozenset(("if", "for", "while", "switch", "return", "sizeof", "alignof", "decltype", "catch", "alignas"))


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
    for offset in source.words_in("__shared__", body.start_byte, body.end_byte):
        node = source.leaf(offset, offset + len("__shared__"))
        found = next((one for one in ancestors(node) if one.type == "declaration"), None) if node is not None else None
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
        inner = evaluator.calls.body(found) if found is not None else None
        if found is None or inner is None:
            return None
        callees = _with_callees(evaluator, found[0], inner, True, depth + 1, seen)
        if callees is None:
            return None
        own = [*own, *callees]
    return own


def _called(source: Source, body: Node) -> Iterator[str]:
    """The names of everything that is called in a body and may declare shared memory, "?" for what has none."""
    seen: set[str] = set()
    for match in CALL.finditer(source.data, body.start_byte, body.end_byte):
        name = match[2].decode("utf-8", "replace")
        if name in seen or name in KEYWORDS or match[1] or _harmless().match(name):
            continue
        node = source.leaf(match.start(2), match.end(2))
        call = call_of(node) if node is not None else None
        if call is None or _local(source, name, match.start(2)):
            continue
        seen.add(name)
        yield name
    if any(
        _indirect(source, match.end() - 1) for match in INDIRECT.finditer(source.data, body.start_byte, body.end_byte)
    ):
        yield "?"


def _indirect(source: Source, offset: int) -> bool:
    """Whether the parenthesis there calls what an expression points to: it may be any function."""
    node = source.leaf(offset, offset + 1)
    call = parent_of(parent_of(node))
    function = call.child_by_field_name("function") if call is not None and call.type == "call_expression" else None
    return function is not None and function.type in ("parenthesized_expression", "subscript_expression")


def _local(source: Source, name: str, offset: int) -> bool:
    """Whether a name is a local variable there: a lambda, whose body is looked at with the function's."""
    return any(one.kind == LOCAL for one in visible(source, name, offset))


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
    if "__shared__" not in evaluator.unit.bodies:
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
    if len(source.words_in(variable.text, body.start_byte, body.end_byte)) < 2:
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
