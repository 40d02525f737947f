"""The Yosys scripts of an equivalence proof, and what their logs say. Pure."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Sequence
from typing import Any

from signoff.verifiers.hdl import yosys_script
from signoff.verifiers.hdl.correspondence import Key, Open, Side
from signoff.verifiers.hdl.netlist import Bit, Unsupported
from signoff.verifiers.hdl.yosys_names import Names
from signoff.verifiers.project import Project

NETLIST, CHECK, PAIRS, LOG, PROVEN, FLAT = (
    "netlist.json", "check.txt", "pairs.json", "sat.txt", "proven.txt", "flat.il",
)  # fmt: skip
# Unlike the synthesis check, a proof must see values at power-up and checks.
SLANG = yosys_script.SLANG.replace(" --ignore-initial --ignore-assertions", "")
SLANG_WITHOUT_CHECKS = yosys_script.SLANG.replace(" --ignore-initial", "")
VERILOG = yosys_script.VERILOG
SUCCESS = "SAT proof finished - no model found: SUCCESS!"
BASE = re.compile(r"Base case for induction length (\d+) proven")
INDUCTION = "Induction step proven: SUCCESS!"
FOUND = "SAT solving finished - model found:"
# Only loops and nets with several drivers: of the rest, the netlist itself tells.
CONFLICT = re.compile(r"(multiple conflicting drivers for [^:\n]*|found logic loop in module [^:\n]*)")


def read(project: Project, names: Names, tops: Sequence[str], front_end: str) -> str:
    """Read a design and write each of its modules as a netlist of word-level cells, registers and memories."""
    return "\n".join(
        (
            yosys_script.reading(project, names, tops, front_end),
            "hierarchy",
            "proc",
            "memory_collect",
            f"tee -q -o {names.report(CHECK)} check",
            f"write_json {names.report(NETLIST)}",
            "",
        )
    )


def flatten(project: Project, names: Names, top: str, front_end: str) -> str:
    """Read a design and write its module `top`, with all below it, as one module of cells with one global clock."""
    return "\n".join(
        (
            yosys_script.reading(project, names, (top,), front_end),
            f"hierarchy -check -top {yosys_script.plain(top)}",
            "proc",
            "flatten",
            "memory_collect",
            "memory_map",
            "opt_clean",
            f"tee -q -o {names.report(CHECK)} check",
            "clk2fflogic",
            "opt_clean",
            "rename -top flat",
            f"write_rtlil {names.report(FLAT)}",
            "",
        )
    )


def combinational(names: Names, modules: Iterable[str], seconds: float) -> str:
    """Prove the pairs of modules of pairs.json, which hold no state, to be the same for all defined inputs."""
    lines = [f"read_json {names.report(PAIRS)}"]
    for number, _ in enumerate(modules):
        lines += [
            f"miter -equiv -make_outputs -flatten gold{number} gate{number} miter{number}",
            f"tee -q -a {names.report(LOG)} sat -verify -enable_undef -set-def-inputs -prove trigger 0"
            f" -timeout {max(int(seconds), 1)} miter{number}",
        ]
    return "\n".join((*lines, f"tee -q -o {names.report(PROVEN)} log proven", ""))


def sequential(names: Names, gold: str, gate: str, steps: int, seconds: float) -> str:
    """Prove two flat modules to be the same from power-up on, by induction or for so many steps.

    A state without a value at power-up begins undefined, and undefined outputs equal nothing but themselves.
    """
    return "\n".join(
        (
            *_miter(gold, gate),
            f"tee -q -o {names.report(LOG)} sat -tempinduct -maxsteps {steps} {_SEQUENTIAL} -prove trigger 0"
            f" -timeout {max(int(seconds), 1)} miter",
            "",
        )
    )


def defined(names: Names, gold: str, gate: str, step: int, outputs: Iterable[str], *, differ: bool) -> str:
    """Find inputs for which all outputs, of both, are defined at a step; and differ, where that is asked for."""
    wanted = " ".join(f"-set-def-at {step} {side}_{name}" for name in outputs for side in ("gold", "gate"))
    more = f" -set-at {step} trigger 1" if differ else ""
    found = f"sat {_SEQUENTIAL} -seq {step} {wanted}{more} -timeout 30 miter"
    return "\n".join((*_miter(gold, gate), f"tee -q -o {names.report(LOG)} {found}", ""))


_SEQUENTIAL = "-enable_undef -set-def-inputs -set-init-undef"


def _miter(gold: str, gate: str) -> tuple[str, ...]:
    return (
        f"read_rtlil {gold}",
        "rename flat gold",
        f"read_rtlil {gate}",
        "rename flat gate",
        "miter -equiv -make_outputs -flatten gold gate miter",
    )


def pairs(left: Sequence[Open]) -> str:
    """pairs.json: for each module its two sides with the same ports, holding what is left to prove and nothing else.

    Raises Unsupported for a value that a SAT solver does not know.
    """
    modules: dict[str, Any] = {}
    for number, one in enumerate(left):
        cones = [_cone(side, [getattr(pair, name) for pair in one.pairs]) for side, name in _sides(one)]
        free = sorted({key for _, keys in cones for key in keys.values()}, key=repr)
        for (side, name), (cells, keys) in zip(_sides(one), cones, strict=True):
            nets = {key: bit for bit, key in keys.items()}
            spare = iter(range(10**9, 2 * 10**9))
            ports = {f"i{at}": _port("input", nets.get(key, next(spare))) for at, key in enumerate(free)}
            ports |= {f"o{at}": _port("output", getattr(pair, name)) for at, pair in enumerate(one.pairs)}
            modules[f"{name}{number}"] = {"ports": ports, "cells": _cells(side, cells), "netnames": {}}
    return json.dumps({"modules": modules})


def _sides(one: Open) -> tuple[tuple[Side, str], tuple[Side, str]]:
    return (one.gold, "gold"), (one.gate, "gate")


def _port(direction: str, bit: Bit) -> dict[str, Any]:
    return {"direction": direction, "bits": [bit]}


def _cone(side: Side, nets: Sequence[Bit]) -> tuple[set[str], dict[Bit, Key]]:
    """The cells on which nets depend, and the inputs."""
    todo, seen, cells = list(nets), set[Bit](nets), set[str]()
    keys: dict[Bit, Key] = {}
    while todo:
        bit = todo.pop()
        if bit == "z":
            raise Unsupported("a net may float")
        if bit in side.free:
            keys[bit] = side.free[bit]
        elif bit in side.circuit.driver and (name := side.circuit.driver[bit][0]) not in cells:
            cells.add(name)
            fresh = {one for _, bits in side.circuit.cells[name].inputs for one in bits} - seen
            seen |= fresh
            todo += fresh
    return cells, keys


def _cells(side: Side, names: set[str]) -> dict[str, Any]:
    found: dict[str, Any] = {}
    for number, name in enumerate(sorted(names)):
        cell = side.circuit.cells[name]
        found[f"c{number}"] = {
            "type": cell.kind,
            "parameters": dict(cell.parameters),
            "attributes": {},
            "port_directions": {**{port: "input" for port, _ in cell.inputs}, **{p: "output" for p, _ in cell.outputs}},
            "connections": {port: list(bits) for port, bits in (*cell.inputs, *cell.outputs)},
        }
    return found
