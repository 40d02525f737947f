"""Rule: a variable driven by two plain `always` blocks. slang itself reports it for always_comb and always_ff only.

Left alone, as working designs are full of them: memories (two write ports), loop variables, writes whose index
is not constant, processes with delays or waits inside, and temporaries that no other block reads.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass

import pyslang
from pyslang import analysis, ast
from signoff.verifiers.hdl.rules import Fault

CODE = "MultipleDrivers"
_LOOP_HEAD = re.compile(r"for\s*\(\s*(?:[^;()]*,\s*)?\Z")
_ASSIGN = re.compile(r"[^;=<]*(<=|=)")

# The text around a place: (what stands before it, what comes after it).
Around = Callable[[pyslang.SourceRange], tuple[str, str]]


@dataclass(frozen=True, slots=True)
class _Write:
    block: int
    bounds: tuple[int, int]
    range: pyslang.SourceRange


class DriverRule:
    """Collects what each block writes while slang analyses it, and compares afterwards."""

    def __init__(self) -> None:
        self._blocks = 0
        self._writes: dict[ast.ValueSymbol, list[_Write]] = {}

    def visit(self, procedure: analysis.AnalyzedProcedure) -> None:
        """Take in one procedure. Only to be called while slang analyses it."""
        symbol = procedure.analyzedSymbol
        self._blocks += 1
        if not isinstance(symbol, ast.ProceduralBlockSymbol) or len(procedure.timingControls) != 1:
            return
        if symbol.procedureKind is not ast.ProceduralBlockKind.Always:
            return
        for driver in procedure.drivers:
            if driver.source is analysis.DriverSource.Always and not driver.flags:
                write = _Write(self._blocks, driver.bounds, driver.sourceRange)
                self._writes.setdefault(driver.symbol, []).append(write)

    def faults(self, manager: analysis.AnalysisManager, around: Around) -> list[Fault]:
        """What was found. Forgets everything: what is kept would keep the whole design in memory."""
        collected, self._writes = self._writes, {}
        result = []
        for symbol, writes in collected.items():
            clash = _clash(writes) if len(writes) > 1 and _counts(symbol) else None
            if clash is not None and not _is_harmless(symbol, writes, manager, around):
                result.append(_fault(symbol.name, *clash))
        return result


def _counts(symbol: ast.ValueSymbol) -> bool:
    """True for a plain vector: `integer` is what loops count with, an unpacked array is a memory."""
    return bool(symbol.type.isIntegral) and not symbol.type.isPredefinedInteger


def _clash(writes: list[_Write]) -> tuple[_Write, _Write] | None:
    for number, first in enumerate(writes):
        for second in writes[number + 1 :]:
            (low, high), (other_low, other_high) = first.bounds, second.bounds
            if first.block != second.block and low <= other_high and other_low <= high:
                return first, second
    return None


def _is_harmless(
    symbol: ast.ValueSymbol, writes: list[_Write], manager: analysis.AnalysisManager, around: Around
) -> bool:
    texts = [around(write.range) for write in writes]
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
    if isinstance(scope, ast.InstanceBodySymbol) and scope.findPort(symbol.name) is not None:
        return True
    for procedure in analyzed.procedures:
        reads = any(read.symbol == symbol for read in procedure.readSet)
        if reads and not any(driver.symbol == symbol for driver in procedure.drivers):
            return True
    return False


def _fault(name: str, first: _Write, second: _Write) -> Fault:
    return Fault(
        CODE,
        second.range,
        f"'{name}' is driven by two always blocks: which value it holds is up to the simulator",
        notes=((first.range, "the other driver"),),
        data=(("arg0", name),),
    )
