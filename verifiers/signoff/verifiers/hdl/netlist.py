"""A module of a Yosys JSON netlist as a combinational circuit: whatever keeps state, and every instance, is cut out.

The circuit's inputs are the module's own and what the cut cells give, its outputs the module's own and what they take.
Only cells that are known to be combinational stay in it, so a cell that nobody has thought of is cut as well.
Format: `help write_json` of Yosys.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

# A net: a number, or "0", "1", "x", "z".
Bit = int | str

_COMBINATIONAL = """
not pos neg buf and or xor xnor reduce_and reduce_or reduce_xor reduce_xnor reduce_bool logic_not logic_and logic_or
shl shr sshl sshr shift shiftx lt le eq ne eqx nex ge gt add sub mul div mod divfloor modfloor pow
mux pmux bmux demux bweqx bwmux concat slice alu lcu macc fa lut
"""
_REGISTERS = "ff dff dffe adff adffe aldff aldffe dffsr dffsre sdff sdffe sdffce dlatch adlatch dlatchsr sr"
COMBINATIONAL = frozenset(f"${name}" for name in _COMBINATIONAL.split())
REGISTERS = frozenset(f"${name}" for name in _REGISTERS.split())
# Ports of a register that have a bit for each of its own, and parameters with one.
BY_BIT = frozenset(("D", "AD", "SET", "CLR"))
VALUES = frozenset(("ARST_VALUE", "SRST_VALUE"))
# Cells that only describe, and those whose value nobody knows.
IGNORED = frozenset(("$scopeinfo",))
FREE = frozenset(("$anyconst", "$anyseq", "$allconst", "$allseq", "$initstate", "$assume", "$live", "$fair", "$tribuf"))


# Checks and prints: they give nothing to any net.
EFFECTS = frozenset(("$check", "$print", "$assert", "$cover", "$assume", "$live", "$fair"))


class Unsupported(Exception):
    """Something in the design that cannot be compared; the text says what, for a person."""


@dataclass(frozen=True, slots=True)
class Register:
    """One bit of state: what it is (cell type, polarities, reset value, value at power-up) and what it takes."""

    kind: tuple[object, ...]
    takes: tuple[tuple[str, Bit], ...]


@dataclass(frozen=True, slots=True)
class Cell:
    """A cell with its parameters and what is connected to each of its ports, the lowest bit first."""

    kind: str
    parameters: tuple[tuple[str, str], ...]
    inputs: tuple[tuple[str, tuple[Bit, ...]], ...]
    outputs: tuple[tuple[str, tuple[Bit, ...]], ...]


@dataclass(slots=True)
class Circuit:
    """One module, cut. `registers` by the net that each drives; `instances` by name; `effects` take and give nothing
    (checks, prints). `driver` leads from a net to the combinational cell that drives it, with port and bit."""

    ports: dict[str, tuple[str, int]]
    defaults: tuple[tuple[str, str], ...]
    inputs: dict[str, tuple[Bit, ...]] = field(default_factory=dict)
    outputs: dict[str, tuple[Bit, ...]] = field(default_factory=dict)
    cells: dict[str, Cell] = field(default_factory=dict)
    registers: dict[Bit, Register] = field(default_factory=dict)
    instances: dict[str, Cell] = field(default_factory=dict)
    effects: list[Cell] = field(default_factory=list)
    driver: dict[Bit, tuple[str, str, int]] = field(default_factory=dict)
    names: dict[Bit, set[tuple[str, int]]] = field(default_factory=dict)
    undriven: set[Bit] = field(default_factory=set)


def circuit(module: Mapping[str, Any]) -> Circuit:
    """The circuit of a module of the netlist. Raises Unsupported."""
    made = Circuit(
        {name: (port["direction"], len(port["bits"])) for name, port in module["ports"].items()},
        tuple(sorted(module.get("parameter_default_values", {}).items())),
    )
    for name, port in module["ports"].items():
        if port["direction"] == "inout":
            raise Unsupported(f"the port {name} is bidirectional")
        (made.inputs if port["direction"] == "input" else made.outputs)[name] = tuple(port["bits"])
    initial = _names(made, module)
    driven = _Drivers(made)
    unknown: dict[str, Mapping[str, Any]] = {}
    for name, cell in module["cells"].items():
        if not cell.get("port_directions") and cell["connections"] and not cell["type"].startswith("$"):
            unknown[name] = cell
        elif cell["type"] not in IGNORED:
            _add(made, name, cell, initial, driven)
    _find_undriven(made, driven, unknown)
    return made


def _names(made: Circuit, module: Mapping[str, Any]) -> dict[Bit, str]:
    """Fills in the names that the source has for each net; returns the values at power-up."""
    initial: dict[Bit, str] = {}
    for name, net in module["netnames"].items():
        value = str(net.get("attributes", {}).get("init", ""))[::-1]
        for number, bit in enumerate(net["bits"]):
            if not net["hide_name"]:
                made.names.setdefault(bit, set()).add((name, number))
            known = number < len(value) and value[number] in "01"
            if known and initial.setdefault(bit, value[number]) != value[number]:
                raise Unsupported(f"{name} has two values at power-up")
    return initial


class _Drivers:
    """Which nets are driven; each by one thing only."""

    def __init__(self, made: Circuit) -> None:
        self.known: set[Bit] = set()
        for name, bits in made.inputs.items():
            self.add(bits, name)

    def add(self, bits: tuple[Bit, ...], name: str) -> None:
        for bit in bits:
            if isinstance(bit, str) or bit in self.known:
                raise Unsupported(f"a net that {name} drives has another driver")
            self.known.add(bit)


def _add(made: Circuit, name: str, raw: Mapping[str, Any], initial: Mapping[Bit, str], driven: _Drivers) -> None:
    kind = raw["type"]
    if kind in FREE:
        raise Unsupported(f"{kind[1:]} cells are not compared")
    cell = _cell(raw)
    for _, bits in cell.outputs:
        driven.add(bits, name if not raw["hide_name"] else f"a {kind} cell")
    if kind in COMBINATIONAL:
        made.cells[name] = cell
        for port, bits in cell.outputs:
            made.driver.update({bit: (name, port, number) for number, bit in enumerate(bits)})
    elif kind in REGISTERS:
        made.registers.update(_registers(cell, initial))
    elif cell.outputs or not raw["hide_name"]:
        made.instances[name] = cell
    else:
        made.effects.append(cell)


def _cell(raw: Mapping[str, Any]) -> Cell:
    directions = raw.get("port_directions", {})
    if set(directions) < set(raw["connections"]) or "inout" in directions.values():
        raise Unsupported(f"the direction of a port of {raw['type']} is not known, or it has both")
    parameters = tuple(sorted((key, str(value)) for key, value in raw["parameters"].items()))
    takes, gives = (
        tuple((port, tuple(bits)) for port, bits in sorted(raw["connections"].items()) if directions[port] == way)
        for way in ("input", "output")
    )
    return Cell(raw["type"], parameters, takes, gives)


def _registers(cell: Cell, initial: Mapping[Bit, str]) -> Iterator[tuple[Bit, Register]]:
    (_, state), *others = cell.outputs
    if others:
        raise Unsupported(f"a {cell.kind} cell with more than one output")
    whole = tuple((key, value) for key, value in cell.parameters if key not in VALUES | {"WIDTH"})
    for number, bit in enumerate(state):
        values = tuple((key, value[::-1][number]) for key, value in cell.parameters if key in VALUES)
        takes = [
            (f"{port}[{at}]" if port not in BY_BIT else port, one)
            for port, bits in cell.inputs
            for at, one in ([(0, bits[number])] if port in BY_BIT else enumerate(bits))
        ]
        yield bit, Register((cell.kind, whole, values, initial.get(bit, "x")), tuple(takes))


def _find_undriven(made: Circuit, driven: _Drivers, unknown: Mapping[str, Mapping[str, Any]]) -> None:
    """Nets that nothing drives; those at an instance of a module that is not there are taken for its outputs."""
    for name, raw in unknown.items():
        ports = sorted((port, tuple(bits)) for port, bits in raw["connections"].items())
        gives = [(port, bits) for port, bits in ports if bits and not any(_given(bit, driven) for bit in bits)]
        takes = [(port, bits) for port, bits in ports if (port, bits) not in gives]
        if any(not _given(bit, driven) for _, bits in takes for bit in bits):
            raise Unsupported(f"{name} is an instance of a module that is not there, of unclear ports")
        for _, bits in gives:
            driven.add(bits, name)
        parameters = tuple(sorted((key, str(value)) for key, value in raw["parameters"].items()))
        made.instances[name] = Cell(raw["type"], parameters, tuple(takes), tuple(gives))
    used = [bit for bits in made.outputs.values() for bit in bits]
    used += [bit for cell in (*made.cells.values(), *made.instances.values(), *made.effects) for bit in _takes(cell)]
    used += [bit for register in made.registers.values() for _, bit in register.takes]
    made.undriven = {bit for bit in used if isinstance(bit, int) and bit not in driven.known}


def _given(bit: Bit, driven: _Drivers) -> bool:
    return isinstance(bit, str) or bit in driven.known


def _takes(cell: Cell) -> Iterator[Bit]:
    return (bit for _, bits in cell.inputs for bit in bits)
