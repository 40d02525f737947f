"""Embedded C: the macros of a register's bits behind `PERIPH->REG |=`, clocks that are to be enabled first."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from signoff.completion.structural.c_facts import CHeaders, part_of
from signoff.completion.structural.c_scope import blanked
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Kind, Proposal
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.mcu.parts.part import Part, Peripheral, Register
from signoff.verifiers.project import Project

_WRITTEN = re.compile(
    r"\b(?P<peripheral>\w+)\s*->\s*(?P<register>\w+(?:\[\d+\])?)\s*(?P<operator>[|&^]?=|==|!=|&|\|)(?P<before>[^;=]*?)[~(|\s]*\Z"
)
MOST = 64


class RegisterBits:
    """Where a value for a register is being typed."""

    languages = C_LANGUAGES

    def __init__(self, headers: CHeaders) -> None:
        self._headers = headers

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        return _WRITTEN.search(place.line_before) is not None

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        written = _WRITTEN.search(place.line_before)
        part = await part_of(project) if project.image is not None else None
        peripheral = part.peripheral(written["peripheral"]) if part is not None and written is not None else None
        if part is None or peripheral is None or written is None:
            return ()
        register = peripheral.register(written["register"])
        if register is None:
            return ()
        macros = dict(_macros(peripheral, register))
        known = await self._headers.declared(place, project, macros)
        first = _to_be_enabled(place, part, register) if peripheral.name == "RCC" else {}
        names = sorted((name for name in macros if name in known), key=lambda name: name not in first)
        return tuple(_bits(place, name, macros[name], first.get(name, "")) for name in names[:MOST])


def _macros(peripheral: Peripheral, register: Register) -> Iterator[tuple[str, str]]:
    """(macro, what it is) of a register's fields."""
    for field in register.fields:
        bits = f"bit {field.range}" if field.width == 1 else f"bits {field.range}"
        yield (
            f"{peripheral.group}_{register.macro or register.name}_{field.name}",
            f"{bits} of {peripheral.name}->{register.name}",
        )


def _to_be_enabled(place: Place, part: Part, register: Register) -> dict[str, str]:
    """The enable bits in a register of peripherals that the document uses, whose clock it does not enable."""
    words = set(re.findall(r"\b[A-Z]\w+\b", blanked(place.before) + " " + blanked(place.after)))
    used = (one for one in part.peripherals.values() if one.name in words and one.enable is not None)
    return {
        one.enable.macro: f"the clock of {one.name}, which is used here"
        for one in used
        if one.enable is not None and one.enable.register == register.name and one.enable.macro not in words
    }


def _bits(place: Place, name: str, what: str, why: str) -> Proposal:
    end = "" if place.line_after.strip() or "(" in place.line_before.rpartition("=")[2] else ";"
    return Proposal(
        name, (name + end,), place.start, place.offset, Kind.CONSTANT, why or what, f"{what}." if why else "",
        asked=True, judged=False,
    )  # fmt: skip
