"""Which clocks an image enables, anywhere: what cannot be followed counts as enabled."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import cache

from signoff.verifiers.mcu.checks.clocks_names import Bit, bit_of, bits_in, enable_of, is_everything, spoken_of
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Access, Call, Function, ImageFacts, Operand, RegisterAccess
from signoff.verifiers.mcu.source.files import names_in

ENABLE_REGISTER = re.compile(r"(?:AHB|APB)\d?(?:L|H)?ENR\d?")
CLOCK_PIECE = re.compile(r"RCC|CLK|Clock|Periph|ENR", re.IGNORECASE)
# The reset and clock controller of STM32F4 by its number, and its bit-band alias (RM0090, 2.3; PM0214, 2.2.5).
RCC_NUMBER = re.compile(r"0x(?:4002_?38|4247)[0-9a-f]", re.IGNORECASE)
WORD_BITS = 32
ALL = "*"


@dataclass(slots=True)
class Enabled:
    """`bits` are enabled or may be; `registers` are those in which any bit may be ("*": all of them)."""

    bits: set[Bit] = field(default_factory=set)
    registers: set[str] = field(default_factory=set)

    def may_be(self, bit: Bit) -> bool:
        """Whether the image may enable a clock."""
        return bit in self.bits or bit[0] in self.registers or ALL in self.registers


@dataclass(frozen=True, slots=True)
class Act:
    """One statement that enables clocks: `bits`, or any bit of `register`."""

    bits: frozenset[Bit]
    register: str = ""


@cache
def _calls() -> tuple[tuple[re.Pattern[str], int], ...]:
    return tuple((re.compile(pattern), argument) for pattern, argument in table("clocks")["calls"].values())


def act_of_call(call: Call, part: Part) -> Act | None:
    """What a call enables by itself; None where it enables nothing that is known."""
    inside = table("clocks")["functions"].get(call.callee)
    if inside is not None:
        found = (enable_of(name, part) for name in inside)
        return Act(frozenset((one.register, one.bit) for one in found if one is not None))
    bit = bit_of(call.callee, part)
    if bit is not None and call.callee.endswith("_ENABLE"):
        return Act(frozenset((bit,)))
    for pattern, argument in _calls():
        match = pattern.fullmatch(call.callee)
        if match and argument < len(call.arguments):
            register = f"{match[1]}ENR" if match.groups() else ALL
            return _bits(call.arguments[argument], register, part) if argument >= 0 else None
    return None


def act_of_access(access: RegisterAccess, part: Part) -> Act | None:
    """What an access to a register enables."""
    register = _register(access, part)
    if not register or access.access is Access.READ or access.operator in ("&=", "^="):
        return None
    if access.access is Access.ADDRESS or access.value is None:
        return Act(frozenset(), register)
    return _bits(access.value, register, part)


def _register(access: RegisterAccess, part: Part) -> str:
    if access.address is not None:
        found = part.at(access.address)
        if RCC_NUMBER.match(hex(access.address)) and (found is None or found[1] is None):
            return ALL
        name = found[1].name if found and found[1] and found[0].name == "RCC" else ""
        return name if ENABLE_REGISTER.fullmatch(name) else ""
    if access.peripheral not in ("RCC", ""):
        return ""
    return access.register if ENABLE_REGISTER.fullmatch(access.register) else ""


def _bits(operand: Operand, register: str, part: Part) -> Act:
    """The bits of a value that is written: by the names in it, else by its number."""
    names = names_in(operand.resolved)
    if any(is_everything(name) for name in names):
        return Act(frozenset(), register)
    bits = {bit for name in names if (bit := bit_of(name, part)) is not None}
    if bits and all(bit_of(name, part) is not None for name in names):
        # Named bits, alone or with numbers beside them; whatever register they are named for.
        value = bits_in(operand.resolved, part)
        if value is not None and register != ALL and bits == _of(value, register):
            return Act(frozenset(bits))
        if not re.search(r"\d(?!\w*[A-Za-z_])", re.sub(r"[A-Za-z_]\w*", "", operand.resolved)):
            return Act(frozenset(bits))
    value = operand.value if operand.value is not None else bits_in(operand.resolved, part)
    if value is None or register == ALL:
        return Act(frozenset(bits), register)
    return Act(frozenset(bits | _of(value, register)))


def _of(value: int, register: str) -> set[Bit]:
    return {(register, bit) for bit in range(WORD_BITS) if value >> bit & 1}


def acts(function: Function, part: Part) -> Iterator[Act]:
    """Everything in a function that enables clocks."""
    for call in function.body.calls:
        made = act_of_call(call, part)
        if made is not None:
            yield made
    for access in function.body.registers:
        made = act_of_access(access, part)
        if made is not None:
            yield made


def enabled(image: ImageFacts, part: Part) -> Enabled:
    """All that the image may enable."""
    result = Enabled()
    for name in image.identifiers:
        spoken = spoken_of(name) or name in table("clocks")["functions"]
        if spoken:
            _named(name, part, result)
    for function in image.every():
        for act in acts(function, part):
            result.bits |= act.bits
            if act.register:
                result.registers.add(act.register)
    if _hidden(image):
        result.registers.add(ALL)
    result.bits |= _after_reset(part)
    return result


def _named(name: str, part: Part, result: Enabled) -> None:
    """A name anywhere in the code counts: in a table, in an argument, in a macro."""
    if is_everything(name):
        result.registers.add(ALL)
        return
    bit = bit_of(name, part)
    found = [enable_of(one, part) for one in table("clocks")["functions"].get(name, ())]
    result.bits |= {(one.register, one.bit) for one in found if one is not None}
    if bit is not None:
        result.bits.add(bit)


def _after_reset(part: Part) -> set[Bit]:
    controller = part.peripheral("RCC")
    registers = controller.registers if controller is not None else ()
    return set().union(
        *(_of(one.reset, one.name) for one in registers if one.reset and ENABLE_REGISTER.fullmatch(one.name))
    )


def _hidden(image: ImageFacts) -> bool:
    """Whether clocks may be enabled where it is not seen: by pasted names, assembler, the controller's address."""
    for source in image.sources.values():
        if any(CLOCK_PIECE.search(piece) for piece in source.pasted):
            return True
        if any(RCC_NUMBER.search(one.initializer) for one in source.variables):
            return True
    if any(RCC_NUMBER.search(text) or re.search(r"\bRCC\b", text) for text in image.assembler.values()):
        return True
    return any(map(_passes_controller, image.every()))


def _passes_controller(function: Function) -> bool:
    operands = [one for call in function.body.calls for one in call.arguments]
    operands += [write.value for write in function.body.fields]
    return any(
        one.resolved in ("RCC", "RCC_BASE") or RCC_NUMBER.search(one.resolved) or _enable_address(one.resolved)
        for one in operands
    )


def _enable_address(text: str) -> bool:
    return text.startswith("&") and re.fullmatch(r"&\(?\s*RCC\s*->\s*(?:AHB|APB)\w*ENR\w*\s*\)?", text) is not None
