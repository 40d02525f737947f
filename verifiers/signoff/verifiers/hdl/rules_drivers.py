"""Rule: a variable driven by two plain `always` blocks. slang itself reports it for always_comb and always_ff only.

Left alone, as working designs are full of them: memories (two write ports), loop variables, writes whose index
is not constant, processes with delays or waits inside, temporaries that no other block reads, and simulation models.
"""

from __future__ import annotations

import re
from collections.abc import Callable

import pyslang
from pyslang import analysis, ast

from signoff.verifiers.hdl.rules import Fault
from signoff.verifiers.hdl.rules_simulation import is_model

CODE = "MultipleDrivers"
_LOOP_HEAD = re.compile(r"for\s*\(\s*(?:[^;()]*,\s*)?\Z")
_ASSIGN = re.compile(r"[^;=<]*(<=|=)")

Driver = analysis.ValueDriver
# The text around a place: (what stands before it, what comes after it).
Around = Callable[[pyslang.SourceRange], tuple[str, str]]


class DriverRule:
    """Collects what each block writes while slang analyses it, and compares afterwards."""

    def __init__(self) -> None:
        self._blocks: dict[ast.ValueSymbol, list[ast.Symbol]] = {}

    def visit(self, procedure: analysis.AnalyzedProcedure) -> None:
        """Take in one procedure. Only to be called while slang analyses it."""
        block = procedure.analyzedSymbol
        if not isinstance(block, ast.ProceduralBlockSymbol) or len(procedure.timingControls) != 1:
            return
        sensitivity = procedure.sensitivityList
        if sensitivity is None or sensitivity.kind is analysis.SensitivityListKind.Dynamic:
            return
        if block.procedureKind is ast.ProceduralBlockKind.Always:
            # Every keystroke comes through here: no more is asked of a driver than what it drives.
            for symbol in {driver.symbol for driver in procedure.drivers}:
                self._blocks.setdefault(symbol, []).append(block)

    def faults(self, manager: analysis.AnalysisManager, around: Around) -> list[Fault]:
        """What was found. Forgets everything: what is kept would keep the whole design in memory."""
        collected, self._blocks = self._blocks, {}
        result = []
        for symbol, blocks in collected.items():
            if len(blocks) > 1 and _counts(symbol):
                writes = [driver for driver in manager.getDrivers(symbol) if _is_plain(driver, blocks)]
                clash = _clash(sorted(writes, key=lambda driver: driver.sourceRange.start.offset))
                if clash is not None and not _is_harmless(symbol, writes, manager, around):
                    result.append(_fault(symbol.name, *clash))
        return result


def _is_plain(driver: analysis.ValueDriver, blocks: list[ast.Symbol]) -> bool:
    return driver.source is analysis.DriverSource.Always and not driver.flags and driver.containingSymbol in blocks


def _counts(symbol: ast.ValueSymbol) -> bool:
    """True for a plain vector: `integer` is what loops count with, an unpacked array is a memory."""
    return bool(symbol.type.isIntegral) and not symbol.type.isPredefinedInteger


def _clash(writes: list[Driver]) -> tuple[Driver, Driver] | None:
    for number, first in enumerate(writes):
        for second in writes[number + 1 :]:
            (low, high), (other_low, other_high) = first.bounds, second.bounds
            if first.containingSymbol != second.containingSymbol and low <= other_high and other_low <= high:
                return first, second
    return None


def _is_harmless(
    symbol: ast.ValueSymbol, writes: list[Driver], manager: analysis.AnalysisManager, around: Around
) -> bool:
    if is_model(symbol.parentScope):
        return True
    texts = [around(write.sourceRange) for write in writes]
    if any(after.lstrip().startswith("[") for _, after in texts):
        return True  # only part of it is written, and which part is not known
    if any(_LOOP_HEAD.search(before) for before, _ in texts):
        return True
    kinds = [match[1] for _, after in texts if (match := _ASSIGN.match(after)) is not None]
    return "<=" not in kinds and not _is_read_elsewhere(symbol, manager)


def _is_read_elsewhere(symbol: ast.ValueSymbol, manager: analysis.AnalysisManager) -> bool:
    scope = symbol.parentScope
    analyzed = manager.getAnalyzedScope(scope) if scope is not None else None
    if analyzed is None:
        return False
    body = scope.containingInstance if scope is not None else None
    if body is not None and body.findPort(symbol.name) is not None:
        return True
    for procedure in analyzed.procedures:
        reads = any(read.symbol == symbol for read in procedure.readSet)
        if reads and not any(driver.symbol == symbol for driver in procedure.drivers):
            return True
    return False


def _fault(name: str, first: Driver, second: Driver) -> Fault:
    return Fault(
        CODE,
        second.sourceRange,
        f"'{name}' is driven by two always blocks: which value it holds is up to the simulator",
        notes=((first.sourceRange, "the other driver"),),
        data=(("arg0", name),),
    )
