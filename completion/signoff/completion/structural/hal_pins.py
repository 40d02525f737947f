"""Which pins a peripheral's signals go to, from the part's table of alternate functions. Pure."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from signoff.verifiers.mcu.parts.part import Part

_Chosen = Mapping[str, tuple[str, int]]
_PIN = re.compile(r"P([A-Z])(\d+)")


@dataclass(frozen=True, slots=True)
class PinChoice:
    """A port ("GPIOA"), the numbers of its pins with the signal of each, their alternate function, and where else the
    signals could be."""

    port: str
    pins: tuple[int, ...]
    signals: tuple[str, ...]
    function: int
    others: tuple[str, ...] = ()


def choose(
    part: Part, peripheral: str, signals: Sequence[str], taken: frozenset[str] = frozenset()
) -> tuple[PinChoice, ...]:
    """Pins for all signals, none of them in `taken` ("PA2"): of the first port that has them all, else of several.

    () where a signal has none.
    """
    where = {signal: _places(part, f"{peripheral}_{signal}", taken) for signal in signals}
    if not where or not all(where.values()):
        return ()
    for port in sorted({_port(pin) for pin, _ in where[signals[0]]}):
        mine = {signal: [one for one in places if _port(one[0]) == port] for signal, places in where.items()}
        if all(mine.values()):
            chosen = {signal: min(places, key=_order) for signal, places in mine.items()}
            break
    else:
        chosen = {signal: min(places, key=_order) for signal, places in where.items()}
    groups = dict.fromkeys((_port(pin), function) for pin, function in chosen.values())
    return tuple(_choice(port, function, chosen, where) for port, function in groups)


def _choice(port: str, function: int, chosen: _Chosen, where: Mapping[str, Sequence[tuple[str, int]]]) -> PinChoice:
    mine = {signal: pin for signal, (pin, number) in chosen.items() if (_port(pin), number) == (port, function)}
    others = [pin for signal in mine for pin, _ in where[signal] if pin != mine[signal]]
    numbers = tuple(_number(pin) for pin in mine.values())
    return PinChoice(f"GPIO{port}", numbers, tuple(mine), function, tuple(others))


def _order(place: tuple[str, int]) -> tuple[str, int]:
    return _port(place[0]), _number(place[0])


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
