"""Pins and what they can be: the alternate functions of a part by pin, number and peripheral."""

from __future__ import annotations

import re
from functools import cache, lru_cache
from typing import Any

from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part

PINS = 16
PORT = re.compile(r"GPIO([A-K])")
# AF15 is there on every pin (an event of the core), AF0 a system function that tables of pins leave out in part.
EVENTOUT = 15
SYSTEM = 0


@cache
def facts() -> dict[str, Any]:
    """pins.toml."""
    return table("pins")


def pin_names(port: str, mask: int) -> list[str]:
    """The pins of a port's mask: PB14 of GPIOB and 0x4000; [] where it is no port."""
    match = PORT.fullmatch(port)
    return [f"P{match[1]}{number}" for number in range(PINS) if mask >> number & 1] if match else []


def functions_of(pin: str, part: Part) -> dict[int, str] | None:
    """The signals of a pin by alternate function; None where the part's pins are not known."""
    found = part.alternates.get(pin)
    return dict(found) if found is not None else None


@lru_cache(maxsize=1024)
def peripheral_in(name: str) -> str:
    """The peripheral that the name of an alternate function speaks of with certainty; else ""."""
    match = re.fullmatch(facts()["names"]["peripheral"], name)
    return match[1] if match and re.fullmatch(facts()["names"]["certain"], match[1]) else ""


def serves(signals: str, peripheral: str) -> bool:
    """Whether one of the signals ("TIM2_CH1/TIM2_ETR") is of the peripheral."""
    return _same(peripheral) in {_same(one.partition("_")[0]) for one in signals.split("/")}


@lru_cache(maxsize=1024)
def _same(name: str) -> str:
    for pattern, other in facts()["names"]["same"]:
        match = re.fullmatch(pattern, name)
        if match:
            return match.expand(other)
    return name


def number_of(pin: str, peripheral: str, part: Part) -> int | None:
    """The alternate function by which a pin serves a peripheral."""
    found = functions_of(pin, part) or {}
    return next((number for number, signals in found.items() if serves(signals, peripheral)), None)


def listed(pin: str, part: Part) -> str:
    """A pin's alternate functions for a message: TIM1_CH2N (1), TIM12_CH1 (9)."""
    found = functions_of(pin, part) or {}
    return ", ".join(f"{signals} ({number})" for number, signals in found.items() if number != EVENTOUT)
