"""Rule: an explicit, level-sensitive list that misses a signal the block reads (IEEE 1800-2017, 9.4.2.2).

Simulation then keeps the old output where the hardware follows the input. No tool at hand reports it.
"""

from __future__ import annotations

from collections.abc import Iterable

from pyslang import analysis, ast

from signoff.verifiers.hdl.rules import Fault
from signoff.verifiers.hdl.rules_simulation import is_model, is_monitor

CODE = "IncompleteSensitivityList"
_SIGNALS = {ast.SymbolKind.Net, ast.SymbolKind.Variable}
_EDGES = {ast.EdgeKind.PosEdge, ast.EdgeKind.NegEdge, ast.EdgeKind.BothEdges}


def check(procedure: analysis.AnalyzedProcedure) -> Fault | None:
    """The fault of one procedure, if it has one. Only to be called while slang analyses it."""
    sensitivity = procedure.sensitivityList
    if sensitivity is None or sensitivity.kind is not analysis.SensitivityListKind.Explicit:
        return None
    symbol = procedure.analyzedSymbol
    if not isinstance(symbol, ast.ProceduralBlockSymbol) or symbol.procedureKind is not ast.ProceduralBlockKind.Always:
        return None
    control = sensitivity.timingControl
    # Delays or waits inside make it a testbench's process, which may well watch one signal only.
    if not _is_level_sensitive(control) or len(procedure.timingControls) > 1 or not procedure.drivers:
        return None
    missing = _missing(procedure, sensitivity.reads)
    if not missing or is_monitor(procedure) or is_model(symbol.parentScope):
        return None
    names = ", ".join(f"'{name}'" for name in missing)
    return Fault(
        CODE,
        control.sourceRange,
        f"sensitivity list misses {names}, read in this block: simulation will not follow, the hardware will",
        data=tuple((f"arg{number}", name) for number, name in enumerate(missing)),
    )


def _is_level_sensitive(control: ast.TimingControl) -> bool:
    events: Iterable[ast.TimingControl] = control.events if isinstance(control, ast.EventListControl) else (control,)
    return all(
        isinstance(event, ast.SignalEventControl) and event.edge not in _EDGES and event.iffCondition is None
        for event in events
    )


def _missing(procedure: analysis.AnalyzedProcedure, listed: Iterable[analysis.ReadRange]) -> list[str]:
    """Names of module-level signals that are read, not listed and not written by the block itself."""
    known: dict[ast.ValueSymbol, list[tuple[int, int]]] = {}
    for read in listed:
        known.setdefault(read.symbol, []).append(read.bitRange)
    written = {driver.symbol for driver in procedure.drivers}
    names: dict[str, None] = {}
    for read in procedure.readSet:
        symbol, bits = read.symbol, read.bitRange
        if symbol in written or not _is_signal(symbol):
            continue
        if not any(low <= bits[1] and bits[0] <= high for low, high in known.get(symbol, ())):
            names[symbol.name] = None
    return list(names)


def _is_signal(symbol: ast.ValueSymbol) -> bool:
    scope = symbol.parentScope
    if symbol.kind not in _SIGNALS or scope is None or scope.isProceduralContext or scope.containingInstance is None:
        return False
    # A memory is left out: a list cannot name it in Verilog-2001, and its index is what the block follows.
    return bool(symbol.type.isIntegral) and not (isinstance(symbol, ast.VariableSymbol) and _is_constant(symbol))


def _is_constant(symbol: ast.VariableSymbol) -> bool:
    return bool(symbol.flags & ast.VariableFlags.Const)
