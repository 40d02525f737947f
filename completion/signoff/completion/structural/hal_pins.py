"""Which pins a peripheral's signals go to, from the part's table of alternate functions. Pure."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from signoff.verifiers.mcu.parts.part import Part

_PIN = re.compile(r"P([A-Z])(\d+)")


@dataclass(frozen=True, slots=True)
class PinChoice:
    """A port ("GPIOA"), the numbers of its pins, their alternate function, and where else the signals could be."""

    port: str
    pins: tuple[int, ...]
    function: int
    others: tuple[str, ...] = ()


def choose(
    part: Part, peripheral: str, signals: Sequence[str], taken: frozenset[str] = frozenset()
) -> PinChoice | None:
    """Pins of one port for all of the signals, the lowest first, none of them in `taken` ("PA2"); None without one."""
    where = [_places(part, f"{peripheral}_{signal}", taken) for signal in signals]
    if not where or not all(where):
        return None
    ports = sorted({_port(pin) for pin, _ in where[0]})
    for port in ports:
        mine = [[(pin, function) for pin, function in places if _port(pin) == port] for places in where]
        functions = {function for places in mine for _, function in places[:1]}
        if all(mine) and len(functions) == 1:
            pins = [min(places, key=lambda place: _number(place[0]))[0] for places in mine]
            others = [pin for places in where for pin, _ in places if pin not in pins]
            return PinChoice(f"GPIO{port}", tuple(_number(pin) for pin in pins), functions.pop(), tuple(others))
    return None


def _places(part: Part, signal: str, taken: frozenset[str]) -> list[tuple[str, int]]:
    """(pin, alternate function) of a signal."""
    return [
        (pin, number)
        for pin, functions in part.alternates.items()
        for number, names in functions
        if signal in names.split("/") and pin not in taken
    ]


def _port(pin: str) -> str:
    found = _PIN.fullmatch(pin)
    return found[1] if found else ""


def _number(pin: str) -> int:
    found = _PIN.fullmatch(pin)
    return int(found[2]) if found else 0
