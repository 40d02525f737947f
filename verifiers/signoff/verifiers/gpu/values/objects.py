"""Objects and their parts: what declarations and stores make of numbers, dim3, structs and arrays."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.verifiers.gpu.values import types
from signoff.verifiers.gpu.values.arithmetic import INT, CType, Value, binary, convert
from signoff.verifiers.gpu.values.effects import Effect, Path
from signoff.verifiers.gpu.values.expressions import Expression, Frame
from signoff.verifiers.gpu.values.flow import Reaching
from signoff.verifiers.gpu.values.source import LISTS, children
from signoff.verifiers.gpu.values.types import Array, Auto, Record, Type
from signoff.verifiers.gpu.values.variables import (
    ENUMERATOR,
    GLOBAL,
    MEMBER,
    PARAMETER,
    TEMPLATE,
    Variable,
    enumerators_before,
)

if TYPE_CHECKING:
    from signoff.verifiers.gpu.values.evaluate import Evaluator


class Objects:
    """What the variables of a unit hold."""

    def __init__(self, evaluator: Evaluator) -> None:
        self.evaluator = evaluator

    def initial(self, variable: Variable, path: Path, frame: Frame | None) -> Value | None:
        """The value that a variable's declaration gives."""
        if "volatile" in variable.qualifiers or "structured_binding_declarator" in variable.shape:
            return None
        if variable.kind == ENUMERATOR:
            return None if path else self._enumerator(variable, frame)
        if variable.kind in (PARAMETER, TEMPLATE):
            return self.evaluator.calls.parameter(variable, path, frame)
        if variable.reference or variable.node.type == "for_range_loop":
            return None
        if variable.kind == GLOBAL and not self._kept(variable):
            return None
        if variable.kind == MEMBER and not {"static", "constexpr"} & variable.qualifiers:
            return None
        kind = types.of_variable(self.evaluator, variable, frame)
        if variable.initializer is None:
            return self.default(kind, path) if "extern" not in variable.qualifiers else None
        return self.assigned(self.evaluator.expression(variable.initializer, variable.source, frame), kind, path)

    def _kept(self, variable: Variable) -> bool:
        """Whether a global keeps its first value: a constant, or one that only this unit could change and does not."""
        if "extern" in variable.qualifiers and variable.initializer is None:
            return False
        return variable.constant or "static" in variable.qualifiers

    def _enumerator(self, variable: Variable, frame: Frame | None) -> Value | None:
        before = enumerators_before(variable.node)
        number: Value | None = Value(-1, INT)
        for node in before:
            given = node.child_by_field_name("value")
            if given is not None:
                number = self.evaluator.value(self.evaluator.expression(given, variable.source, frame))
            else:
                number = binary("+", number, Value(1, INT))
        return number

    def default(self, kind: Type | None, path: Path) -> Value | None:
        """What a declaration without an initialiser leaves: dim3's ones, members' defaults; else anything."""
        if not isinstance(kind, Record) or not path:
            return None
        found = kind.field(path[0])
        if found is None or not (kind.plain or kind.vector):
            return None
        return self._field_default(found, path[1:], zero=False)

    def _field_default(self, found: types.Field, rest: Path, zero: bool) -> Value | None:
        if isinstance(found.default, int):
            return Value(found.default, found.type) if isinstance(found.type, CType) and not rest else None
        if found.default is not None and found.source is not None:
            return self.assigned(self.evaluator.expression(found.default, found.source), found.type, rest)
        if isinstance(found.type, Record):
            return self.default(found.type, rest)
        return Value(0, found.type) if zero and isinstance(found.type, CType) and not rest else None

    def scalar_type(self, variable: Variable, path: Path, frame: Frame | None) -> CType | None:
        """The type of a part that is a number."""
        kind = types.at_path(types.of_variable(self.evaluator, variable, frame), path)
        return kind if isinstance(kind, CType) else None

    def stored(self, variable: Variable, effect: Effect, rest: Path, frame: Frame | None) -> Value | None:
        """The value that a store gives (a part of) a variable."""
        kind = types.at_path(types.of_variable(self.evaluator, variable, frame), effect.path)
        if isinstance(kind, Auto):
            value = self.evaluator.value(self.evaluator.expression(effect.value, effect.source, frame), rest)
            first = Reaching(self.evaluator, variable, (*effect.path, *rest), frame).initial()
            return convert(value, first.type) if first is not None else None
        return self.assigned(self.evaluator.expression(effect.value, effect.source, frame), kind, rest)

    def assigned(self, expression: Expression | None, kind: Type | None, path: Path) -> Value | None:
        """What (the part `path` of) an object of a type is after it is set to an expression."""
        if expression is None or kind is None:
            return None
        if isinstance(kind, CType):
            return None if path else convert(self.evaluator.value(self.single(expression)), kind)
        if isinstance(kind, Auto):
            return self.evaluator.value(self.single(expression), path)
        if isinstance(kind, Array):
            return self._element(expression, kind, path)
        if not path:
            return None
        if kind.vector:
            return self.axis(expression, kind, str(path[0])) if len(path) == 1 else None
        if expression.node.type in LISTS:
            return self._member(expression, kind, path)
        return self.evaluator.value(expression, path)

    def single(self, expression: Expression | None) -> Expression | None:
        """The one expression in the braces or parentheses of an initialiser."""
        if expression is None or expression.node.type not in LISTS:
            return expression
        inner = children(expression.node)
        if len(inner) != 1 or inner[0].type == "initializer_pair":
            return None
        return self.evaluator.whole(expression.part(inner[0]))

    def _element(self, expression: Expression, kind: Array, path: Path) -> Value | None:
        node, index = expression.node, path[0] if path else None
        if node.type != "initializer_list" or not isinstance(index, int):
            return None
        items = children(node)
        if any(item.type == "initializer_pair" for item in items) or index < 0:
            return None
        if index < len(items):
            return self.assigned(self.evaluator.whole(expression.part(items[index])), kind.element, path[1:])
        known = kind.count is not None and index < kind.count and isinstance(kind.element, CType) and len(path) == 1
        return Value(0, kind.element) if known and isinstance(kind.element, CType) else None

    def _member(self, expression: Expression, kind: Record, path: Path) -> Value | None:
        """A member of a struct whose braces are given."""
        items = children(expression.node)
        found = kind.field(path[0])
        if found is None or not kind.plain or expression.node.type != "initializer_list":
            return None
        pairs = [item for item in items if item.type == "initializer_pair"]
        if pairs and len(pairs) != len(items):
            return None
        for item in pairs:
            designator = item.child_by_field_name("designator")
            if designator is not None and expression.source.of(designator).strip(". ") == found.name:
                given = item.child_by_field_name("value")
                return self.assigned(
                    self.evaluator.expression(given, expression.source, expression.frame), found.type, path[1:]
                )
        index = kind.fields.index(found)
        if not pairs and index < len(items):
            return self.assigned(self.evaluator.whole(expression.part(items[index])), found.type, path[1:])
        return self._field_default(found, path[1:], zero=True)

    def axis(self, expression: Expression | None, kind: Record, axis: str) -> Value | None:
        """One member of a dim3 (or its like) that is set to an expression: a number sets x, the others are then 1."""
        wanted = kind.field(axis)
        if expression is None or wanted is None or not isinstance(wanted.type, CType):
            return None
        if expression.node.type in LISTS:
            return self.listed(expression, kind, axis)
        shape = self.evaluator.shape(expression)
        if shape == "vector":
            return convert(self.evaluator.value(expression, (axis,)), wanted.type)
        if shape == "scalar" and kind is types.DIM3:
            return convert(self.evaluator.value(expression), wanted.type) if axis == "x" else Value(1, wanted.type)
        return None

    def listed(self, expression: Expression, kind: Record, axis: str) -> Value | None:
        """One member of a dim3 whose members are listed in parentheses or braces."""
        items = children(expression.node)
        wanted = kind.field(axis)
        if wanted is None or not isinstance(wanted.type, CType) or any(i.type == "initializer_pair" for i in items):
            return None
        if len(items) == 1:
            only = self.evaluator.whole(expression.part(items[0]))
            shape = self.evaluator.shape(only)
            if shape != "scalar":
                return self.axis(only, kind, axis) if shape == "vector" else None
        index = types.AXES.index(axis)
        if index < len(items):
            return convert(self.evaluator.value(self.evaluator.whole(expression.part(items[index]))), wanted.type)
        return Value(1 if kind is types.DIM3 else 0, wanted.type)
