"""Where the elaborated design writes and reads one variable or net, within its module.

slang's list of drivers holds one range a process, so the walk over the expressions tells of the others.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

import pyslang
from pyslang import analysis, ast

Key = tuple[int, int]

_STEPS = frozenset(
    {
        ast.UnaryOperator.Preincrement,
        ast.UnaryOperator.Predecrement,
        ast.UnaryOperator.Postincrement,
        ast.UnaryOperator.Postdecrement,
    }
)
_PROCESSES = {
    ast.ProceduralBlockKind.Initial: "initial",
    ast.ProceduralBlockKind.Final: "final",
    ast.ProceduralBlockKind.Always: "always",
    ast.ProceduralBlockKind.AlwaysComb: "always_comb",
    ast.ProceduralBlockKind.AlwaysLatch: "always_latch",
    ast.ProceduralBlockKind.AlwaysFF: "always_ff",
}
SUBROUTINE = "task or function"
_READ_TOO = frozenset({ast.ArgumentDirection.InOut, ast.ArgumentDirection.Ref})


@dataclass(slots=True)
class Uses:
    """The names of one symbol in its module, in the order of the text: (range, what writes there), and what reads."""

    writes: list[tuple[pyslang.SourceRange, str]] = field(default_factory=list)
    reads: list[pyslang.SourceRange] = field(default_factory=list)


def uses(body: ast.InstanceBodySymbol, symbol: ast.ValueSymbol) -> Uses:
    """Where `symbol` is written and read in the module, connections of instances included.

    An index is read, also on the left of an assignment; `+=`, `++` and an inout connection both write and read.
    """
    walk = _Walk(symbol)
    body.visit(lookup_table=walk.table())
    found = Uses()
    for key in sorted(walk.named):
        note = walk.written.get(key)
        if note is not None:
            found.writes.append((walk.named[key], note))
        if note is None or key in walk.read_too:
            found.reads.append(walk.named[key])
    return found


def key_of(given: pyslang.SourceRange) -> Key:
    """A range's place in the text: a name that is elaborated more than once has one."""
    return given.start.buffer.id, given.start.offset


class _Walk:
    """Collects the names of one symbol; what is visited first (process, assignment) tells what the name is for."""

    def __init__(self, symbol: ast.ValueSymbol) -> None:
        self.symbol = symbol
        self.named: dict[Key, pyslang.SourceRange] = {}
        self.written: dict[Key, str] = {}
        self.read_too: set[Key] = set()
        self._holder = ""

    def table(self) -> dict[object, object]:
        return {
            ast.ExpressionKind.NamedValue: self._name,
            ast.ExpressionKind.Assignment: self._assignment,
            ast.ExpressionKind.UnaryOp: self._step,
            ast.ExpressionKind.Call: self._call,
            ast.SymbolKind.Instance: self._instance,
            ast.SymbolKind.ProceduralBlock: self._process,
            ast.SymbolKind.ContinuousAssign: lambda _: self._enter("assign"),
            ast.SymbolKind.Subroutine: lambda _: self._enter(SUBROUTINE),
        }

    def _enter(self, holder: str) -> None:
        self._holder = holder

    def _process(self, block: ast.ProceduralBlockSymbol) -> None:
        self._enter(_PROCESSES.get(block.procedureKind, ""))

    def _name(self, expression: ast.NamedValueExpression) -> None:
        if expression.symbol == self.symbol:
            self.named[key_of(expression.sourceRange)] = expression.sourceRange

    def _assignment(self, expression: ast.AssignmentExpression) -> None:
        self._write(expression.left, expression.isCompound)

    def _step(self, expression: ast.UnaryExpression) -> None:
        if expression.op in _STEPS:
            self._write(expression.operand, True)

    def _call(self, expression: ast.CallExpression) -> None:
        """Output arguments are assignments; those of the directions that carry in as well are read, too."""
        if isinstance(expression.subroutine, ast.SubroutineSymbol):
            for formal, given in zip(expression.subroutine.arguments, expression.arguments, strict=False):
                if formal.direction in _READ_TOO:
                    self._write(given.left if isinstance(given, ast.AssignmentExpression) else given, True)

    def _instance(self, instance: ast.InstanceSymbol) -> ast.VisitAction:
        before, self._holder = self._holder, f"instance {instance.name}"
        table = self.table()
        for item in instance.portConnections:
            given = item.expression
            if given is not None:
                given.visit(lookup_table=table)
                if isinstance(given, ast.AssignmentExpression):
                    self._write(given.left, getattr(item.port, "direction", None) in _READ_TOO)
        self._holder = before
        return ast.VisitAction.Skip

    def _write(self, target: ast.Expression, reads: bool) -> None:
        for name in _targets(target):
            if name.symbol == self.symbol:
                key = key_of(name.sourceRange)
                self.written[key] = self._holder
                if reads:
                    self.read_too.add(key)


def _targets(expression: ast.Expression) -> Iterator[ast.NamedValueExpression]:
    """The names that an assignment to the expression writes: not those of its indices."""
    if isinstance(expression, ast.NamedValueExpression):
        yield expression
    elif isinstance(expression, (ast.ElementSelectExpression, ast.RangeSelectExpression, ast.MemberAccessExpression)):
        yield from _targets(expression.value)
    elif isinstance(expression, ast.ConversionExpression):
        yield from _targets(expression.operand)
    elif isinstance(expression, ast.AssignmentExpression):
        yield from _targets(expression.left)
    elif isinstance(expression, ast.ConcatenationExpression):
        for part in expression.operands:
            yield from _targets(part)
    elif isinstance(expression, ast.StreamingConcatenationExpression):
        for stream in expression.streams:
            yield from _targets(stream.operand)
    elif isinstance(expression, ast.SimpleAssignmentPatternExpression):
        for element in expression.elements:
            yield from _targets(element)


_SOURCES = {
    analysis.DriverSource.Initial: "initial",
    analysis.DriverSource.Final: "final",
    analysis.DriverSource.Always: "always",
    analysis.DriverSource.AlwaysComb: "always_comb",
    analysis.DriverSource.AlwaysLatch: "always_latch",
    analysis.DriverSource.AlwaysFF: "always_ff",
    analysis.DriverSource.Subroutine: SUBROUTINE,
}


def note_of(driver: analysis.ValueDriver) -> str:
    """What drives, in a word or two, for a driver that slang lists."""
    if driver.isInputPort:
        return "input port"
    holder = driver.containingSymbol
    if isinstance(holder, ast.InstanceSymbol):
        return f"instance {holder.name}"
    if driver.kind is analysis.DriverKind.Continuous:
        return "assign"
    return _SOURCES.get(driver.source, "")
