"""What a statement enables: a call or a write to an enable register of the reset and clock controller."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from signoff.verifiers.mcu.checks.check import by_function
from signoff.verifiers.mcu.checks.clocks_names import Bit, bit_of, bits_in, enable_of, is_everything
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Access, Call, Function, Operand, RegisterAccess, SourceFacts
from signoff.verifiers.mcu.source.files import names_in

ENABLE_REGISTER = re.compile(r"(?:AHB|APB)\d?(?:L|H)?ENR\d?")
CLOCK_PIECE = re.compile(r"RCC|CLK|Clock|Periph|ENR", re.IGNORECASE)
# The reset and clock controller of STM32F4 by its number, and its bit-band alias (RM0090, 2.3; PM0214, 2.2.5).
RCC_NUMBER = re.compile(r"0x(?:4002_?38|4247)[0-9a-f]", re.IGNORECASE)
CONTROLLER = re.compile(rf"\bRCC\b|{RCC_NUMBER.pattern}", re.IGNORECASE)
ASSEMBLER_COMMENT = re.compile(r"/\*.*?\*/|(?://|@|^\s*#)[^\n]*", re.DOTALL | re.MULTILINE)
WORD_BITS = 32
ALL = "*"


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
        if value is not None and register != ALL and bits == bits_of(value, register):
            return Act(frozenset(bits))
        if not re.search(r"\d(?!\w*[A-Za-z_])", re.sub(r"[A-Za-z_]\w*", "", operand.resolved)):
            return Act(frozenset(bits))
    value = operand.value if operand.value is not None else bits_in(operand.resolved, part)
    if value is None or register == ALL:
        return Act(frozenset(bits), register)
    return Act(frozenset(bits | bits_of(value, register)))


def bits_of(value: int, register: str) -> set[Bit]:
    """The bits that a value sets in a register."""
    return {(register, bit) for bit in range(WORD_BITS) if value >> bit & 1}


@by_function
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


def hides(source: SourceFacts) -> bool:
    """Whether clocks may be enabled where it is not seen: by pasted names, or by the controller's address."""
    if any(CLOCK_PIECE.search(piece) for piece in source.pasted):
        return True
    if any(RCC_NUMBER.search(one.initializer) for one in source.variables):
        return True
    return any(map(_passes_controller, source.functions))


@lru_cache(maxsize=32)
def in_assembler(text: str) -> bool:
    """Whether assembler code may touch the controller."""
    return CONTROLLER.search(ASSEMBLER_COMMENT.sub(" ", text)) is not None


def _passes_controller(function: Function) -> bool:
    operands = [one for call in function.body.calls for one in call.arguments]
    operands += [write.value for write in function.body.fields]
    return any(
        one.resolved in ("RCC", "RCC_BASE") or RCC_NUMBER.search(one.resolved) or _enable_address(one.resolved)
        for one in operands
    )


def _enable_address(text: str) -> bool:
    return text.startswith("&") and re.fullmatch(r"&\(?\s*RCC\s*->\s*(?:AHB|APB)\w*ENR\w*\s*\)?", text) is not None
