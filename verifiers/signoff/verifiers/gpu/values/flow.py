"""The value that a variable certainly has at a place: which store reaches it on every path."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from typing import TYPE_CHECKING

from tree_sitter import Node

from signoff.verifiers.gpu.values.arithmetic import Value, binary, convert
from signoff.verifiers.gpu.values.effects import CLOBBER, ESCAPE, STORE, Effect, Path, effects, overlapping
from signoff.verifiers.gpu.values.source import BLOCKS, CONDITIONALS, LOOPS, ancestors, children, inside, parent_of
from signoff.verifiers.gpu.values.variables import GLOBAL, PARAMETER, Variable

if TYPE_CHECKING:
    from signoff.verifiers.gpu.values.evaluate import Evaluator, Frame

LEAVES = frozenset(("return_statement", "throw_statement", "break_statement", "continue_statement", "goto_statement"))
TIMELESS = LOOPS | {"lambda_expression"}
EXITS = frozenset(("exit", "abort", "_exit", "quick_exit", "terminate", "__assert_fail"))


class _Changes:
    """The changes of one part of a variable, in the order of the text."""

    def __init__(self, variable: Variable, effects: list[Effect]) -> None:
        self.effects = sorted(effects, key=lambda effect: effect.node.start_byte)
        self._starts = [effect.node.start_byte for effect in self.effects]
        foreign = any(effect.source is not variable.source for effect in effects)
        self.hopeless = bool(effects) and (variable.kind == GLOBAL or foreign or _jumps(variable))
        # Changes that may happen at another time than their place in the text says, with the constructs around them.
        self.escapes: list[tuple[Effect, tuple[Node, ...]]] = []
        for effect in () if self.hopeless else self.effects:
            within = tuple(
                one for one in ancestors(effect.node) if one.type in TIMELESS and inside(one, variable.scope)
            )
            if effect.kind == ESCAPE or any(one.type == "lambda_expression" for one in within):
                self.escapes.append((effect, within))

    def latest(self, end: int) -> int:
        """Where the last change before an offset begins, -1 for none."""
        at = bisect_left(self._starts, end)
        return self._starts[at - 1] if at else -1

    def within(self, node: Node) -> list[Effect]:
        """The changes in a node."""
        low, high = bisect_left(self._starts, node.start_byte), bisect_left(self._starts, node.end_byte)
        return [effect for effect in self.effects[low:high] if effect.node.end_byte <= node.end_byte]


def _jumps(variable: Variable) -> bool:
    """Whether the function around a variable has a goto."""
    holder = next((one for one in ancestors(variable.name) if one.type == "function_definition"), None)
    return holder is not None and variable.source.data.find(b"goto ", holder.start_byte, holder.end_byte) >= 0


class Reaching:
    """The search for the value of one part of one variable."""

    def __init__(self, evaluator: Evaluator, variable: Variable, path: Path, frame: Frame | None) -> None:
        self.evaluator = evaluator
        self.variable = variable
        self.path = path
        self.frame = frame
        key = ("changes", id(variable.source), variable.name.start_byte, path)
        self.changes = evaluator.unit.shared(
            key, lambda: _Changes(variable, overlapping(evaluator.effects(variable), path))
        )
        self.effects = self.changes.effects

    def at(self, place: Node | int) -> Value | None:
        """The value at a node or a byte offset of the variable's source."""
        if self.variable.constant or not self.effects:
            return self.initial()
        offset = place if isinstance(place, int) else place.start_byte
        if self.changes.hopeless or any(self._escaped(*one, offset) for one in self.changes.escapes):
            return None
        node = self._leaf(offset)
        return self._climb(node, offset) if node is not None else None

    def initial(self) -> Value | None:
        """The value that the declaration gives."""
        return self.evaluator.initial(self.variable, self.path, self.frame)

    def _leaf(self, offset: int) -> Node | None:
        return self.variable.source.leaf(offset, offset)

    @staticmethod
    def _escaped(effect: Effect, within: tuple[Node, ...], offset: int) -> bool:
        """Whether the effect may have happened at any time before the place."""
        around = [one for one in within if one.start_byte <= offset < one.end_byte]
        if any(one.type == "lambda_expression" and one not in around for one in within):
            return True
        return effect.kind == ESCAPE and (effect.node.start_byte < offset or any(one.type in LOOPS for one in around))

    def _climb(self, node: Node, offset: int, done: Node | None = None) -> Value | None:
        """Walk outwards from a place until a store is met; `done` is a statement that was looked at already."""
        current = node
        while (parent := parent_of(current)) is not None:
            if parent.type in BLOCKS or parent.type in CONDITIONALS:
                met = self._before(parent, current, offset if current != done else None)
            else:
                met = self._construct(parent, current, offset)
            if met is not None:
                return met.value
            if parent == self.variable.scope:
                return self.initial()
            current = parent
        return None

    def _before(self, block: Node, current: Node, offset: int | None) -> _Met | None:
        """What the statements in front of `current` say; `offset` is the place within it that matters."""
        if current.type in CONDITIONALS and block.type in CONDITIONALS:
            return None  # the other branch of an #if
        if offset is not None and self._own(current, offset):
            return _Met(None)
        return self._back(block, current.start_byte, current.type == "case_statement")

    def _back(self, block: Node, end: int, case: bool = False) -> _Met | None:
        """Go back through a block's statements before `end`, to those that concern the variable."""
        starts, statements = self.variable.source.statements(block)
        own = self.variable.name.start_byte
        while True:
            latest = max(self.changes.latest(end), own if own < end else -1)
            if latest < block.start_byte:
                return None
            at = bisect_right(starts, latest) - 1
            if at < 0:
                return None
            if case and statements[at].type == "case_statement":
                return _Met(None)
            met = self._statement(statements[at])
            if met is not None:
                return met
            end = starts[at]

    def _own(self, statement: Node, offset: int) -> bool:
        """Whether the simple statement that holds the place changes the variable too, before or after in one breath."""
        if statement.type not in ("expression_statement", "return_statement", "declaration"):
            return False
        for effect in self.changes.within(statement):
            value = effect.value
            if value is None or not value.start_byte <= offset < value.end_byte:
                return True
        return False

    def _in(self, effect: Effect, node: Node) -> bool:
        return node.start_byte <= effect.node.start_byte and effect.node.end_byte <= node.end_byte

    def _statement(self, statement: Node) -> _Met | None:
        """What the variable is after a statement, None where the statement does not concern it."""
        within = self.changes.within(statement)
        if inside(self.variable.name, statement) and statement.type == "declaration":
            return _Met(self.initial()) if not within else _Met(None)
        if not within:
            return None
        if statement.type == "expression_statement":
            return _Met(self._stored(statement, within))
        if statement.type == "compound_statement":
            return _Met(self._after(statement))
        if statement.type == "if_statement":
            return self._branches(statement, within)
        return _Met(None)

    def _after(self, block: Node) -> Value | None:
        """The value at the end of a block."""
        met = self._back(block, block.end_byte)
        if met is not None:
            return met.value
        return self._climb(block, block.start_byte)

    def _stored(self, statement: Node, within: Sequence[Effect]) -> Value | None:
        effect = within[-1]
        expression = children(statement)
        plain = len(within) == 1 and len(expression) == 1 and _sequence(expression[0], effect.node)
        if not plain or effect.kind != STORE or effect.value is None or len(effect.path) > len(self.path):
            return None
        rest = self.path[len(effect.path) :]
        if not effect.sign:
            return self.evaluator.stored(self.variable, effect, rest, self.frame)
        old = self._climb(statement, statement.start_byte, statement)
        new = self.evaluator.value(self.evaluator.expression(effect.value, effect.source, self.frame))
        declared = self.evaluator.scalar_type(self.variable, self.path, self.frame)
        return convert(binary(effect.sign, old, new), declared)

    def _branches(self, statement: Node, within: Sequence[Effect]) -> _Met | None:
        condition = statement.child_by_field_name("condition")
        if condition is None or any(self._in(effect, condition) for effect in within):
            return _Met(None)
        truth = self.evaluator.truth(self.evaluator.expression(condition, self.variable.source, self.frame))
        branches = (statement.child_by_field_name("consequence"), statement.child_by_field_name("alternative"))
        if truth is not None:
            taken = branches[0] if truth else branches[1]
            return self._branch(taken, within)
        values = []
        for branch in branches:
            if branch is not None and leaves(self.evaluator, branch, self.variable.source):
                continue
            met = self._branch(branch, within)
            values.append(met.value if met is not None else self._climb(statement, statement.start_byte))
        known = values and all(value is not None and value == values[0] for value in values)
        return _Met(values[0] if known else None)

    def _branch(self, branch: Node | None, within: Sequence[Effect]) -> _Met | None:
        """What a branch that is taken does to the variable."""
        if branch is None or not any(self._in(effect, branch) for effect in within):
            return None
        body = children(branch)[-1] if branch.type == "else_clause" else branch
        return self._statement(body)

    def _construct(self, parent: Node, current: Node, offset: int) -> _Met | None:
        """What a construct around the place says: loops, conditions, lambdas, the function's head."""
        if parent.type in LOOPS:
            return self._loop(parent, current)
        if parent.type in ("if_statement", "while_statement", "switch_statement"):
            condition = parent.child_by_field_name("condition")
            touched = condition is not None and bool(self.changes.within(condition))
            return _Met(None) if touched else None
        if parent.type == "lambda_expression" and parent != self.variable.scope:
            late = any(effect.node.end_byte > parent.start_byte for effect in self.effects)
            return _Met(None) if late else None
        if parent.type == "catch_clause":
            outer = parent_of(parent)
            return _Met(None) if outer is not None and bool(self.changes.within(outer)) else None
        if parent.type == "declaration" and inside(self.variable.name, parent):
            return _Met(self.initial())
        if parent.type == "function_definition" and self.variable.kind == PARAMETER:
            return _Met(self.initial())
        if parent.type == "ERROR":
            return _Met(None)
        return None

    def _loop(self, loop: Node, current: Node) -> _Met | None:
        start = loop.child_by_field_name("initializer")
        inner = [one for one in self.changes.within(loop) if start is None or not self._in(one, start)]
        if inner:
            return _Met(None)
        if start is not None and current != start:
            if inside(self.variable.name, start):
                return _Met(self.initial())
            if self.changes.within(start):
                return _Met(None)
        return None


class _Met:
    """The end of a search: what was met, whose value may still not be known."""

    __slots__ = ("value",)

    def __init__(self, value: Value | None) -> None:
        self.value = value


def _sequence(expression: Node, store: Node) -> bool:
    """Whether a statement's expression certainly executes the store: it is it, or one part of a comma or a chain."""
    if expression == store:
        return True
    if expression.type == "comma_expression":
        return any(_sequence(child, store) for child in children(expression))
    if expression.type == "assignment_expression":
        right = expression.child_by_field_name("right")
        return right is not None and _sequence(right, store)
    return False


def leaves(evaluator: Evaluator, branch: Node, source: object) -> bool:
    """Whether a branch never comes to its end: its last statement returns, throws or ends the program."""
    body = children(branch)
    if branch.type == "else_clause":
        return bool(body) and leaves(evaluator, body[-1], source)
    if branch.type == "compound_statement":
        return any(leaves(evaluator, statement, source) for statement in body)
    if branch.type in LEAVES:
        return True
    if branch.type == "if_statement":
        parts = (branch.child_by_field_name("consequence"), branch.child_by_field_name("alternative"))
        return all(part is not None and leaves(evaluator, part, source) for part in parts)
    if branch.type == "expression_statement" and body and body[0].type == "call_expression":
        function = body[0].child_by_field_name("function")
        name = function.text.decode("utf-8", "replace") if function is not None and function.text else ""
        return name.split("::")[-1] in EXITS
    return body[:1] != [] and branch.type == "expression_statement" and body[0].type == "throw_statement"


__all__ = ["CLOBBER", "Reaching", "effects", "leaves"]
