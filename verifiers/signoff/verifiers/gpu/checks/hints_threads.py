"""How an expression of device code depends on the thread that evaluates it: its value for one, its slope along x."""

from __future__ import annotations

from dataclasses import dataclass, field

from tree_sitter import Node

from signoff.verifiers.gpu.facts import Extent
from signoff.verifiers.gpu.values.arithmetic import BOOLEAN, UINT, Value, binary, unary
from signoff.verifiers.gpu.values.effects import Effect
from signoff.verifiers.gpu.values.evaluate import Evaluator, Expression
from signoff.verifiers.gpu.values.source import children, inside
from signoff.verifiers.gpu.values.variables import ENUMERATOR, GLOBAL, LOCAL, PARAMETER, TEMPLATE, Variable

DEEPEST = 16
CASTS = frozenset({"cast_expression", "parenthesized_expression", "condition_clause"})
# Fixed for all threads of a block.
UNIFORM = frozenset({"blockIdx", "blockDim", "gridDim"})


@dataclass(frozen=True, slots=True)
class Thread:
    """One thread of a block; a dimension of `block` that is not known is None."""

    x: int
    y: int = 0
    z: int = 0
    block: Extent = field(default_factory=Extent)


class Threads:
    """Values of expressions a thread."""

    def __init__(self, evaluator: Evaluator) -> None:
        self._evaluator = evaluator

    def truth(self, condition: Expression, thread: Thread) -> bool | None:
        """Whether a condition holds in a thread; None where that is not certain."""
        value = self.value(condition, thread)
        return None if value is None else value.true

    def value(self, given: Expression | None, thread: Thread, depth: int = 0) -> Value | None:
        """The value that an expression has in a thread; None where that is not certain."""
        if given is None or depth > DEEPEST:
            return None
        node = given.node
        if node.type in CASTS:
            return self.value(self._inner(given), thread, depth + 1)
        if node.type == "binary_expression":
            return self._binary(given, thread, depth + 1)
        if node.type == "unary_expression":
            return unary(self._sign(given), self.value(self._part(given, "argument"), thread, depth + 1))
        if node.type == "field_expression" and (member := self.builtin(given)):
            return self._builtin(*member, thread)
        if node.type == "identifier" and (initializer := self._unchanged(given)):
            return self.value(initializer, thread, depth + 1)
        return self._evaluator.value(given)

    def slope(self, given: Expression | None, depth: int = 0) -> int | None:
        """By how much an expression grows from one thread to the next along x, in one warp; None: not certain.

        0 means that all threads of a warp have the same value, if the block's x dimension is a multiple of the warp.
        """
        if given is None or depth > DEEPEST:
            return None
        node = given.node
        if node.type in CASTS:
            return self.slope(self._inner(given), depth + 1)
        if node.type == "field_expression" and (member := self.builtin(given)):
            return int(member == ("threadIdx", "x"))
        if node.type == "binary_expression":
            return self._slope(given, depth + 1)
        if node.type == "identifier" and (variable := self._evaluator.variable(given)) is not None:
            return self._slope_of(variable, depth + 1)
        return 0 if self._evaluator.value(given) is not None else None

    def builtin(self, given: Expression) -> tuple[str, str] | None:
        """("threadIdx", "x") and the like."""
        argument, member = given.node.child_by_field_name("argument"), given.node.child_by_field_name("field")
        if argument is None or member is None or argument.type != "identifier":
            return None
        name = given.source.of(argument)
        return (name, given.source.of(member)) if name == "threadIdx" or name in UNIFORM else None

    def _builtin(self, name: str, axis: str, thread: Thread) -> Value | None:
        if name not in ("threadIdx", "blockDim") or axis not in ("x", "y", "z"):
            return None
        number = getattr(thread if name == "threadIdx" else thread.block, axis)
        return None if number is None else Value(number, UINT)

    def _binary(self, given: Expression, thread: Thread, depth: int) -> Value | None:
        sign = self._sign(given)
        left = self.value(self._part(given, "left"), thread, depth)
        right = self.value(self._part(given, "right"), thread, depth)
        if sign not in ("&&", "||"):
            return binary(sign, left, right)
        known = [side.true for side in (left, right) if side is not None]
        decisive = sign == "||"
        if decisive in known:
            return Value(int(decisive), BOOLEAN)
        return Value(int(not decisive), BOOLEAN) if len(known) == 2 else None

    def _slope(self, given: Expression, depth: int) -> int | None:
        sign, left, right = self._sign(given), self._part(given, "left"), self._part(given, "right")
        first, second = self.slope(left, depth), self.slope(right, depth)
        if first is None or second is None:
            return None
        if sign == "+":
            return first + second
        if sign == "-":
            return first - second
        if first == 0 and second == 0:
            return 0
        factor = self._evaluator.value(right if first else left)
        known = sign == "*" and 0 in (first, second) and factor is not None
        return (first or second) * int(factor.number) if known and factor is not None else None

    def _slope_of(self, variable: Variable, depth: int) -> int | None:
        if variable.kind in (PARAMETER, TEMPLATE, ENUMERATOR) or (variable.kind == GLOBAL and variable.constant):
            return 0 if not variable.shape and not self._evaluator.effects(variable) else None
        if variable.kind != LOCAL or variable.shape not in (("init_declarator",), ()):
            return None
        changes = self._evaluator.effects(variable)
        first = self.slope(self._expression(variable, variable.initializer), depth)
        if not changes:
            return first
        return 0 if first == 0 and all(self._steady(variable, change, depth) for change in changes) else None

    def _steady(self, variable: Variable, change: Effect, depth: int) -> bool:
        """Whether a change is a loop's own step, the same for all threads of a warp."""
        loop = variable.node.parent
        if loop is None or loop.type != "for_statement":
            return False
        update, condition = loop.child_by_field_name("update"), loop.child_by_field_name("condition")
        if update is None or condition is None or not inside(change.node, update):
            return False
        step = change.value
        even = step is None or self.slope(self._expression(variable, step), depth) == 0
        sides = [condition.child_by_field_name(side) for side in ("left", "right")]
        names = {variable.source.of(side) for side in sides if side is not None}
        rest = [side for side in sides if side is not None and variable.source.of(side) != variable.text]
        return (
            even
            and variable.text in names
            and all(self.slope(self._expression(variable, side), depth) == 0 for side in rest)
        )

    def _unchanged(self, given: Expression) -> Expression | None:
        """What a local variable that nobody changes was initialised with."""
        variable = self._evaluator.variable(given)
        if variable is None or variable.kind != LOCAL or variable.reference or self._evaluator.effects(variable):
            return None
        return self._expression(variable, variable.initializer)

    def _expression(self, variable: Variable, node: Node | None) -> Expression | None:
        return self._evaluator.expression(node, variable.source)

    def _inner(self, given: Expression) -> Expression | None:
        value = given.node.child_by_field_name("value")
        inner = [value] if value is not None else children(given.node)
        return given.part(inner[0]) if len(inner) == 1 else None

    def _part(self, given: Expression, name: str) -> Expression | None:
        node = given.node.child_by_field_name(name)
        return given.part(node) if node is not None else None

    def _sign(self, given: Expression) -> str:
        node = given.node.child_by_field_name("operator")
        return given.source.of(node) if node is not None else ""
