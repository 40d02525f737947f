"""Signoff's own facts: tables beside this file, read once. A folder holds a core or a family of parts.

peripherals.csv, interrupts.csv and registers.csv have the same columns in each; their first lines name them.
In registers.csv the fields are "name:lsb+width:access" joined by blanks, where a width of 1 and an access that is the
register's own are left out. A column `parts` is empty where a row holds for all members of the family.
"""

from __future__ import annotations

import csv
import re
import tomllib
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import cache
from importlib import resources
from typing import Any

from signoff.verifiers.mcu.parts.part import Clocks, Enable, Field, Interrupt, Part, Peripheral, Region, Register

PACKAGE = "signoff.verifiers.mcu.parts"
FAMILIES = ("stm32f4",)
FIELD = re.compile(r"(?P<name>\w+):(?P<lsb>\d+)(?:\+(?P<width>\d+))?(?::(?P<access>\w+))?")

Alternates = dict[str, tuple[tuple[int, str], ...]]


@cache
def described(folder: str) -> dict[str, Any]:
    """What part.toml of a family says."""
    return tomllib.loads(_text(folder, "part.toml"))


@cache
def own_part(family: str, member: str, size_code: str = "", name: str = "") -> Part:
    """The part of a family ("stm32f4", "407"), its flash as the size code says ("G"; "": the largest there is).

    `member` "" is the whole family: a part that has whatever any member has.
    """
    facts = described(family)
    core = facts["core"]
    peripherals = {one.name: one for folder in (core, family) for one in _peripherals(folder, member, family)}
    return Part(
        name or facts["family"],
        source=facts["source"],
        core=tomllib.loads(_text(core, "core.toml"))["name"],
        priority_bits=facts["priority_bits"],
        regions=tuple(_region(row, facts["flash_size"].get(size_code)) for row in facts["region"]),
        peripherals=peripherals,
        interrupts=(*_interrupts(core, member), *_interrupts(family, member)),
        alternates=_alternates(family),
        clocks=_clocks(facts["clocks"]),
        certain=True,
        spellings=_spellings(family),
    )


def _text(folder: str, name: str) -> str:
    return (resources.files(PACKAGE) / folder / name).read_text("utf-8")


def _rows(folder: str, name: str) -> Iterator[dict[str, str]]:
    return csv.DictReader(_text(folder, name).splitlines())


def _holds(row: dict[str, str], member: str) -> bool:
    return not row["parts"] or not member or member in row["parts"].split()


def _region(row: dict[str, Any], flash_size: int | None) -> Region:
    region = Region(**row)
    if region.kind != "flash" or flash_size is None:
        return region
    return Region(region.name, region.origin, flash_size, region.kind, region.dma)


def _clocks(facts: dict[str, Any]) -> Clocks:
    return Clocks(**{name: _frozen(value) for name, value in facts.items()})


def _frozen(value: Any) -> Any:
    return tuple(_frozen(one) for one in value) if isinstance(value, list) else value


@cache
def _alternates(family: str) -> Alternates:
    found: dict[str, list[tuple[int, str]]] = {}
    for row in _rows(family, "alternates.csv"):
        found.setdefault(row["pin"], []).append((int(row["af"]), row["signals"]))
    return {pin: tuple(sorted(functions)) for pin, functions in found.items()}


@cache
def _spellings(family: str) -> dict[str, str]:
    return {row["alias"]: row["macro"] for row in _rows(family, "aliases.csv")}


def _interrupts(folder: str, member: str) -> Iterator[Interrupt]:
    seen: set[int] = set()
    for row in _rows(folder, "interrupts.csv"):
        if _holds(row, member) and int(row["number"]) not in seen:
            seen.add(int(row["number"]))
            aliases = tuple(row["aliases"].split())
            yield Interrupt(row["name"], int(row["number"]), row["handler"], row["trigger"], aliases)


def _peripherals(folder: str, member: str, family: str) -> Iterator[Peripheral]:
    layouts = _layouts(folder)
    raised = _raised((described(family)["core"], family), member)
    rows = [row for row in _rows(folder, "peripherals.csv") if _holds(row, member)]
    if folder == family and member:
        layouts = {**layouts, "RCC": _clocked(layouts["RCC"], {row["name"] for row in rows}, family)}
    for row in rows:
        yield Peripheral(
            row["name"],
            int(row["base"], 16),
            int(row["size"], 16),
            row["group"],
            _bit(row, "enable"),
            layouts[row["layout"]],
            tuple(raised.get(row["name"], ())),
            row["bus"],
            _bit(row, "reset"),
            tuple(row["aliases"].split()),
        )


def _clocked(registers: tuple[Register, ...], present: set[str], family: str) -> tuple[Register, ...]:
    """The clock controller's registers without the bits of peripherals that the member lacks."""
    wanted = described(family)["clock_fields"]
    absent = tuple(prefix for prefix, peripheral in wanted.items() if peripheral not in present)
    kept = ((one, tuple(bits for bits in one.fields if not bits.name.startswith(absent))) for one in registers)
    return tuple(one if one.fields == fields else replace(one, fields=fields) for one, fields in kept)


def _bit(row: dict[str, str], use: str) -> Enable | None:
    if not row[f"{use}_register"]:
        return None
    return Enable(row[f"{use}_register"], int(row[f"{use}_bit"]), row[f"{use}_macro"], row["bus"])


def _raised(folders: Iterable[str], member: str) -> dict[str, list[str]]:
    """The interrupts that each peripheral raises."""
    found: dict[str, list[str]] = {}
    for row in (row for folder in folders for row in _rows(folder, "interrupts.csv") if _holds(row, member)):
        for peripheral in row["peripherals"].split():
            found.setdefault(peripheral, []).append(row["name"])
    return found


@cache
def _layouts(folder: str) -> dict[str, tuple[Register, ...]]:
    found: dict[str, list[Register]] = {}
    for row in csv.reader(_text(folder, "registers.csv").splitlines()[1:]):
        found.setdefault(row[0], []).append(_register(row))
    return {name: tuple(registers) for name, registers in found.items()}


def _register(row: list[str]) -> Register:
    _, offset, name, bits, reset, access, member, macro, fields = row
    value = int(reset, 16) if reset else None
    return Register(name, int(offset, 16), int(bits), value, access, _fields(fields, access), member, macro)


@cache
def _fields(text: str, access: str) -> tuple[Field, ...]:
    return tuple(Field(name, int(lsb), int(width or 1), own or access) for name, lsb, width, own in FIELD.findall(text))
