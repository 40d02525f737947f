"""Two circuits of one module, register by register: what is left to prove for them to be the same.

Where every bit of state of the one has its counterpart in the other (same name, same kind, same reset, same value at
power-up), and each takes the same values as long as all of them hold the same, both behave the same for ever: by
induction over time. So it is for instances of modules that are the same, cut like registers. What has the very same
structure is the same; what has not is left as a pair of purely combinational circuits for a SAT solver.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field

from signoff.verifiers.hdl.netlist import Bit, Cell, Circuit, Unsupported

Key = tuple[object, ...]
# Each bit of what these give depends on the bits at its own place alone, where all have the same width.
BITWISE = frozenset(("$not", "$and", "$or", "$xor", "$xnor", "$mux", "$bwmux", "$buf", "$pos"))


@dataclass(frozen=True, slots=True)
class Pair:
    """A net of the one circuit that has to equal one of the other; `what` it is, for a person."""

    what: str
    gold: Bit
    gate: Bit


@dataclass(slots=True)
class Side:
    """One circuit, with the names under which its inputs correspond to the other's."""

    circuit: Circuit
    free: dict[Bit, Key] = field(default_factory=dict)
    ids: dict[Bit, int] = field(default_factory=dict)
    cells: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Open:
    """What is left to prove of a module: pairs of nets, each a function of the same inputs."""

    gold: Side
    gate: Side
    pairs: tuple[Pair, ...]


def correspond(gold: Circuit, gate: Circuit) -> Open:
    """What is left to prove for two circuits to be the same. Raises Unsupported where they do not correspond."""
    if gold.ports != gate.ports:
        raise Unsupported(f"the ports differ: {_listed(_differing(gold.ports, gate.ports))}")
    if gold.defaults != gate.defaults:
        raise Unsupported("the parameters or their values differ")
    one, other = Side(gold), Side(gate)
    for side in (one, other):
        for name, bits in side.circuit.inputs.items():
            side.free.update({bit: ("input", name, number) for number, bit in enumerate(bits)})
    pairs = [
        Pair(f"output {name}", *bits)
        for name in gold.outputs
        for bits in zip(gold.outputs[name], gate.outputs[name], strict=True)
    ]
    pairs += _instances(one, other)
    pairs += _registers(one, other)
    _undriven(one, other)
    table: dict[Key, int] = {}
    for side, nets in ((one, [pair.gold for pair in pairs]), (other, [pair.gate for pair in pairs])):
        _identify(side, nets, table)
    pairs += _effects(one, other, table)
    return Open(one, other, tuple(pair for pair in pairs if one.ids[pair.gold] != other.ids[pair.gate]))


def _instances(gold: Side, gate: Side) -> Iterator[Pair]:
    ours, theirs = gold.circuit.instances, gate.circuit.instances
    if ours.keys() != theirs.keys():
        raise Unsupported(f"the instances and memories differ: {_listed(ours.keys() ^ theirs.keys())}")
    for name, cell in ours.items():
        other = theirs[name]
        if (cell.kind, cell.parameters) != (other.kind, other.parameters) or _shape(cell) != _shape(other):
            raise Unsupported(f"{name} is another module or memory, or has other parameters or ports")
        for side, one in ((gold, cell), (gate, other)):
            side.free.update({bit: (name, port, at) for port, bits in one.outputs for at, bit in enumerate(bits)})
        yield from _inputs(name, cell, other)


def _shape(cell: Cell) -> list[tuple[str, int]]:
    return [(port, len(bits)) for port, bits in (*cell.inputs, *cell.outputs)]


def _inputs(name: str, one: Cell, other: Cell) -> Iterator[Pair]:
    for (port, ours), (_, theirs) in zip(one.inputs, other.inputs, strict=True):
        yield from (Pair(f"{port} of {name}", *bits) for bits in zip(ours, theirs, strict=True))


def _registers(gold: Side, gate: Side) -> Iterator[Pair]:
    """The pairs of what each register takes, of those on which anything depends."""
    alive = _alive(gold.circuit), _alive(gate.circuit)
    partners = _partners(gold.circuit, gate.circuit, alive)
    for ours, theirs in partners.items():
        one, other = gold.circuit.registers[ours], gate.circuit.registers[theirs]
        name = _name(gold.circuit, ours)
        if one.kind != other.kind or [port for port, _ in one.takes] != [port for port, _ in other.takes]:
            raise Unsupported(f"the register {name} is of another kind, or has another reset or initial value")
        gold.free[ours] = gate.free[theirs] = ("register", ours)
        yield from (
            Pair(f"{port} of register {name}", bit, counterpart)
            for (port, bit), (_, counterpart) in zip(one.takes, other.takes, strict=True)
        )


def _partners(gold: Circuit, gate: Circuit, alive: tuple[set[Bit], set[Bit]]) -> dict[Bit, Bit]:
    by_name = {name: bit for bit in gate.registers for name in gate.names.get(bit, ())}
    partners: dict[Bit, Bit] = {}
    for bit in gold.registers:
        found = {by_name[name] for name in gold.names.get(bit, ()) if name in by_name}
        if len(found) == 1 and (bit in alive[0] or found & alive[1]):
            partners[bit] = found.pop()
        elif bit in alive[0]:
            raise Unsupported(f"the register {_name(gold, bit)} has no counterpart")
    twice = [bit for bit, count in Counter(partners.values()).items() if count > 1]
    if twice or not alive[1] <= set(partners.values()):
        lone = (twice or sorted(map(str, alive[1] - set(partners.values()))))[0]
        raise Unsupported(f"the register {_name(gate, lone)} has no counterpart of its own")
    return partners


def _alive(circuit: Circuit) -> set[Bit]:
    """The registers on which an output, an instance or a check depends."""
    todo = [bit for bits in circuit.outputs.values() for bit in bits]
    todo += [bit for cell in (*circuit.instances.values(), *circuit.effects) for _, bits in cell.inputs for bit in bits]
    seen, cells, alive = set(todo), set[str](), set[Bit]()
    while todo:
        bit = todo.pop()
        fed: Iterable[Bit] = ()
        if bit in circuit.registers:
            alive.add(bit)
            fed = (one for _, one in circuit.registers[bit].takes)
        elif bit in circuit.driver and (name := circuit.driver[bit][0]) not in cells:
            cells.add(name)
            fed = (one for _, bits in circuit.cells[name].inputs for one in bits)
        fresh = set(fed) - seen
        seen |= fresh
        todo += fresh
    return alive


def _undriven(gold: Side, gate: Side) -> None:
    """Nets that nothing drives correspond by their names; one without a counterpart equals no other net."""
    by_name = {name: bit for bit in gate.circuit.undriven for name in gate.circuit.names.get(bit, ())}
    for bit in gold.circuit.undriven:
        gold.free[bit] = ("undriven", "before", bit)
        for name in gold.circuit.names.get(bit, ()):
            if name in by_name and by_name[name] not in gate.free:
                gate.free[by_name[name]] = gold.free[bit]
                break
    for bit in gate.circuit.undriven:
        gate.free.setdefault(bit, ("undriven", "after", bit))


def _effects(gold: Side, gate: Side, table: dict[Key, int]) -> Iterator[Pair]:
    """Checks and prints: those that take the same are the same; the others are paired in their order."""
    groups = defaultdict[Key, tuple[list[Cell], list[Cell]]](lambda: ([], []))
    for number, side in enumerate((gold, gate)):
        for cell in side.circuit.effects:
            groups[cell.kind, cell.parameters, tuple(_shape(cell))][number].append(cell)
            _identify(side, [bit for _, bits in cell.inputs for bit in bits], table)
    for (kind, *_), (ours, theirs) in groups.items():
        if len(ours) != len(theirs):
            raise Unsupported(f"a {str(kind)[1:]} statement has no counterpart")
        left = list(theirs)
        for cell in ours:
            same = [other for other in left if _taken(gold, cell) == _taken(gate, other)]
            other = same[0] if same else left[0]
            left.remove(other)
            yield from _inputs(f"a {str(kind)[1:]} statement", cell, other)


def _taken(side: Side, cell: Cell) -> list[int]:
    return [side.ids[bit] for _, bits in cell.inputs for bit in bits]


def _identify(side: Side, nets: Iterable[Bit], table: dict[Key, int]) -> None:
    """Number the nets so that two of the same number, on either side, are the same function of the inputs.

    Raises Unsupported for a combinational loop.
    """
    open_: set[Key] = set()
    todo: list[tuple[Bit, bool]] = [(bit, False) for bit in nets]
    while todo:
        bit, ready = todo.pop()
        if bit in side.ids:
            continue
        node, fed = _node(side, bit)
        if not ready:
            if node in open_:
                raise Unsupported(f"a combinational loop through {_name(side.circuit, bit)}")
            open_.add(node)
            todo.append((bit, True))
            todo += [(one, False) for one in fed if one not in side.ids]
            continue
        open_.discard(node)
        side.ids[bit] = table.setdefault(_key(side, bit, fed, table), len(table))


def _node(side: Side, bit: Bit) -> tuple[Key, tuple[Bit, ...]]:
    """What a loop would go through twice, and the nets that it depends on."""
    if isinstance(bit, str) or bit in side.free:
        return ("net", bit), ()
    if bit not in side.circuit.driver:
        raise Unsupported(f"{_name(side.circuit, bit)} is neither driven nor known")
    name, _, number = side.circuit.driver[bit]
    cell = side.circuit.cells[name]
    if _bitwise(cell):
        return (name, number), tuple(bits[number] if len(bits) > 1 else bits[0] for _, bits in cell.inputs)
    return (name, bit), tuple(one for _, bits in cell.inputs for one in bits)


def _bitwise(cell: Cell) -> bool:
    if cell.kind not in BITWISE:
        return False
    width = len(cell.outputs[0][1])
    return all(len(bits) == width or (cell.kind == "$mux" and port == "S") for port, bits in cell.inputs)


def _key(side: Side, bit: Bit, fed: tuple[Bit, ...], table: dict[Key, int]) -> Key:
    if isinstance(bit, str):
        return ("constant", bit)
    if bit in side.free:
        return ("free", *side.free[bit])
    name, port, number = side.circuit.driver[bit]
    cell = side.circuit.cells[name]
    if _bitwise(cell):
        return (cell.kind, *(side.ids[one] for one in fed))
    if name not in side.cells:
        taken = tuple((of, tuple(side.ids[one] for one in bits)) for of, bits in cell.inputs)
        side.cells[name] = table.setdefault(("cell", cell.kind, cell.parameters, taken), len(table))
    return ("bit", side.cells[name], port, number)


def _name(circuit: Circuit, bit: Bit) -> str:
    found = min(circuit.names.get(bit, ()), default=None)
    return f"{found[0]}[{found[1]}]" if found else "without a name"


def _differing(one: dict[str, tuple[str, int]], other: dict[str, tuple[str, int]]) -> Iterator[str]:
    return (name for name in {**one, **other} if one.get(name) != other.get(name))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names)[:4])
