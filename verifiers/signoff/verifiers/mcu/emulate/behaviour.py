"""The rules of behaviour.toml, resolved to the addresses and bits of one part."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache
from importlib import resources
from typing import Any

from signoff.verifiers.mcu.parts.part import Part, Peripheral, Register


@dataclass(slots=True)
class Rules:
    """By register address. Masks are bits of a register's word."""

    ready: dict[int, tuple[int, int]] = field(default_factory=dict)
    # (target address, ((from lsb, width mask), to lsb)...)
    follows: dict[int, list[tuple[int, int, int, int]]] = field(default_factory=dict)
    # (needed bits of the written value, target address, bits set, bits cleared)
    write: dict[int, list[tuple[int, int, int, int]]] = field(default_factory=dict)
    read: dict[int, list[tuple[int, int]]] = field(default_factory=dict)
    cleared_by_zero: set[int] = field(default_factory=set)
    cleared_by_one: set[int] = field(default_factory=set)
    acknowledges: set[int] = field(default_factory=set)
    prints: dict[int, str] = field(default_factory=dict)
    # register address: (bits, the peripheral's name)
    level: dict[int, tuple[int, str]] = field(default_factory=dict)


@cache
def _table() -> dict[str, Any]:
    return tomllib.loads(resources.files(__package__).joinpath("behaviour.toml").read_text(encoding="utf-8"))


def rules_of(part: Part) -> Rules:
    """All rules that a part's registers and fields fit."""
    rules = Rules()
    for kind, entries in _table().items():
        for entry in entries:
            for peripheral, register in _registers(part, entry["register"]):
                _ADD[kind](rules, entry, peripheral, register)
    return rules


def _registers(part: Part, name: str) -> Iterator[tuple[Peripheral, Register]]:
    group, _, register = name.partition(".")
    for peripheral in part.peripherals.values():
        if group in (peripheral.group, peripheral.name) or peripheral.name.rstrip("0123456789") == group:
            found = peripheral.register(register)
            if found is not None:
                yield peripheral, found


def _mask(register: Register, names: list[str]) -> int:
    return sum(found.mask for name in names if (found := register.field(name)) is not None)


def _target(entry: dict[str, Any], peripheral: Peripheral, register: Register) -> Register:
    """The register that a rule changes: another of the same peripheral, or the one it is about."""
    return peripheral.register(entry["to"].partition(".")[2]) or register if "to" in entry else register


def _ready(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    address = peripheral.base + register.offset
    before = rules.ready.get(address, (0, 0))
    sets, clears = _mask(register, entry.get("fields", [])), _mask(register, entry.get("clears", []))
    rules.ready[address] = (before[0] | sets, before[1] | clears)


def _follows(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    target = _target(entry, peripheral, register)
    for source, shown in entry["pairs"]:
        one, other = register.field(source), target.field(shown)
        if one is not None and other is not None:
            move = (peripheral.base + target.offset, one.lsb, (1 << one.width) - 1, other.lsb)
            rules.follows.setdefault(peripheral.base + register.offset, []).append(move)


def _write(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    target = _target(entry, peripheral, register)
    needed = _mask(register, [entry["when"]]) if "when" in entry else 0
    if "when" in entry and not needed:
        return
    sets, clears = _mask(target, entry.get("sets", [])), _mask(target, entry.get("clears", []))
    rule = (needed, peripheral.base + target.offset, sets, clears)
    rules.write.setdefault(peripheral.base + register.offset, []).append(rule)


def _read(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    target = _target(entry, peripheral, register)
    rule = (peripheral.base + target.offset, _mask(target, entry["clears"]))
    rules.read.setdefault(peripheral.base + register.offset, []).append(rule)


def _by_zero(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    rules.cleared_by_zero.add(peripheral.base + register.offset)


def _by_one(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    rules.cleared_by_one.add(peripheral.base + register.offset)


def _acknowledges(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    rules.acknowledges.add(peripheral.base + register.offset)


def _prints(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    rules.prints[peripheral.base + register.offset] = peripheral.name


def _level(rules: Rules, entry: dict[str, Any], peripheral: Peripheral, register: Register) -> None:
    mask = _mask(register, entry["fields"])
    if mask:
        rules.level[peripheral.base + register.offset] = (mask, peripheral.name)


_ADD = {
    "ready": _ready,
    "follows": _follows,
    "write": _write,
    "read": _read,
    "cleared_by_zero": _by_zero,
    "cleared_by_one": _by_one,
    "acknowledges": _acknowledges,
    "prints": _prints,
    "level": _level,
}
