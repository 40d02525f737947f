"""What each form of expression computes."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING

from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.arithmetic import BOOLEAN, FLOAT, SIZE, CType, Value, binary, convert, literal, unary
from signoff.verifiers.gpu.values.builtins import library
from signoff.verifiers.gpu.values.effects import Path, callee
from signoff.verifiers.gpu.values.expressions import Expression
from signoff.verifiers.gpu.values.shapes import rooted
from signoff.verifiers.gpu.values.source import LISTS, NAMES, children, unwrapped
from signoff.verifiers.gpu.values.types import Array, Type
from signoff.verifiers.gpu.values.variables import PARAMETER

if TYPE_CHECKING:
    from signoff.verifiers.gpu.values.evaluate import Evaluator


def call(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    """What (the part `path` of) a call gives."""
    name = callee(expression.source, expression.node)
    listed = expression.node.child_by_field_name("arguments")
    if not name or listed is None:
        return None
    arguments = [expression.part(one) for one in children(listed)]
    if path:
        made = types.VECTORS.get(name.removeprefix("make_"))
        if made is not None and len(path) == 1 and evaluator.calls.defined(name) is None:
            return evaluator.objects.listed(expression.part(listed), made, str(path[0]))
        return evaluator.calls.result(expression, name, arguments, path)
    if name in ("static_cast", "reinterpret_cast", "const_cast"):
        return _static_cast(evaluator, expression, arguments)
    function = expression.node.child_by_field_name("function")
    local = function is None or evaluator.variable(expression.part(function)) is not None
    simple = function is not None and "field" not in function.type and not local
    if simple and evaluator.calls.defined(name) is None:
        made_of = types.of_text(evaluator, name, *expression.source.locate(expression.node), expression.frame)
        if isinstance(made_of, CType):
            return convert(evaluator.value(arguments[0]), made_of) if len(arguments) == 1 else None
        if (answer := _library(evaluator, expression, name, arguments)) is not None:
            return answer
    # Not for a method, nor a lambda in a variable.
    return evaluator.calls.result(expression, name, arguments, path) if simple else None


def _library(evaluator: Evaluator, expression: Expression, name: str, arguments: list[Expression]) -> Value | None:
    if name == "size" and len(arguments) == 1:
        variable = evaluator.variable(arguments[0])
        kind = types.of_variable(evaluator, variable, expression.frame) if variable is not None else None
        return Value(kind.count, SIZE) if isinstance(kind, Array) and kind.count is not None else None
    compute = library(name)
    if compute is None:
        return None
    values = [evaluator.value(argument) for argument in arguments]
    known = [value for value in values if value is not None]
    return compute(known) if len(known) == len(values) else None


def _static_cast(evaluator: Evaluator, expression: Expression, arguments: list[Expression]) -> Value | None:
    function = expression.node.child_by_field_name("function")
    listed = function.child_by_field_name("arguments") if function is not None else None
    inner = children(listed) if listed is not None else []
    if len(inner) != 1 or len(arguments) != 1:
        return None
    kind = types.of_node(evaluator, inner[0], expression.source, expression.frame)
    return convert(evaluator.value(arguments[0]), kind) if isinstance(kind, CType) else None


def _cast(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    inner = expression.node.child_by_field_name("type")
    kind = types.of_node(evaluator, inner, expression.source, expression.frame) if inner is not None else None
    given = expression.side("value")
    if isinstance(kind, CType) and given is not None and given.node.type not in LISTS:
        return convert(evaluator.value(given), kind) if not path else None
    return evaluator.assigned(given, kind, path) if kind is not None else None


def _binary(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    sign = expression.sign
    if sign in ("&&", "||"):
        truth = evaluator.truth(expression)
        return Value(int(truth), BOOLEAN) if truth is not None and not path else None
    left = evaluator.value(expression.side("left"))
    right = evaluator.value(expression.side("right")) if left is not None else None
    return binary(sign, left, right) if not path else None


def _unary(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    value = evaluator.value(expression.side("argument"))
    return unary(expression.sign, value) if not path else None


def _conditional(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    truth = evaluator.truth(expression.side("condition"))
    sides = [expression.side("consequence"), expression.side("alternative")]
    if truth is None:
        values = [evaluator.value(side, path) for side in sides]
        return values[0] if values[0] is not None and values[0] == values[1] else None
    taken, other = (sides[0], sides[1]) if truth else (sides[1], sides[0])
    value, unused = evaluator.value(taken, path), evaluator.value(other, path)
    if value is not None and unused is not None and value.type != unused.type:
        mixed = binary("*", value, Value(1, unused.type))
        return convert(value, mixed.type) if mixed is not None else None
    return value


def _field(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    base, steps = rooted(evaluator, expression)
    if base is not None and steps is not None:
        return evaluator.named(base, (*steps, *path))
    name = expression.node.child_by_field_name("field")
    argument = expression.side("argument")
    if name is None or argument is None or expression.node.children[1].type != ".":
        return None
    return evaluator.value(argument, (expression.source.of(name), *path))


def _sizeof(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    inner = expression.node.child_by_field_name("type")
    if inner is not None:
        kind = types.of_node(evaluator, inner, expression.source, expression.frame)
    else:
        kind = _measured(evaluator, expression.side("value"))
    measured = types.size(kind)
    return Value(measured[0], SIZE) if measured is not None and not path else None


def _measured(evaluator: Evaluator, expression: Expression | None) -> Type | None:
    """The type of sizeof's operand, which may be a type's name that reads like a variable's."""
    if expression is None:
        return None
    expression = expression.part(unwrapped(expression.node))
    base, path = rooted(evaluator, expression)
    variable = evaluator.variable(base) if base is not None else None
    if variable is not None and path is not None and base is not None:
        if variable.kind == PARAMETER and "array_declarator" in variable.shape:
            return None
        return types.at_path(types.of_variable(evaluator, variable, base.frame), path)
    if expression.node.type in NAMES or expression.node.type == "qualified_identifier":
        source, offset = expression.source.locate(expression.node)
        return types.of_text(evaluator, expression.source.of(expression.node), source, offset, expression.frame)
    value = evaluator.value(expression)
    return value.type if value is not None and value.type.kind == FLOAT else None


def _inner(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    inner = children(expression.node)
    return evaluator.value(expression.part(inner[0]), path) if len(inner) == 1 else None


def _literal(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    return literal(expression.source.of(expression.node)) if not path else None


def _comma(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    return evaluator.value(expression.side("right"), path)


def _list(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    return evaluator.value(evaluator.objects.single(expression), path) if not path else None


def _true(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    return Value(int(expression.node.type == "true"), BOOLEAN)


HANDLERS: dict[str, Callable[[Evaluator, Expression, Path], Value | None]] = {
    "number_literal": _literal,
    "char_literal": _literal,
    "true": _true,
    "false": _true,
    "parenthesized_expression": _inner,
    "type_descriptor": _inner,
    "condition_clause": _inner,
    "binary_expression": _binary,
    "unary_expression": _unary,
    "conditional_expression": _conditional,
    "cast_expression": _cast,
    "compound_literal_expression": _cast,
    "comma_expression": _comma,
    "field_expression": _field,
    "subscript_expression": _field,
    "sizeof_expression": _sizeof,
    "initializer_list": _list,
}
