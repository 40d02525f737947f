"""Rule: a block that no flip-flop can follow, as it waits for both edges of a signal or for two clocks.

A synthesizer takes one edge for the clock and looks for the others in the block's conditions, as resets. Two signals
that the block never reads cannot both be clocks. Yosys tells this too, but without a place.
"""

from __future__ import annotations

from pyslang import analysis, ast

from signoff.verifiers.hdl.rules import Fault
from signoff.verifiers.hdl.rules_simulation import is_model, is_monitor

CODE = "MultipleEdges"
_BLOCKS = {ast.ProceduralBlockKind.Always, ast.ProceduralBlockKind.AlwaysFF}

Edges = dict[ast.ValueSymbol, set[ast.EdgeKind]]


def check(procedure: analysis.AnalyzedProcedure) -> Fault | None:
    """The fault of one procedure, if it has one. Only to be called while slang analyses it."""
    sensitivity, block = procedure.sensitivityList, procedure.analyzedSymbol
    if sensitivity is None or sensitivity.kind is not analysis.SensitivityListKind.Explicit:
        return None
    if not isinstance(block, ast.ProceduralBlockSymbol) or block.procedureKind not in _BLOCKS:
        return None
    edges = _edges(sensitivity.timingControl)
    text = _reason(edges, procedure)
    if not text or len(procedure.timingControls) > 1 or not procedure.drivers or is_monitor(procedure):
        return None
    # A testbench and a simulation model may follow whatever they like.
    if is_model(block.parentScope):
        return None
    names = tuple((f"arg{number}", symbol.name) for number, symbol in enumerate(edges))
    return Fault(CODE, sensitivity.timingControl.sourceRange, text, data=names)


def _edges(control: ast.TimingControl) -> Edges:
    """The edges that are waited for; empty where anything but an edge of a plain signal is among them."""
    found: Edges = {}
    for event in control.events if isinstance(control, ast.EventListControl) else (control,):
        if not isinstance(event, ast.SignalEventControl) or event.iffCondition is not None:
            return {}
        symbol = event.expr.getSymbolReference() if event.expr.kind is ast.ExpressionKind.NamedValue else None
        if not isinstance(symbol, ast.ValueSymbol) or event.edge is ast.EdgeKind.None_:
            return {}
        found.setdefault(symbol, set()).add(event.edge)
    return found


def _reason(edges: Edges, procedure: analysis.AnalyzedProcedure) -> str:
    for symbol, kinds in edges.items():
        if len(kinds) > 1 or ast.EdgeKind.BothEdges in kinds:
            return f"no flip-flop follows both edges of '{symbol.name}': this cannot be synthesized"
    if len(edges) < 2:
        return ""
    read = {item.symbol for item in procedure.readSet}
    clocks = [symbol.name for symbol in edges if symbol not in read]
    if len(clocks) < 2:
        return ""
    return f"'{clocks[0]}' and '{clocks[1]}' both act as clocks here, as neither is tested: this cannot be synthesized"
