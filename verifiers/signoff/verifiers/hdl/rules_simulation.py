"""What tells a simulation model from hardware: blocks that print, stop the simulation or wait."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from pyslang import analysis, ast

# System calls that are tasks of a simulation; functions such as $signed, $clog2 or $past are hardware's, too.
_TASKS = frozenset({"finish", "stop", "exit", "fatal", "readmemh", "readmemb", "fclose", "fopen", "time", "realtime"})
_PRINTING = ("display", "write", "monitor", "strobe", "fdisplay", "fwrite", "fmonitor", "fstrobe", "dump", "random")
_EVENTS = {ast.TimingControlKind.SignalEvent, ast.TimingControlKind.EventList, ast.TimingControlKind.ImplicitEvent}


def is_simulation_task(name: str) -> bool:
    """True for the name of a system task that only a simulator knows ("$display")."""
    return name.startswith("$") and (name[1:] in _TASKS or name[1:].startswith(_PRINTING))


def is_monitor(procedure: analysis.AnalyzedProcedure) -> bool:
    """True for a block that prints, stops the simulation or calls C: it watches the design and is no part of it."""
    return any(is_simulation_task(call.subroutineName) or _is_foreign(call) for call in procedure.callExpressions)


def _is_foreign(call: ast.CallExpression) -> bool:
    called = call.subroutine
    return isinstance(called, ast.SubroutineSymbol) and bool(called.flags & ast.MethodFlags.DPIImport)


def is_model(scope: ast.Scope | None) -> bool:
    """True for a module that can only be simulated: an always block or a task of it prints, stops or waits.

    So is one without ports (a testbench), and one with path delays (`specify`), as vendors' cells have them.
    Initial blocks do not count: many a design checks its parameters there.
    """
    body = scope.containingInstance if scope is not None else None
    if body is None:
        return False
    if not body.portList or any(member.kind is ast.SymbolKind.SpecifyBlock for member in body):
        return True
    return any(map(_simulates, _code(body)))


def _code(scope: Iterable[ast.Symbol]) -> Iterator[ast.Statement]:
    for member in scope:
        if isinstance(member, (ast.GenerateBlockSymbol, ast.GenerateBlockArraySymbol)):
            yield from _code(member)
        elif isinstance(member, ast.ProceduralBlockSymbol):
            if member.procedureKind is ast.ProceduralBlockKind.Always:
                yield member.body
        elif isinstance(member, ast.SubroutineSymbol):
            yield member.body


def _simulates(body: ast.Statement) -> bool:
    found: list[object] = []

    def call(node: ast.CallExpression) -> object:
        return stop(node) if is_simulation_task(node.subroutineName) else None

    def timed(node: ast.TimedStatement) -> object:
        return stop(node) if node.timing.kind not in _EVENTS else None

    def stop(node: object) -> object:
        found.append(node)
        return ast.VisitAction.Interrupt

    handlers = {
        ast.ExpressionKind.Call: call,
        ast.StatementKind.Timed: timed,
        ast.StatementKind.Wait: stop,
    }
    body.visit(lookup_table=handlers)
    return bool(found)
