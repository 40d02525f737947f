"""The most urgent priority from which FreeRTOS may be called, as its configuration says."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.verifiers.mcu.checks.priorities_settings import priority_bits
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import PRIORITY_FIELD_BITS, Part
from signoff.verifiers.mcu.source.facts import ImageFacts
from signoff.verifiers.mcu.source.values import constant, from_macros


@dataclass(frozen=True, slots=True)
class Limit:
    """`level` in the part's own steps (0 is the most urgent), and the macro that says so."""

    level: int
    macro: str


def syscall_limit(image: ImageFacts, part: Part | None) -> Limit | None:
    """The limit of an image; None where it has none, or none that is certain."""
    facts = table("priorities")["freertos"]
    level = macro_value(image, facts["level"])
    if level is not None:
        return Limit(level, facts["level"])
    bits = priority_bits(image, part)
    for name in facts["shifted"]:
        value = macro_value(image, name, bits)
        if value is not None and bits is not None:
            return Limit(value >> (PRIORITY_FIELD_BITS - bits), name)
    return None


def macro_value(image: ImageFacts, name: str, bits: int | None = None) -> int | None:
    """The value of a macro wherever it is defined in an image; None where files differ, or it is not certain.

    `bits` is what the device's header defines __NVIC_PRIO_BITS as.
    """
    known = {"__NVIC_PRIO_BITS": bits}
    values = {
        constant(source.macros[name], from_macros(source.macros, known.get))
        for source in image.sources.values()
        if name in source.macros
    }
    return values.pop() if len(values) == 1 else None
