"""What synthesis made of a module or a signal, in words. The facts are those of verifiers/hdl/yosys_facts.py."""

from __future__ import annotations

from collections.abc import Mapping

from signoff.diagnostics.explain.markdown import code, plural

PENDING = "Not synthesized yet: Yosys runs on save, or with the command to check deeply."
KINDS = {
    "register": "a **register**",
    "latch": "a **latch**",
    "memory": "a **memory**",
    "wire": "**wires**, without storage",
}
LARGEST_TYPES = 6


def signal_text(name: str, module: str, costs: Mapping[str, object] | None) -> str:
    """One sentence on what a signal of `module` became; "" where Yosys says nothing of it."""
    if costs is None:
        return PENDING
    facts = costs.get(module)
    signals = facts.get("signals") if isinstance(facts, Mapping) else None
    kind = signals.get(name) if isinstance(signals, Mapping) else None
    return f"Synthesized as {KINDS[kind]} (Yosys)." if kind in KINDS else ""


def module_text(module: str, costs: Mapping[str, object] | None) -> str:
    """What a module costs, and what exactly is counted; a sentence where that is not known."""
    if costs is None:
        return PENDING
    facts = costs.get(module)
    if not isinstance(facts, Mapping):
        return f"Yosys reported no cost of {code(module)}."
    counted = [
        plural(_count(facts, "flip_flops"), "flip-flop"),
        plural(_count(facts, "latches"), "latch", "latches"),
        plural(_count(facts, "cells"), "cell"),
    ]
    if memories := _count(facts, "memories"):
        counted.append(f"{plural(memories, 'memory', 'memories')} of {plural(_count(facts, 'memory_bits'), 'bit')}")
    text = f"**Cost** (Yosys, before technology mapping): {', '.join(counted)}."
    if (variants := _count(facts, "variants")) > 1:
        text += f" It is used with {variants} sets of parameters; this is the largest."
    return text + _types(facts.get("cell_types"))


def _count(facts: Mapping[str, object], key: str) -> int:
    value = facts.get(key)
    return value if isinstance(value, int) else 0


def _types(types: object) -> str:
    if not isinstance(types, Mapping) or not types:
        return ""
    largest = sorted(types.items(), key=lambda pair: (-int(pair[1]), str(pair[0])))
    shown = ", ".join(f"{count} {code(str(name))}" for name, count in largest[:LARGEST_TYPES])
    return f"\n\nCells: {shown}{', ...' if len(largest) > LARGEST_TYPES else ''}"
