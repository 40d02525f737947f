"""Which clocks an image enables, anywhere: what cannot be followed counts as enabled."""

from __future__ import annotations

from dataclasses import dataclass, field

from signoff.verifiers.mcu.checks.clocks_acts import ALL, ENABLE_REGISTER, bits_of, in_assembler
from signoff.verifiers.mcu.checks.clocks_digest import Spoken, digests
from signoff.verifiers.mcu.checks.clocks_names import Bit
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import ImageFacts


@dataclass(slots=True)
class Enabled:
    """`bits` are enabled or may be; `registers` are those in which any bit may be ("*": all of them)."""

    bits: set[Bit] = field(default_factory=set)
    registers: set[str] = field(default_factory=set)

    def may_be(self, bit: Bit) -> bool:
        """Whether the image may enable a clock."""
        return bit in self.bits or bit[0] in self.registers or ALL in self.registers


def enabled(image: ImageFacts, part: Part, functions: frozenset[str] | None = None) -> Enabled:
    """All that the image may enable; with `functions`, by code in these and outside of any."""
    result = Enabled(_after_reset(part))
    for digest in digests(image, part):
        _add(result, digest.outside)
        for function, spoken, acts in digest.functions:
            if functions is None or function.name in functions:
                _add(result, spoken)
                result.bits.update(*(act.bits for act in acts))
                result.registers.update(act.register for act in acts if act.register)
        if digest.hidden:
            result.registers.add(ALL)
    if any(map(in_assembler, image.assembler.values())):
        result.registers.add(ALL)
    return result


def _add(result: Enabled, spoken: Spoken) -> None:
    result.bits |= spoken.bits
    if spoken.everything:
        result.registers.add(ALL)


def _after_reset(part: Part) -> set[Bit]:
    controller = part.peripheral("RCC")
    registers = controller.registers if controller is not None else ()
    return set().union(
        *(bits_of(one.reset, one.name) for one in registers if one.reset and ENABLE_REGISTER.fullmatch(one.name))
    )
