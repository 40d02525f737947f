"""Values of expressions: what is certain at a place, by C++'s rules. None is "not known", and never a guess."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from tree_sitter import Node

from signoff.verifiers.gpu.facts import Note
from signoff.verifiers.gpu.values.arithmetic import CType, Value
from signoff.verifiers.gpu.values.budget import Budget
from signoff.verifiers.gpu.values.calls import Calls
from signoff.verifiers.gpu.values.effects import ESCAPE, Effect, Path, effects
from signoff.verifiers.gpu.values.expressions import Expression, Frame
from signoff.verifiers.gpu.values.flow import Reaching
from signoff.verifiers.gpu.values.lookup import member, resolve
from signoff.verifiers.gpu.values.macros import Unexpandable
from signoff.verifiers.gpu.values.objects import Objects
from signoff.verifiers.gpu.values.operators import HANDLERS, call
from signoff.verifiers.gpu.values.shapes import shape
from signoff.verifiers.gpu.values.source import LISTS, NAMES, Snippet, Source, children
from signoff.verifiers.gpu.values.types import Record, Type
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import GLOBAL, LOCAL, MEMBER, Variable

if TYPE_CHECKING:
    from signoff.verifiers.gpu.values.memo import Memo

__all__ = ["Evaluator", "Expression", "Frame"]

DEEPEST = 60
# More explain nothing, and in long chains of values cost much.
MOST_NOTES = 8


class Evaluator:
    """Evaluates expressions of one unit; remembers what variables are."""

    def __init__(self, unit: Unit, budget: Budget | None = None, memo: Memo | None = None) -> None:
        self.unit = unit
        self.budget = budget or Budget()
        self.memo = memo
        self.calls = Calls(self)
        self.objects = Objects(self)
        self.depth = 0
        self.notes: list[Note] = []
        # What other modules remember of this unit, by what they call it.
        self.remembered: dict[tuple[object, ...], Any] = {}
        self._read: dict[tuple[object, ...], tuple[Value | None, tuple[Note, ...]]] = {}
        self._busy: set[tuple[object, ...]] = set()
        self._frames: list[Frame] = []

    @property
    def exhausted(self) -> bool:
        """Whether the budget is used up: from then on, everything is unknown."""
        return self.budget.exhausted

    def expression(self, node: Node | None, source: Source, frame: Frame | None = None) -> Expression | None:
        """The node as an expression, with its macros expanded; None where one of them is not known."""
        if node is None:
            return None
        if node.type in LISTS or node.type == "condition_clause" or isinstance(source, Snippet):
            return Expression(node, source, frame)
        key = ("expression", id(source), node.id, id(frame))
        if key not in self.remembered:
            self.remembered[key] = self._expanded(node, source, frame)
        found: Expression | None = self.remembered[key]
        return found

    def _expanded(self, node: Node, source: Source, frame: Frame | None) -> Expression | None:
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
        key = ("effects", id(variable.source), variable.name.start_byte)
        return self.unit.shared(key, lambda: self._changes(variable))

    def _changes(self, variable: Variable) -> list[Effect]:
        found = [] if variable.constant else effects(self.unit, variable)
        kept = "static" in variable.qualifiers and variable.kind == LOCAL
        return [Effect(ESCAPE, variable.node, variable.source)] if found and kept else found

    def value(self, expression: Expression | None, path: Path = ()) -> Value | None:
        """The value of (the part `path` of) an expression."""
        if expression is None or self.exhausted or self.depth > DEEPEST:
            return None
        self.budget.steps += 1
        self.depth += 1
        try:
            return self._value(expression, path)
        finally:
            self.depth -= 1

    def _value(self, expression: Expression, path: Path) -> Value | None:
        kind = expression.node.type
        if kind in NAMES or kind == "qualified_identifier":
            return self.named(expression, path)
        if kind == "call_expression":
            return call(self, expression, path)
        handler = HANDLERS.get(kind)
        return handler(self, expression, path) if handler is not None else None

    def truth(self, expression: Expression | None) -> bool | None:
        """Whether a condition holds, as far as it is certain."""
        if expression is None:
            return None
        node = expression.node
        if node.type in ("condition_clause", "parenthesized_expression"):
            inner = children(node)
            return self.truth(self.whole(expression.part(inner[0]))) if len(inner) == 1 else None
        if node.type == "binary_expression" and (sign := expression.sign) in ("&&", "||"):
            sides = (self.truth(expression.side("left")), self.truth(expression.side("right")))
            decisive = sign == "||"
            return decisive if decisive in sides else None if None in sides else not decisive
        value = self.value(expression)
        return None if value is None else value.true

    def whole(self, expression: Expression) -> Expression | None:
        """The expression with its macros expanded."""
        return self.expression(expression.node, expression.source, expression.frame)

    def variable(self, expression: Expression) -> Variable | None:
        """The variable that a name means."""
        node = expression.node
        source, offset = expression.source.locate(node)
        if node.type in NAMES:
            key = ("variable", expression.source.of(node), id(source), offset)
            if key not in self.remembered:
                self.remembered[key] = resolve(self.unit, key[1], source, offset)
            found: Variable | None = self.remembered[key]
            return found
        if node.type == "qualified_identifier":
            parts = expression.source.of(node).replace(" ", "").split("::")
            if any("<" in part or not part.isidentifier() for part in parts if part):
                return None
            owner, name = (parts[-2], parts[-1]) if len(parts) > 1 else ("", parts[-1])
            return member(self.unit, owner, name, source, offset) if owner else resolve(self.unit, name, source, 0)
        return None

    def named(self, expression: Expression, path: Path) -> Value | None:
        """The value of (a part of) the variable that a name means."""
        variable = self.variable(expression)
        if variable is None:
            return None
        source, offset = expression.source.locate(expression.node)
        return self.read(variable, path, source, offset, expression.frame)

    def read(self, variable: Variable, path: Path, source: Source, offset: int, frame: Frame | None) -> Value | None:
        """The value of (a part of) a variable at a place."""
        reaching = Reaching(self, variable, path, frame)
        place = offset if source is variable.source else variable.name.start_byte
        # What never changes is the same everywhere.
        key = (id(variable.source), variable.name.start_byte, path, place if reaching.effects else -1, id(frame))
        if key in self._busy:
            return None
        if key not in self._read:
            outer, self.notes = self.notes, []
            self._busy.add(key)
            value = reaching.at(place)
            if value is not None and not path and variable.kind in (LOCAL, GLOBAL, MEMBER):
                span = variable.source.span(variable.name)
                self.notes.append(Note(variable.source.path, span, f"{variable.text} is {_shown(value)} here"))
            self._busy.discard(key)
            self._read[key] = (value, tuple(self.notes[:MOST_NOTES]))
            self.notes = outer
        value, notes = self._read[key]
        if len(self.notes) < MOST_NOTES:
            self.notes.extend(note for note in notes if note not in self.notes)
        return value

    def remember(self, frame: Frame) -> Frame:
        """Keep a frame alive, so that its identity stays its own."""
        self._frames.append(frame)
        return frame

    def initial(self, variable: Variable, path: Path, frame: Frame | None) -> Value | None:
        """The value that a variable's declaration gives."""
        return self.objects.initial(variable, path, frame)

    def assigned(self, expression: Expression | None, kind: Type | None, path: Path) -> Value | None:
        """What (the part `path` of) an object of a type is after it is set to an expression."""
        return self.objects.assigned(expression, kind, path)

    def stored(self, variable: Variable, effect: Effect, rest: Path, frame: Frame | None) -> Value | None:
        """The value that a store gives (a part of) a variable."""
        return self.objects.stored(variable, effect, rest, frame)

    def scalar_type(self, variable: Variable, path: Path, frame: Frame | None) -> CType | None:
        """The type of a part that is a number."""
        return self.objects.scalar_type(variable, path, frame)

    def axis(self, expression: Expression | None, kind: Record, axis: str) -> Value | None:
        """One member of a dim3 (or its like) that is set to an expression."""
        return self.objects.axis(expression, kind, axis)

    def shape(self, expression: Expression | None) -> str:
        """Whether an expression is a "vector" (dim3 or its like) or a "scalar"; "" where it is not known."""
        if expression is None or self.depth > DEEPEST:
            return ""
        key = ("shape", id(expression.source), expression.node.id, id(expression.frame))
        if key not in self.remembered:
            self.depth += 1
            try:
                self.remembered[key] = shape(self, expression)
            finally:
                self.depth -= 1
        found: str = self.remembered[key]
        return found


def _shown(value: Value) -> str:
    return f"{value.number:g}" if isinstance(value.number, float) else str(value.number)
