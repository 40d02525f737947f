"""What kind of thing an expression is, before its value is known: a number, a dim3, a part of a variable."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.arithmetic import CType, named
from signoff.verifiers.gpu.values.builtins import library
from signoff.verifiers.gpu.values.effects import Path, callee
from signoff.verifiers.gpu.values.expressions import Expression
from signoff.verifiers.gpu.values.source import NAMES, children, unwrapped
from signoff.verifiers.gpu.values.types import Auto, Record, Type
from signoff.verifiers.gpu.values.variables import ENUMERATOR, TEMPLATE

if TYPE_CHECKING:
    from signoff.verifiers.gpu.values.evaluate import Evaluator

SCALARS = frozenset(
    (
        "number_literal",
        "char_literal",
        "true",
        "false",
        "binary_expression",
        "unary_expression",
        "sizeof_expression",
        "alignof_expression",
    )
)


def shape(evaluator: Evaluator, expression: Expression) -> str:
    """Whether an expression is a "vector" (dim3 or its like) or a "scalar"; "" where it is not known."""
    node = unwrapped(expression.node)
    expression = expression.part(node)
    if node.type in SCALARS:
        return "scalar"
    if node.type == "initializer_list":
        return "vector"
    if node.type == "comma_expression":
        return evaluator.shape(expression.side("right"))
    if node.type == "conditional_expression":
        shapes = {evaluator.shape(expression.side(side)) for side in ("consequence", "alternative")}
        return shapes.pop() if len(shapes) == 1 else ""
    if node.type in ("cast_expression", "compound_literal_expression"):
        inner = node.child_by_field_name("type")
        return _shape_of(types.of_node(evaluator, inner, expression.source, expression.frame)) if inner else ""
    if node.type == "call_expression":
        return _call_shape(evaluator, expression)
    if node.type in NAMES or node.type in ("qualified_identifier", "field_expression", "subscript_expression"):
        return _variable_shape(evaluator, expression)
    return ""


def _call_shape(evaluator: Evaluator, expression: Expression) -> str:
    name = callee(expression.source, expression.node)
    if name in types.VECTORS or name in ("make_uint3", "make_int3"):
        return "vector"
    if library(name) or named(name) is not None or evaluator.value(expression) is not None:
        return "scalar"
    return _shape_of(evaluator.calls.result_type(expression))


def _variable_shape(evaluator: Evaluator, expression: Expression) -> str:
    base, path = rooted(evaluator, expression)
    variable = evaluator.variable(base) if base is not None else None
    if variable is None or path is None or base is None:
        return ""
    if variable.kind in (ENUMERATOR, TEMPLATE):
        return "scalar"
    kind = types.at_path(types.of_variable(evaluator, variable, base.frame), path)
    if isinstance(kind, Auto):
        return (
            evaluator.shape(evaluator.expression(variable.initializer, variable.source, base.frame))
            if not path
            else "scalar"
        )
    return _shape_of(kind)


def _shape_of(kind: Type | None) -> str:
    if isinstance(kind, Record):
        return "vector" if kind.vector else ""
    return "scalar" if isinstance(kind, CType) else ""


def rooted(evaluator: Evaluator, expression: Expression) -> tuple[Expression | None, Path | None]:
    """The variable's name in `a.b[2].c`, and the path from it; (None, None) where it is no such thing."""
    node = unwrapped(expression.node)
    if node.type in NAMES or node.type == "qualified_identifier":
        return expression.part(node), ()
    step: str | int | None = None
    argument = node.child_by_field_name("argument")
    if node.type == "field_expression" and argument is not None and node.children[1].type == ".":
        named_field = node.child_by_field_name("field")
        step = expression.source.of(named_field) if named_field is not None else None
    elif node.type == "subscript_expression" and argument is not None:
        step = _index(evaluator, expression.part(node))
    if step is None or argument is None:
        return None, None
    inner, path = rooted(evaluator, expression.part(argument))
    return inner, (*path, step) if path is not None else None


def _index(evaluator: Evaluator, expression: Expression) -> int | None:
    listed = expression.node.child_by_field_name("indices")
    inner = children(listed) if listed is not None else []
    value = evaluator.value(expression.part(inner[0])) if len(inner) == 1 else None
    return value.number if value is not None and isinstance(value.number, int) else None
