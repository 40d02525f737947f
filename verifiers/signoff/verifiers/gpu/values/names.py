"""Which kernel a launch or an attribute call means, through casts, addresses, templates and local variables."""

from __future__ import annotations

from dataclasses import dataclass

from tree_sitter import Node

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression
from signoff.verifiers.gpu.values.source import Source, children

DEEPEST = 6


@dataclass(frozen=True, slots=True)
class Callee:
    """A kernel as it is named: `name` is "" where it is no certain one; `may` are all that it could be, None: any."""

    name: str
    span: Span
    template_arguments: tuple[str, ...] = ()
    may: frozenset[str] | None = None


def callee_of(evaluator: Evaluator, source: Source, node: Node) -> Callee:
    """The kernel that an expression names."""
    return kernel_of(evaluator, source, node)


def kernel_of(evaluator: Evaluator, source: Source, node: Node) -> Callee:
    """The kernel that an expression names: `k`, `&ns::k<float>`, `(const void*)k`, a variable that holds one."""
    span = source.span(node)
    found = _names(evaluator, source, node, 0)
    if found is None:
        return Callee("", span)
    names = {name for name, _ in found}
    if len(names) != 1:
        return Callee("", span, (), frozenset(names))
    arguments = {given for _, given in found}
    return Callee(names.pop(), span, arguments.pop() if len(arguments) == 1 else (), frozenset(n for n, _ in found))


Named = tuple[str, tuple[str, ...]]


def _names(evaluator: Evaluator, source: Source, node: Node, depth: int) -> set[Named] | None:
    """The (kernel, template arguments) that an expression may be; None: anything."""
    kind = node.type
    if depth > DEEPEST:
        return None
    if kind in (
        "parenthesized_expression",
        "pointer_expression",
        "dependent_name",
        "argument_list",
        "initializer_list",
    ):
        inner = [one for one in children(node) if one.type != "template_argument_list"]
        return _names(evaluator, source, inner[-1], depth + 1) if len(inner) == 1 else None
    if kind == "cast_expression":
        value = node.child_by_field_name("value")
        return _names(evaluator, source, value, depth + 1) if value is not None else None
    if kind == "call_expression":
        return _cast(evaluator, source, node, depth)
    if kind == "conditional_expression":
        return _either(evaluator, source, node, depth)
    if kind == "template_function":
        name = node.child_by_field_name("name")
        listed = node.child_by_field_name("arguments")
        given = tuple(source.of(one) for one in children(listed)) if listed is not None else ()
        return {(source.of(name), given)} if name is not None else None
    if kind == "qualified_identifier":
        inner_name = node.child_by_field_name("name")
        if inner_name is not None and inner_name.type == "identifier":
            return {(source.of(inner_name), ())}
        return _names(evaluator, source, inner_name, depth + 1) if inner_name is not None else None
    if kind == "identifier":
        return _identifier(evaluator, source, node, depth)
    return None


def _cast(evaluator: Evaluator, source: Source, node: Node, depth: int) -> set[Named] | None:
    function = node.child_by_field_name("function")
    listed = node.child_by_field_name("arguments")
    arguments = children(listed) if listed is not None else []
    if function is None or len(arguments) != 1 or function.type != "template_function":
        return None
    if not source.of(function).startswith(("reinterpret_cast", "static_cast", "const_cast")):
        return None
    return _names(evaluator, source, arguments[0], depth + 1)


def _either(evaluator: Evaluator, source: Source, node: Node, depth: int) -> set[Named] | None:
    found: set[Named] = set()
    for side in ("consequence", "alternative"):
        part = node.child_by_field_name(side)
        names = _names(evaluator, source, part, depth + 1) if part is not None else None
        if names is None:
            return None
        found |= names
    return found


def _identifier(evaluator: Evaluator, source: Source, node: Node, depth: int) -> set[Named] | None:
    text = source.of(node)
    if evaluator.unit.expander(source, node.start_byte).touches(text):
        return None
    variable = evaluator.variable(Expression(node, source))
    if variable is None:
        hidden = any(True for _ in _declared_locally(source, text, node.start_byte))
        return None if hidden else {(text, ())}
    if variable.kind in ("parameter", "template", "enumerator", "member") or variable.source is not source:
        return None
    values = [variable.initializer, *(effect.value for effect in evaluator.effects(variable))]
    if any(effect.kind != "store" or effect.path for effect in evaluator.effects(variable)):
        return None
    found: set[Named] = set()
    for value in values:
        if value is None:
            continue
        names = _names(evaluator, source, value, depth + 1)
        if names is None:
            return None
        found |= names
    return found or None


def _declared_locally(source: Source, name: str, offset: int) -> list[Node]:
    from signoff.verifiers.gpu.values.variables import FUNCTION, visible

    return [one.name for one in visible(source, name, offset) if one.kind != FUNCTION]
