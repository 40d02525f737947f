"""Which peripheral a name speaks of, in the spellings of CMSIS, HAL, LL, StdPeriph and libopencm3."""

from __future__ import annotations

import re
from functools import cache, lru_cache

from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Enable, Part
from signoff.verifiers.mcu.source.values import constant
from signoff.verifiers.mcu.source.vocabulary import known_value

# (register of the reset and clock controller, bit)
Bit = tuple[str, int]


@cache
def _patterns() -> tuple[re.Pattern[str], ...]:
    return tuple(map(re.compile, table("clocks")["enables"]["patterns"]))


@cache
def _spellings() -> tuple[tuple[re.Pattern[str], str], ...]:
    return tuple((re.compile(pattern), name) for pattern, name in table("clocks")["spellings"].items())


@lru_cache(maxsize=16384)
def spoken_of(name: str) -> str:
    """The peripheral whose clock a name speaks of, as the name spells it; "" where it speaks of none."""
    if not name.startswith(("RCC_", "LL_", "__")):
        return ""
    for pattern in _patterns():
        match = pattern.fullmatch(name)
        if match:
            return match[1]
    return ""


@lru_cache(maxsize=1024)
def is_everything(name: str) -> bool:
    """Whether a name stands for the clocks of a whole bus."""
    return any(re.fullmatch(pattern, name) for pattern in table("clocks")["enables"]["everything"])


def enable_of(name: str, part: Part) -> Enable | None:
    """The clock-enable bit of a peripheral in any spelling."""
    peripheral = part.peripheral(name)
    for pattern, spelt in () if peripheral is not None else _spellings():
        match = pattern.fullmatch(name)
        if match:
            peripheral = part.peripheral(match.expand(spelt))
    return peripheral.enable if peripheral is not None else None


def bit_of(name: str, part: Part) -> Bit | None:
    """The enable bit that a name (RCC_AHB1ENR_GPIOAEN, RCC_GPIOA, __HAL_RCC_GPIOA_CLK_ENABLE) speaks of."""
    enable = next((one for one in _macros(part).get(name, ())), None)
    if enable is None:
        spoken = spoken_of(name)
        enable = enable_of(spoken, part) if spoken else None
    return (enable.register, enable.bit) if enable is not None else None


_known: dict[int, tuple[Part, dict[str, tuple[Enable, ...]]]] = {}


def _macros(part: Part) -> dict[str, tuple[Enable, ...]]:
    kept = _known.get(id(part))
    if kept is None or kept[0] is not part:
        found = [one.enable for one in part.peripherals.values() if one.enable is not None]
        kept = _known[id(part)] = part, {one.macro: (one,) for one in found}
    return kept[1]


def field_value(name: str, part: Part) -> int | None:
    """The value of a vendor's constant: an enable macro, a field of a register in CMSIS's spelling, a pin."""
    bit = bit_of(name.removesuffix("_Msk").removesuffix("_Pos"), part)
    if bit is not None:
        return bit[1] if name.endswith("_Pos") else 1 << bit[1]
    return known_value(name)


def bits_in(text: str, part: Part) -> int | None:
    """The value of an expression of enable macros and numbers; None where it is not certain."""
    return constant(text, lambda name: field_value(name, part))
