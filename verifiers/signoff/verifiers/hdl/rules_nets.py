"""Rule: a wire that two drivers hold at once, which slang and Verilator accept and no synthesizer does.

Asked of completions only: a name taken for another's is a model's usual fault, and a file that is being written may
hold both drivers for a while. Left alone is all that may take turns: wired and tri-state nets, drivers that say 'z,
primitives, pins that go both ways, drivers with a strength, and drivers of different bits.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator

from pyslang import analysis, ast

from signoff.verifiers.hdl.rules import Fault

CODE = "ConflictingDrivers"
# High impedance as a value: 1'bz, 'z, 8'hZZ, 4'b1?z0.
_LETS_GO = re.compile(r"'[sS]?[bBoOhHdD]?[0-9a-fA-F_?xX]*[zZ]")
_GATES = re.compile(r"\b(?:bufif|notif|r?[np]mos|r?cmos|r?tran|pull(?:up|down))")
_STRENGTH = re.compile(r"\(\s*(?:supply|strong|pull|weak|highz)[01]\b")
_WIRES = (ast.NetType.Wire, ast.NetType.UWire)

Driver = analysis.ValueDriver


def faults(instances: Iterable[ast.InstanceSymbol], manager: analysis.AnalysisManager) -> list[Fault]:
    """The wires that are held twice in the modules of these instances, each module looked at once."""
    bodies: dict[str, ast.InstanceBodySymbol] = {}
    for instance in instances:
        bodies.setdefault(instance.body.definition.name, instance.body)
    found = (_conflict(net, manager) for body in bodies.values() for net in _nets(body))
    return [fault for fault in found if fault is not None]


def _nets(scope: Iterable[ast.Symbol]) -> Iterator[ast.NetSymbol]:
    for member in scope:
        if isinstance(member, ast.NetSymbol):
            yield member
        elif isinstance(member, ast.GenerateBlockArraySymbol) or (
            isinstance(member, ast.GenerateBlockSymbol) and not member.isUninstantiated
        ):
            yield from _nets(member)


def _conflict(net: ast.NetSymbol, manager: analysis.AnalysisManager) -> Fault | None:
    drivers = manager.getDrivers(net)
    if len(drivers) < 2 or net.netType.netKind not in _WIRES:
        return None
    drivers = sorted(drivers, key=lambda driver: (driver.sourceRange.start.buffer.id, driver.sourceRange.start.offset))
    for number, first in enumerate(drivers):
        for second in drivers[number + 1 :]:
            if _overlap(first, second) and _holds(first) and _holds(second):
                return _fault(net.name, first, second)
    return None


def _overlap(first: Driver, second: Driver) -> bool:
    (low, high), (other_low, other_high) = first.bounds, second.bounds
    return first.containingSymbol != second.containingSymbol and low <= other_high and other_low <= high


def _holds(driver: Driver) -> bool:
    """Whether a driver never lets go of the wire, as far as is known."""
    if driver.kind is not analysis.DriverKind.Continuous:
        return False
    symbol = driver.containingSymbol
    if isinstance(symbol, ast.ContinuousAssignSymbol):
        text = str(symbol.syntax.parent if symbol.syntax is not None else "")
        return not _LETS_GO.search(text) and not _STRENGTH.search(text)
    if isinstance(symbol, ast.InstanceSymbol):
        text = str(symbol.body.definition.syntax)
        return bool(driver.isUnidirectionalPort and not _LETS_GO.search(text) and not _GATES.search(text))
    # What is around the module drives its inputs; `wire a = b;` drives as an assignment does.
    return bool(driver.isInputPort or driver.flags & analysis.DriverFlags.Initializer.value)


def _fault(name: str, first: Driver, second: Driver) -> Fault:
    return Fault(
        CODE,
        second.sourceRange,
        f"'{name}' is driven twice at once: both drivers hold it all the time",
        notes=((first.sourceRange, "the other driver"),),
        data=(("arg0", name),),
    )
