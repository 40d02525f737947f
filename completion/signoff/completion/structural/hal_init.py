"""Embedded C: the initialisation of a handle of ST's library: its clock, its pins, its fields with legal constants."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from importlib.resources import files
from typing import Any

from signoff.completion.facts.questions import Wanted
from signoff.completion.structural import hal_pins
from signoff.completion.structural.c_facts import CHeaders, part_of
from signoff.completion.structural.c_scope import blanked, scope_at
from signoff.completion.structural.hal_pins import PinChoice
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Kind, Proposal, Stop
from signoff.verifiers.declarations.facts import Declaration, Member
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.mcu.parts.part import Part, Peripheral
from signoff.verifiers.project import Project

_HANDLE = re.compile(
    r"^(?:static\s+|extern\s+)*(?P<kind>[A-Z][A-Z0-9]*)_HandleTypeDef\s+(?P<names>\w+(?:\s*,\s*\w+)*)\s*(?:=[^;]*)?;",
    re.M,
)
_HEAD = re.compile(r"\s*(?:static\s+)?(?:void\s+)?\Z")
_NUMBER = re.compile(r"(\d+)\Z")
PREFIX = "MX_"
MOST = 4
# The fastest that the headers have: older ones call it high.
SPEEDS = ("GPIO_SPEED_FREQ_VERY_HIGH", "GPIO_SPEED_FREQ_HIGH")
Names = Mapping[str, Declaration]


@dataclass(frozen=True, slots=True)
class Handle:
    """A handle variable of the document: `kind` is XXX of XXX_HandleTypeDef, `peripheral` what it is meant for."""

    name: str
    kind: str
    peripheral: Peripheral


@dataclass(frozen=True, slots=True)
class Field:
    """A field of Init and its value; `chosen` where the headers allow others."""

    name: str
    value: str
    others: tuple[str, ...] = ()


class HalInit:
    """At file scope: `MX_`, or behind a handle's declaration."""

    languages = C_LANGUAGES

    def __init__(self, headers: CHeaders) -> None:
        self._headers = headers

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        head = _HEAD.match(place.line_before) is not None and not place.line_after.strip(" \t();{}")
        return head and bool(place.word) and (place.word.startswith(PREFIX) or PREFIX.startswith(place.word))

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        if project.image is None or scope_at(place.before).function:
            return ()
        part = await part_of(project)
        handles = _handles(place, part) if part is not None else []
        found = [await self._of(place, project, part, handle) for handle in handles[:MOST] if part is not None]
        return tuple(one for one in found if one is not None)

    async def _of(self, place: Place, project: Project, part: Part, handle: Handle) -> Proposal | None:
        row = table()[handle.kind]
        types = await self._headers.declared(
            place, project, (f"{handle.kind}_InitTypeDef", f"{handle.kind}_Base_InitTypeDef", initialiser(handle, row))
        )
        init = types.get(f"{handle.kind}_InitTypeDef") or types.get(f"{handle.kind}_Base_InitTypeDef")
        if init is None or initialiser(handle, row) not in types:
            return None
        fields = [one for one in init.members if one.name]
        pins = hal_pins.choose(part, handle.peripheral.name, row["signals"], _taken(place)) if row["signals"] else ()
        wanted = Wanted(
            names=(*_asked_names(handle, pins), *row["values"].values()),
            groups=tuple(one.group for one in fields if one.group),
        )
        looked = await self._headers.look(place, project, wanted)
        names, groups = dict(looked.names), {name: [one.name for one in ones] for name, ones in looked.groups}
        values = [value for one in fields if (value := _value(one, row["values"], names, groups)) is not None]
        return _proposal(place, handle, row, values, pins, names)


@cache
def table() -> dict[str, dict[str, Any]]:
    """What each kind of handle needs."""
    return tomllib.loads(files(__package__).joinpath("hal_init.toml").read_text("utf-8"))


def initialiser(handle: Handle, row: Mapping[str, Any]) -> str:
    """The library's function that takes the handle."""
    return str(row.get("initialise", f"HAL_{handle.kind}_Init"))


def _handles(place: Place, part: Part) -> list[Handle]:
    """The document's handles that nobody has given an instance yet, the nearest above the cursor first."""
    code = blanked(place.before + place.after)
    found: list[Handle] = []
    for match in _HANDLE.finditer(code):
        for name in re.split(r"\s*,\s*", match["names"]):
            number = _NUMBER.search(name)
            row = table().get(match["kind"])
            if row is None or number is None or re.search(rf"\b{name}\s*\.\s*Instance\s*=", code):
                continue
            for prefix in row["peripherals"]:
                peripheral = part.peripheral(f"{prefix}{number[1]}")
                if peripheral is not None:
                    found.append(Handle(name, match["kind"], peripheral))
                    break
    return found


def _taken(place: Place) -> frozenset[str]:
    """The pins that the document sets up already, as far as it names port and pin in one place or in its comments."""
    return frozenset(re.findall(r"\bP[A-K]\d{1,2}\b", place.snapshot.text))


def _asked_names(handle: Handle, pins: Sequence[PinChoice]) -> tuple[str, ...]:
    mine = [_clock(handle.peripheral.name), "Error_Handler", *SPEEDS]
    return (*mine, *(name for one in pins for name in (_clock(one.port), _alternate(one, handle))))


def _clock(peripheral: str) -> str:
    return f"__HAL_RCC_{peripheral}_CLK_ENABLE"


def _alternate(pins: PinChoice, handle: Handle) -> str:
    return f"GPIO_AF{pins.function}_{handle.peripheral.name}"


def _value(member: Member, usual: Mapping[str, str], names: Names, groups: Mapping[str, Sequence[str]]) -> Field | None:
    """The value of one field: the usual one where the headers have it, else the first of its group."""
    allowed = groups.get(member.group, ())
    value = usual.get(member.name, "")
    known = value.isdigit() or value in ("ENABLE", "DISABLE") or value in names
    if value and known and (not allowed or value in allowed or value.isdigit()):
        return Field(member.name, value, tuple(one for one in allowed if one != value))
    if allowed:
        return Field(member.name, allowed[0], tuple(allowed[1:]))
    return None


def _proposal(
    place: Place,
    handle: Handle,
    row: Mapping[str, Any],
    values: Sequence[Field],
    pins: Sequence[PinChoice],
    names: Names,
) -> Proposal | None:
    wants_pins = bool(row["signals"])
    if _clock(handle.peripheral.name) not in names or (wants_pins and not _pins_known(pins, handle, names)):
        return None
    unit, name = place.unit, handle.name
    kind = "" if handle.peripheral.name.startswith(handle.kind) else f"_{handle.kind}"
    function = f"{PREFIX}{handle.peripheral.name}{kind}_Init"
    head = "" if "static" in place.line_before else "static "
    head += "" if "void" in place.line_before else "void "
    lines = [f"{_clock(handle.peripheral.name)}();"]
    for number, choice in enumerate(pins):
        lines += _pin_lines(handle, row, choice, names, first=not number)
    lines += [f"{name}.Instance = {handle.peripheral.name};"]
    body: list[str | Stop] = [f"{head}{function}(void)\n{{\n{unit}" + f"\n{unit}".join(lines)]
    for one in values:
        body += [f"\n{unit}{name}.Init.{one.name} = ", Stop(one.value), ";"]
    failed = "Error_Handler();" if _has_error_handler(place, names) else "for (;;) {\n" + unit * 2 + "}"
    body.append(f"\n{unit}if ({initialiser(handle, row)}(&{name}) != HAL_OK) {{\n{unit * 2}{failed}\n{unit}}}\n}}")
    return Proposal(
        f"{function}(void)",
        tuple(body),
        place.start,
        place.offset + len(place.line_after.rstrip()),
        Kind.FUNCTION,
        f"initialises {name}",
        _told(handle, values, pins),
        filter=function,
        asked=place.word.startswith(PREFIX),
    )


def _pins_known(pins: Sequence[PinChoice], handle: Handle, names: Names) -> bool:
    return bool(pins) and all(_clock(one.port) in names and _alternate(one, handle) in names for one in pins)


def _pin_lines(handle: Handle, row: Mapping[str, Any], pins: PinChoice, names: Names, *, first: bool) -> list[str]:
    letter = pins.port.removeprefix("GPIO")
    used = ", ".join(f"P{letter}{pin} ({signal})" for pin, signal in zip(pins.pins, pins.signals, strict=True))
    others = f"; also on {', '.join(pins.others)}" if pins.others else ""
    speed = next((one for one in SPEEDS if one in names), "")
    return [
        f"{_clock(pins.port)}();",
        f"/* {used}{others} */",
        *(["GPIO_InitTypeDef gpio = {0};"] if first else []),
        f"gpio.Pin = {' | '.join(f'GPIO_PIN_{pin}' for pin in pins.pins)};",
        f"gpio.Mode = {row['mode']};",
        f"gpio.Pull = {row['pull']};",
        *([f"gpio.Speed = {speed};"] if speed else []),
        f"gpio.Alternate = {_alternate(pins, handle)};",
        f"HAL_GPIO_Init({pins.port}, &gpio);",
    ]


def _has_error_handler(place: Place, names: Names) -> bool:
    return "Error_Handler" in names or re.search(r"\bvoid\s+Error_Handler\s*\(", blanked(place.before)) is not None


def _told(handle: Handle, values: Sequence[Field], pins: Sequence[PinChoice]) -> str:
    said = [
        f"Clock of `{handle.peripheral.name}`, and every field of `{handle.name}.Init` with a constant of its headers."
    ]
    if pins:
        said.append(f"Alternate function {pins[0].function} of the pins, from the table of the part.")
    said += [f"`{one.name}`: also {', '.join(one.others[:6])}." for one in values if one.others]
    return "\n\n".join(said)
