"""Values of expressions: what is certain at a place, by C++'s rules. None is "not known", and never a guess."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tree_sitter import Node

from signoff.verifiers.gpu import types
from signoff.verifiers.gpu.arithmetic import (
    BOOLEAN,
    FLOAT,
    INT,
    SIZE,
    CType,
    Value,
    binary,
    convert,
    literal,
    named,
    unary,
)
from signoff.verifiers.gpu.builtins import library
from signoff.verifiers.gpu.calls import Calls
from signoff.verifiers.gpu.effects import Effect, Path, callee, effects
from signoff.verifiers.gpu.facts import Note
from signoff.verifiers.gpu.flow import Reaching
from signoff.verifiers.gpu.macros import Unexpandable
from signoff.verifiers.gpu.source import Snippet, Source, children, unwrapped
from signoff.verifiers.gpu.types import Array, Auto, Record, Type
from signoff.verifiers.gpu.unit import Unit
from signoff.verifiers.gpu.variables import (
    ENUMERATOR,
    GLOBAL,
    LOCAL,
    MEMBER,
    PARAMETER,
    TEMPLATE,
    Variable,
    enumerators_before,
    member,
    resolve,
)

# Steps of evaluation for one unit: beyond, everything is unknown, so that no text takes long.
MOST_STEPS = 60_000
DEEPEST = 60
LISTS = frozenset(("initializer_list", "argument_list"))
NAMES = frozenset(("identifier", "type_identifier", "namespace_identifier"))


@dataclass(eq=False, slots=True)
class Frame:
    """A function that is evaluated for one call: what its parameters are."""

    function: Node
    source: Source
    bindings: dict[str, Expression] = field(default_factory=dict)
    types: dict[str, Type] = field(default_factory=dict)
    depth: int = 0


@dataclass(frozen=True, slots=True)
class Expression:
    """A node to evaluate, its source, and the call in which it stands."""

    node: Node
    source: Source
    frame: Frame | None = None

    def part(self, node: Node) -> Expression:
        """A node inside of this one."""
        return Expression(node, self.source, self.frame)


class Evaluator:
    """Evaluates expressions of one unit; remembers what variables are."""

    def __init__(self, unit: Unit) -> None:
        self.unit = unit
        self.calls = Calls(self)
        self.steps = 0
        self.depth = 0
        self.notes: list[Note] = []
        self._effects: dict[tuple[int, int], list[Effect]] = {}
        self._read: dict[tuple[object, ...], tuple[Value | None, tuple[Note, ...]]] = {}
        self._busy: set[tuple[object, ...]] = set()
        self._frames: list[Frame] = []
        # What other modules remember of this unit, by what they call it.
        self.remembered: dict[tuple[object, ...], Any] = {}

    @property
    def exhausted(self) -> bool:
        """Whether the budget is used up."""
        return self.steps > MOST_STEPS

    def expression(self, node: Node | None, source: Source, frame: Frame | None = None) -> Expression | None:
        """The node as an expression, with its macros expanded; None where one of them is not known."""
        if node is None:
            return None
        if node.type in LISTS or node.type == "condition_clause" or isinstance(source, Snippet):
            return Expression(node, source, frame)
        text = source.of(node)
        expander = self.unit.expander(source, node.start_byte)
        if not expander.touches(text):
            return Expression(node, source, frame)
        try:
            snippet = self.unit.snippet(source, node.start_byte, expander.expand(text))
        except (Unexpandable, RecursionError):
            return None
        made = snippet.expression if snippet is not None else None
        if snippet is None or made is None or made.type == "comma_expression":
            return None
        return Expression(made, snippet, frame)

    def effects(self, variable: Variable) -> list[Effect]:
        """Every change of a variable."""
        key = (id(variable.source), variable.name.start_byte)
        if key not in self._effects:
            static = "static" in variable.qualifiers and variable.kind == LOCAL
            found = [] if variable.constant else effects(self.unit, variable)
            self._effects[key] = found
            if found and static:
                self._effects[key] = [Effect("escape", variable.node, variable.source)]
        return self._effects[key]

    def value(self, expression: Expression | None, path: Path = ()) -> Value | None:
        """The value of (the part `path` of) an expression."""
        if expression is None or self.exhausted or self.depth > DEEPEST:
            return None
        self.steps += 1
        self.depth += 1
        try:
            return self._value(expression, path)
        finally:
            self.depth -= 1

    def _value(self, expression: Expression, path: Path) -> Value | None:
        kind = expression.node.type
        if kind in NAMES or kind == "qualified_identifier":
            return self._name(expression, path)
        if kind == "call_expression":
            return self._call(expression, path)
        handler = HANDLERS.get(kind)
        return handler(self, expression, path) if handler is not None else None

    def truth(self, expression: Expression | None) -> bool | None:
        """Whether a condition holds, as far as it is certain."""
        if expression is None:
            return None
        node = expression.node
        if node.type in ("condition_clause", "parenthesized_expression"):
            inner = children(node)
            return self.truth(self._whole(expression.part(inner[0]))) if len(inner) == 1 else None
        if node.type == "binary_expression" and (sign := self._sign(expression)) in ("&&", "||"):
            sides = (self.truth(self._side(expression, "left")), self.truth(self._side(expression, "right")))
            decisive = sign == "||"
            return decisive if decisive in sides else None if None in sides else not decisive
        value = self.value(expression)
        return None if value is None else value.true

    def _whole(self, expression: Expression) -> Expression | None:
        return self.expression(expression.node, expression.source, expression.frame)

    def _side(self, expression: Expression, name: str) -> Expression | None:
        node = expression.node.child_by_field_name(name)
        return expression.part(node) if node is not None else None

    def _sign(self, expression: Expression) -> str:
        node = expression.node.child_by_field_name("operator")
        return expression.source.of(node) if node is not None else ""

    # Names

    def variable(self, expression: Expression) -> Variable | None:
        """The variable that a name means."""
        node = expression.node
        source, offset = expression.source.locate(node)
        if node.type in NAMES:
            return resolve(self.unit, expression.source.of(node), source, offset)
        if node.type == "qualified_identifier":
            parts = expression.source.of(node).replace(" ", "").split("::")
            if any("<" in part or not part.isidentifier() for part in parts if part):
                return None
            owner, name = (parts[-2], parts[-1]) if len(parts) > 1 else ("", parts[-1])
            return member(self.unit, owner, name) if owner else resolve(self.unit, name, source, 0)
        return None

    def _name(self, expression: Expression, path: Path) -> Value | None:
        variable = self.variable(expression)
        if variable is None:
            return None
        source, offset = expression.source.locate(expression.node)
        return self.read(variable, path, source, offset, expression.frame)

    def read(self, variable: Variable, path: Path, source: Source, offset: int, frame: Frame | None) -> Value | None:
        """The value of (a part of) a variable at a place."""
        key = (id(variable.source), variable.name.start_byte, path, id(source), offset, id(frame))
        if key in self._busy:
            return None
        if key not in self._read:
            outer, self.notes = self.notes, []
            self._busy.add(key)
            value = Reaching(self, variable, path, frame).at(offset if source is variable.source else variable.name)
            if value is not None and not path and variable.kind in (LOCAL, GLOBAL, MEMBER):
                span = variable.source.span(variable.name)
                self.notes.append(Note(variable.source.path, span, f"{variable.text} is {_shown(value)} here"))
            self._busy.discard(key)
            self._read[key] = (value, tuple(self.notes))
            self.notes = outer
        value, notes = self._read[key]
        self.notes.extend(note for note in notes if note not in self.notes)
        return value

    def initial(self, variable: Variable, path: Path, frame: Frame | None) -> Value | None:
        """The value that a variable's declaration gives."""
        if "volatile" in variable.qualifiers or "structured_binding_declarator" in variable.shape:
            return None
        if variable.kind == ENUMERATOR:
            return None if path else self._enumerator(variable, frame)
        if variable.kind in (PARAMETER, TEMPLATE):
            return self.calls.parameter(variable, path, frame)
        if variable.reference or variable.node.type == "for_range_loop":
            return None
        if variable.kind == GLOBAL and not self._kept(variable):
            return None
        if variable.kind == MEMBER and not {"static", "constexpr"} & variable.qualifiers:
            return None
        kind = types.of_variable(self, variable, frame)
        if variable.initializer is None:
            return self._default(kind, path) if "extern" not in variable.qualifiers else None
        return self.assigned(self.expression(variable.initializer, variable.source, frame), kind, path)

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
                number = self.value(self.expression(given, variable.source, frame))
            else:
                number = binary("+", number, Value(1, INT))
        return number

    def _default(self, kind: Type | None, path: Path) -> Value | None:
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
            return self.assigned(self.expression(found.default, found.source), found.type, rest)
        if isinstance(found.type, Record):
            return self._default(found.type, rest)
        return Value(0, found.type) if zero and isinstance(found.type, CType) and not rest else None

    # Stores

    def scalar_type(self, variable: Variable, path: Path, frame: Frame | None) -> CType | None:
        """The type of a part that is a number."""
        kind = types.at_path(types.of_variable(self, variable, frame), path)
        return kind if isinstance(kind, CType) else None

    def stored(self, variable: Variable, effect: Effect, rest: Path, frame: Frame | None) -> Value | None:
        """The value that a store gives (a part of) a variable."""
        kind = types.at_path(types.of_variable(self, variable, frame), effect.path)
        if isinstance(kind, Auto):
            value = self.value(self.expression(effect.value, effect.source, frame), rest)
            first = Reaching(self, variable, (*effect.path, *rest), frame).initial()
            return convert(value, first.type) if first is not None else None
        return self.assigned(self.expression(effect.value, effect.source, frame), kind, rest)

    def assigned(self, expression: Expression | None, kind: Type | None, path: Path) -> Value | None:
        """What (the part `path` of) an object of a type is after it is set to an expression."""
        if expression is None or kind is None:
            return None
        if isinstance(kind, CType):
            return None if path else convert(self.value(self._single(expression)), kind)
        if isinstance(kind, Auto):
            return self.value(self._single(expression), path)
        if isinstance(kind, Array):
            return self._element(expression, kind, path)
        if not path:
            return None
        if kind.vector:
            return self.axis(expression, kind, str(path[0])) if len(path) == 1 else None
        if expression.node.type in LISTS:
            return self._member(expression, kind, path)
        return self.value(expression, path)

    def _single(self, expression: Expression | None) -> Expression | None:
        """The one expression in the braces or parentheses of an initialiser."""
        if expression is None or expression.node.type not in LISTS:
            return expression
        inner = children(expression.node)
        if len(inner) != 1 or inner[0].type == "initializer_pair":
            return None
        return self._whole(expression.part(inner[0]))

    def _element(self, expression: Expression, kind: Array, path: Path) -> Value | None:
        node, index = expression.node, path[0] if path else None
        if node.type != "initializer_list" or not isinstance(index, int):
            return None
        items = children(node)
        if any(item.type == "initializer_pair" for item in items) or index < 0:
            return None
        if index < len(items):
            return self.assigned(self._whole(expression.part(items[index])), kind.element, path[1:])
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
                return self.assigned(self.expression(given, expression.source, expression.frame), found.type, path[1:])
        index = kind.fields.index(found)
        if not pairs and index < len(items):
            return self.assigned(self._whole(expression.part(items[index])), found.type, path[1:])
        return self._field_default(found, path[1:], zero=True)

    # dim3

    def axis(self, expression: Expression | None, kind: Record, axis: str) -> Value | None:
        """One member of a dim3 (or its like) that is set to an expression: a number sets x, the others are then 1."""
        wanted = kind.field(axis)
        if expression is None or wanted is None or not isinstance(wanted.type, CType):
            return None
        if expression.node.type in LISTS:
            return self._listed(expression, kind, axis)
        shape = self.shape(expression)
        if shape == "vector":
            return convert(self.value(expression, (axis,)), wanted.type)
        if shape == "scalar" and kind is types.DIM3:
            return convert(self.value(expression), wanted.type) if axis == "x" else Value(1, wanted.type)
        return None

    def _listed(self, expression: Expression, kind: Record, axis: str) -> Value | None:
        items = children(expression.node)
        wanted = kind.field(axis)
        if wanted is None or not isinstance(wanted.type, CType) or any(i.type == "initializer_pair" for i in items):
            return None
        if len(items) == 1:
            only = self._whole(expression.part(items[0]))
            shape = self.shape(only)
            if shape != "scalar":
                return self.axis(only, kind, axis) if shape == "vector" else None
        index = types.AXES.index(axis)
        if index < len(items):
            return convert(self.value(self._whole(expression.part(items[index]))), wanted.type)
        return Value(1 if kind is types.DIM3 else 0, wanted.type)

    def shape(self, expression: Expression | None) -> str:
        """Whether an expression is a "vector" (dim3 or its like) or a "scalar"; "" where it is not known."""
        if expression is None or self.depth > DEEPEST:
            return ""
        self.depth += 1
        try:
            return self._shape(expression)
        finally:
            self.depth -= 1

    def _shape(self, expression: Expression) -> str:
        node = unwrapped(expression.node)
        expression = expression.part(node)
        if node.type in SCALARS:
            return "scalar"
        if node.type == "initializer_list":
            return "vector"
        if node.type == "conditional_expression":
            shapes = {self.shape(self._side(expression, side)) for side in ("consequence", "alternative")}
            return shapes.pop() if len(shapes) == 1 else ""
        if node.type in ("cast_expression", "compound_literal_expression"):
            inner = node.child_by_field_name("type")
            return _shape_of(types.of_node(self, inner, expression.source, expression.frame)) if inner else ""
        if node.type == "call_expression":
            return self._call_shape(expression)
        if node.type in NAMES or node.type in ("qualified_identifier", "field_expression", "subscript_expression"):
            return self._variable_shape(expression)
        return ""

    def _call_shape(self, expression: Expression) -> str:
        name = callee(expression.source, expression.node)
        if name in types.VECTORS or name in ("make_uint3", "make_int3"):
            return "vector"
        if library(name) or named(name) is not None or name in ("static_cast",):
            value = self.value(expression)
            return "scalar" if value is not None or library(name) or named(name) else ""
        return _shape_of(self.calls.result_type(expression))

    def _variable_shape(self, expression: Expression) -> str:
        base, path = self.base(expression)
        variable = self.variable(base) if base is not None else None
        if variable is None or path is None or base is None:
            return ""
        if variable.kind in (ENUMERATOR, TEMPLATE):
            return "scalar"
        kind = types.at_path(types.of_variable(self, variable, base.frame), path)
        if isinstance(kind, Auto):
            return (
                self.shape(self.expression(variable.initializer, variable.source, base.frame)) if not path else "scalar"
            )
        return _shape_of(kind)

    def base(self, expression: Expression) -> tuple[Expression | None, Path | None]:
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
            step = self._index(expression.part(node))
        if step is None or argument is None:
            return None, None
        inner, path = self.base(expression.part(argument))
        return inner, (*path, step) if path is not None else None

    def _index(self, expression: Expression) -> int | None:
        listed = expression.node.child_by_field_name("indices")
        inner = children(listed) if listed is not None else []
        value = self.value(expression.part(inner[0])) if len(inner) == 1 else None
        return value.number if value is not None and isinstance(value.number, int) else None

    # Expressions

    def _call(self, expression: Expression, path: Path) -> Value | None:
        name = callee(expression.source, expression.node)
        listed = expression.node.child_by_field_name("arguments")
        if not name or listed is None:
            return None
        arguments = [expression.part(one) for one in children(listed)]
        if path:
            made = types.VECTORS.get(name.removeprefix("make_"))
            if made is not None and len(path) == 1 and self.calls.defined(name) is None:
                return self._listed(expression.part(listed), made, str(path[0]))
            return self.calls.result(expression, name, arguments, path)
        if name in ("static_cast", "reinterpret_cast", "const_cast"):
            return self._static_cast(expression, arguments)
        function = expression.node.child_by_field_name("function")
        simple = function is not None and "field" not in function.type
        if simple and self.calls.defined(name) is None:
            made_of = types.of_text(self, name, *expression.source.locate(expression.node), expression.frame)
            if isinstance(made_of, CType):
                return convert(self.value(arguments[0]), made_of) if len(arguments) == 1 else None
            if (answer := self._library(expression, name, arguments)) is not None:
                return answer
        return self.calls.result(expression, name, arguments, path) if simple else None

    def _library(self, expression: Expression, name: str, arguments: list[Expression]) -> Value | None:
        if name == "size" and len(arguments) == 1:
            variable = self.variable(arguments[0])
            kind = types.of_variable(self, variable, expression.frame) if variable is not None else None
            return Value(kind.count, SIZE) if isinstance(kind, Array) and kind.count is not None else None
        compute = library(name)
        if compute is None:
            return None
        values = [self.value(argument) for argument in arguments]
        known = [value for value in values if value is not None]
        return compute(known) if len(known) == len(values) else None

    def _static_cast(self, expression: Expression, arguments: list[Expression]) -> Value | None:
        function = expression.node.child_by_field_name("function")
        listed = function.child_by_field_name("arguments") if function is not None else None
        inner = children(listed) if listed is not None else []
        if len(inner) != 1 or len(arguments) != 1:
            return None
        kind = types.of_node(self, inner[0], expression.source, expression.frame)
        return convert(self.value(arguments[0]), kind) if isinstance(kind, CType) else None

    def _cast(self, expression: Expression, path: Path) -> Value | None:
        inner = expression.node.child_by_field_name("type")
        kind = types.of_node(self, inner, expression.source, expression.frame) if inner is not None else None
        given = self._side(expression, "value")
        if isinstance(kind, CType) and given is not None and given.node.type not in LISTS:
            return convert(self.value(given), kind) if not path else None
        return self.assigned(given, kind, path) if kind is not None else None

    def _binary(self, expression: Expression, path: Path) -> Value | None:
        sign = self._sign(expression)
        if sign in ("&&", "||"):
            truth = self.truth(expression)
            return Value(int(truth), BOOLEAN) if truth is not None and not path else None
        left = self.value(self._side(expression, "left"))
        right = self.value(self._side(expression, "right")) if left is not None else None
        return binary(sign, left, right) if not path else None

    def _unary(self, expression: Expression, path: Path) -> Value | None:
        value = self.value(self._side(expression, "argument"))
        return unary(self._sign(expression), value) if not path else None

    def _conditional(self, expression: Expression, path: Path) -> Value | None:
        truth = self.truth(self._side(expression, "condition"))
        sides = [self._side(expression, "consequence"), self._side(expression, "alternative")]
        if truth is None:
            values = [self.value(side, path) for side in sides]
            return values[0] if values[0] is not None and values[0] == values[1] else None
        taken, other = (sides[0], sides[1]) if truth else (sides[1], sides[0])
        value, unused = self.value(taken, path), self.value(other, path)
        if value is not None and unused is not None and value.type != unused.type:
            mixed = binary("*", value, Value(1, unused.type))
            return convert(value, mixed.type) if mixed is not None else None
        return value

    def _field(self, expression: Expression, path: Path) -> Value | None:
        base, steps = self.base(expression)
        if base is not None and steps is not None:
            return self._name(base, (*steps, *path))
        name = expression.node.child_by_field_name("field")
        argument = self._side(expression, "argument")
        if name is None or argument is None or expression.node.children[1].type != ".":
            return None
        return self.value(argument, (expression.source.of(name), *path))

    def _sizeof(self, expression: Expression, path: Path) -> Value | None:
        inner = expression.node.child_by_field_name("type")
        if inner is not None:
            kind = types.of_node(self, inner, expression.source, expression.frame)
        else:
            kind = self._measured(self._side(expression, "value"))
        measured = types.size(kind)
        return Value(measured[0], SIZE) if measured is not None and not path else None

    def _measured(self, expression: Expression | None) -> Type | None:
        """The type of sizeof's operand, which may be a type's name that reads like a variable's."""
        if expression is None:
            return None
        expression = expression.part(unwrapped(expression.node))
        base, path = self.base(expression)
        variable = self.variable(base) if base is not None else None
        if variable is not None and path is not None and base is not None:
            if variable.kind == PARAMETER and "array_declarator" in variable.shape:
                return None
            return types.at_path(types.of_variable(self, variable, base.frame), path)
        if expression.node.type in NAMES or expression.node.type == "qualified_identifier":
            source, offset = expression.source.locate(expression.node)
            return types.of_text(self, expression.source.of(expression.node), source, offset, expression.frame)
        value = self.value(expression)
        return value.type if value is not None and value.type.kind == FLOAT else None

    def _inner(self, expression: Expression, path: Path) -> Value | None:
        inner = children(expression.node)
        return self.value(expression.part(inner[0]), path) if len(inner) == 1 else None

    def _literal(self, expression: Expression, path: Path) -> Value | None:
        return literal(expression.source.of(expression.node)) if not path else None

    def _comma(self, expression: Expression, path: Path) -> Value | None:
        return self.value(self._side(expression, "right"), path)

    def _list(self, expression: Expression, path: Path) -> Value | None:
        return self.value(self._single(expression), path) if not path else None

    def remember(self, frame: Frame) -> Frame:
        """Keep a frame alive, so that its identity stays its own."""
        self._frames.append(frame)
        return frame


def _true(evaluator: Evaluator, expression: Expression, path: Path) -> Value | None:
    return Value(int(expression.node.type == "true"), BOOLEAN)


def _shape_of(kind: Type | None) -> str:
    if isinstance(kind, Record):
        return "vector" if kind.vector else ""
    return "scalar" if isinstance(kind, CType) else ""


def _shown(value: Value) -> str:
    return f"{value.number:g}" if isinstance(value.number, float) else str(value.number)


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
HANDLERS = {
    "number_literal": Evaluator._literal,
    "char_literal": Evaluator._literal,
    "true": _true,
    "false": _true,
    "parenthesized_expression": Evaluator._inner,
    "type_descriptor": Evaluator._inner,
    "condition_clause": Evaluator._inner,
    "binary_expression": Evaluator._binary,
    "unary_expression": Evaluator._unary,
    "conditional_expression": Evaluator._conditional,
    "cast_expression": Evaluator._cast,
    "compound_literal_expression": Evaluator._cast,
    "comma_expression": Evaluator._comma,
    "field_expression": Evaluator._field,
    "subscript_expression": Evaluator._field,
    "sizeof_expression": Evaluator._sizeof,
    "initializer_list": Evaluator._list,
}
