"""What synthesis says of each module: its registers, latches, memories and cells. Pure."""

from __future__ import annotations

import json
import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping
from typing import Any

from signoff.verifiers.hdl.rtlil import Nets, Register, asked_for, module_name

SIZED = re.compile(r"^(?P<kind>\$\w+?)_(?P<width>\d+)$")
FLIP_FLOP = re.compile(r"^\$\w*ff\w*$")
LATCH = re.compile(r"^\$(\w*latch\w*|sr)$")
COUNTED = "word-level cells after proc and opt_clean, before technology mapping; flip-flops and latches in bits"


def costs(report: str, tree: Mapping[str, Iterable[str]]) -> dict[str, dict[str, Any]]:
    """The cost report by module as Yosys names it, of those that the design uses; `tree`: what each instantiates.

    Raises ValueError where `report` is no cost report.
    """
    try:
        rows = {str(name): dict(row) for name, row in json.loads(report)["modules"].items()}
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"a cost report that cannot be read: {error}") from error
    used = asked_for({name: tree.get(name, ()) for name in rows})
    return {name: row for name, row in rows.items() if name in used}


def modules(
    rows: dict[str, dict[str, Any]], registers: Iterable[Register], nets: dict[str, Nets]
) -> dict[str, dict[str, object]]:
    """The facts of each module by its name in the source.

    Keys: flip_flops, latches (bits), cells (word-level, COUNTED says how; instances count as one each), memories,
    memory_bits (without the small ones that become registers), cell_types, signals (net name to "register", "latch",
    "memory" or "wire"), variants (how many sets of parameters it is used with; the numbers are of the one with the
    most cells, of two such the wider).
    """
    by_name: dict[str, list[dict[str, Any]]] = defaultdict(list)
    for name, row in sorted(rows.items()):
        by_name[module_name(name)].append({**row, "name": name})
    signals = _signals(registers, nets)
    return {name: _facts(variants, nets, signals.get(name, {})) for name, variants in by_name.items()}


def _facts(rows: list[dict[str, Any]], nets: dict[str, Nets], signals: dict[str, str]) -> dict[str, object]:
    largest = max(rows, key=_size)
    memories = nets.get(largest["name"], Nets()).memories
    types = Counter[str]()
    flip_flops = latches = 0
    for sized, count in largest.get("num_cells_by_type", {}).items():
        match = SIZED.match(sized)
        kind, width = (match["kind"], int(match["width"])) if match else (module_name(sized), 1)
        types[kind] += int(count)
        flip_flops += int(count) * width if FLIP_FLOP.match(kind) else 0
        latches += int(count) * width if LATCH.match(kind) else 0
    return {
        "flip_flops": flip_flops,
        "latches": latches,
        "cells": sum(types.values()),
        "memories": len(memories),
        "memory_bits": sum(memories.values()),
        "cell_types": dict(types),
        "signals": signals,
        "variants": _variants(rows),
    }


def _size(row: dict[str, Any]) -> tuple[int, int]:
    """(cells, bits of all cells): of two sets of parameters that need as many cells, the wider is the larger."""
    sized = [(SIZED.match(name), int(count)) for name, count in row.get("num_cells_by_type", {}).items()]
    return int(row.get("num_cells", 0)), sum(count * (int(match["width"]) if match else 1) for match, count in sized)


def _variants(rows: list[dict[str, Any]]) -> int:
    """How many sets of parameters: Yosys' front end makes a module of each, slang's one of each instance.

    Instances of the latter ("\\sub$top.u0") count as one where they cost the same.
    """
    by_instance = [row for row in rows if row["name"].startswith("\\") and "$" in row["name"]]
    costs = {json.dumps({**row, "name": ""}, sort_keys=True) for row in by_instance}
    return len(rows) - len(by_instance) + len(costs)


def _signals(registers: Iterable[Register], nets: dict[str, Nets]) -> dict[str, dict[str, str]]:
    """Net name to what it became, a module; over all sets of parameters a register anywhere counts as one."""
    found: dict[str, dict[str, str]] = defaultdict(dict)
    for module, declared in nets.items():
        row = found[module_name(module)]
        for net in declared.src:
            row.setdefault(net, "wire")
        row.update(dict.fromkeys(declared.memories, "memory"))
    for register in registers:
        kind = "latch" if register.latch else "register"
        found[module_name(register.module)].update(dict.fromkeys(register.nets, kind))
    return dict(found)
