"""The clock tree as HAL_RCC_OscConfig and HAL_RCC_ClockConfig get it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from signoff.verifiers.mcu.checks.pins_settings import Settings, settings_at
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.checks.tree_model import Tree, Value, crystal
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Call, FieldWrite, Function, SourceFacts


def hal_trees(function: Function, source: SourceFacts, part: Part) -> Iterator[Tree]:
    """The clock tree of a function that calls the HAL for it; one for each call that sets the buses."""
    names = table("tree")["hal"]
    oscillator: Tree | None = None
    for call in function.body.calls:
        settings = _handed(function, call)
        if settings is None:
            continue
        if call.callee == names["oscillator"]:
            oscillator = _oscillator(function, settings, source, part)
        elif call.callee == names["clocks"]:
            yield _clocks(function, settings, call, replace(oscillator or Tree()), source, part)
            oscillator = None
    if oscillator is not None:
        yield oscillator


def _handed(function: Function, call: Call) -> Settings | None:
    """The structure that a call gets by its address."""
    names = table("tree")["hal"]
    calls = frozenset((names["oscillator"], names["clocks"]))
    if call.callee not in calls or not call.arguments:
        return None
    handed = call.arguments[0].resolved.replace(" ", "")
    return settings_at(function, handed[1:], call, calls) if handed.startswith("&") else None


def _oscillator(function: Function, settings: Settings, source: SourceFacts, part: Part) -> Tree:
    names = table("tree")["hal"]
    tree = Tree()
    state = settings.operand(names["state"])
    if state is None or state.resolved != names["on"]:
        return tree
    feed = settings.operand(names["source"])
    if feed is not None and feed.resolved == names["hse"]:
        tree.source = crystal(source)
    elif feed is not None and feed.resolved == names["hsi"]:
        tree.source = part.clocks.hsi or None
    factors = {letter: _value(function, settings.write(member)) for letter, member in names["factors"].items()}
    tree.m, tree.n, tree.p = factors["m"], factors["n"], factors["p"]
    return tree


def _clocks(function: Function, settings: Settings, call: Call, tree: Tree, source: SourceFacts, part: Part) -> Tree:
    names = table("tree")["hal"]
    chosen = settings.operand(names["system"])
    system = chosen.resolved if chosen is not None else ""
    tree.by_pll = system == names["system_pll"]
    if system == names["system_hse"]:
        tree.fixed = crystal(source)
    elif system == names["system_hsi"]:
        tree.fixed = part.clocks.hsi or None
    tree.ahb = _value(function, settings.write(names["ahb"]))
    tree.apb1 = _value(function, settings.write(names["apb1"]))
    tree.apb2 = _value(function, settings.write(names["apb2"]))
    if len(call.arguments) > 1 and call.arguments[1].value is not None:
        tree.latency = Value(call.arguments[1].value, function.place(call))
    return tree


def _value(function: Function, write: FieldWrite | None) -> Value | None:
    if write is None or write.value.value is None:
        return None
    return Value(write.value.value, function.place(write))
