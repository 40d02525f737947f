"""Hover texts on peripherals, registers and their fields."""

from __future__ import annotations

from collections.abc import Sequence

from signoff.diagnostics.explain.markdown import code, plural, table
from signoff.diagnostics.explain.mcu_text import access, address, bit_text, joined, paragraphs, runs, source
from signoff.verifiers.mcu.parts.part import Field, Part, Peripheral, Register

REGISTERS_SHOWN = 24
STILL = "Until then writes to its registers are lost and reads give 0."
OVERLAP = "Fields that share bits belong to different modes."
# Which of the fields of clock registers let a clock run, and which reset; ST names them alike.
ENABLING, RESETTING = "EN", "RST"

FieldPlace = tuple[Peripheral, Register, Field]


def peripheral_text(of: Peripheral, part: Part) -> str:
    """Where it lies, what lets its clock run, which interrupts it raises, and its registers."""
    last = of.base + max(of.size, 1) - 1
    head = joined((f"**{of.name}**", f"{address(of.base)} to {address(last)}", of.bus))
    return paragraphs(head, code(of.text) if of.text else "", _clock(of), _raised(of, part), _map(of), source(part))


def register_text(peripheral: Peripheral, of: Register, part: Part) -> str:
    """Its address, reset value and access, and its fields."""
    head = joined(
        (
            f"**{_spelled(peripheral, of)}**",
            address(peripheral.base + of.offset),
            f"offset `0x{of.offset:02X}`",
            _reset(of),
            access(of.access),
            "" if of.bits == 32 else plural(of.bits, "bit"),
        )
    )
    return paragraphs(head, code(of.text) if of.text else "", _fields(of), _note(peripheral), source(part))


def array_text(peripheral: Peripheral, name: str, part: Part) -> str | None:
    """A register of which C makes an array, without its index: "ISER" of NVIC. None where it is none."""
    found = [one for one in peripheral.registers if one.member.startswith(f"{name}[")]
    if not found:
        return None
    step = found[1].offset - found[0].offset if len(found) > 1 else 0
    ends = f"{address(peripheral.base + found[0].offset)} to {address(peripheral.base + found[-1].offset)}"
    spread = f"{plural(len(found), 'register')} of {found[0].bits} bits, {step} bytes apart"
    head = joined((f"**{peripheral.name}->{found[0].member}** to **{found[-1].member}**", ends))
    return paragraphs(head, spread, _fields(found[0]), _note(peripheral), source(part))


def field_text(
    macro: str, places: Sequence[FieldPlace], part: Part, *, bit: int | None = None, position: bool = False
) -> str:
    """The register and bits of a field's macro; `bit` is the bit of the field that a macro with _0, _1 means.

    `position`: the macro is the number of the field's lowest bit (_Pos), not its mask.
    """
    by_bits: dict[tuple[int, int, str], list[FieldPlace]] = {}
    for place in places:
        by_bits.setdefault((place[2].lsb, place[2].width, place[2].access), []).append(place)
    lines = [_bits_line(same, bit=bit, position=position) for same in by_bits.values()]
    _, register, one = places[0]
    where = f"field {code(one.name)}" if len(places) > 1 else f"field {code(one.name)} at {_address(places[0])}"
    told = code(one.text) if one.text else ""
    return paragraphs(f"**{macro}** · {where}", "  \n".join(lines), told, _use(part, register, one), source(part))


def _address(place: FieldPlace) -> str:
    return address(place[0].base + place[1].offset)


def _bits_line(same: Sequence[FieldPlace], *, bit: int | None, position: bool) -> str:
    peripheral, register, one = same[0]
    names = list(dict.fromkeys(place[0].name for place in same))
    of = code(_spelled(peripheral, register)) if len(names) == 1 else f"{code(register.name)} of {runs(names)}"
    bits = f"bit {one.range}" if one.width == 1 else f"bits {one.range}"
    value = f"value {one.lsb}" if position else f"`0x{one.mask:08X}`"
    if bit is not None and bit < one.width:
        bits = f"bit {one.lsb + bit} (the field's bit {bit}, of bits {one.range})"
        value = f"`0x{1 << (one.lsb + bit):08X}`"
    return joined((f"{bits} of {of}", value, access(one.access)))


def _use(part: Part, register: Register, of: Field) -> str:
    """What a bit of the clock controller does, where it is a peripheral's own."""
    for peripheral in part.peripherals.values():
        bits = {ENABLING: peripheral.enable, RESETTING: peripheral.reset}
        for ending, bit in bits.items():
            if bit and (bit.register, bit.bit) == (register.name, of.lsb) and of.name.endswith(ending):
                return _effect(part, bit.register, bit.bit, resets=ending == RESETTING)
    return ""


def _effect(part: Part, register: str, bit: int, *, resets: bool) -> str:
    chosen = [
        one
        for one in part.peripherals.values()
        if (of := one.reset if resets else one.enable) and (of.register, of.bit) == (register, bit)
    ]
    names = runs([one.name for one in chosen])
    if resets:
        return f"Holds {names} in reset while it is 1."
    return f"Lets the clock of {names} run ({chosen[0].bus}). {STILL}"


def _spelled(peripheral: Peripheral, register: Register) -> str:
    name = f"{peripheral.name}->{register.member or register.name}"
    return f"{name} ({register.name})" if register.member and "[" in register.member else name


def _reset(of: Register) -> str:
    return "" if of.reset is None else f"reset `0x{of.reset:0{of.bits // 4}X}`"


def _clock(of: Peripheral) -> str:
    if of.enable is None:
        return ""
    reset = f"; reset by {bit_text(of.reset)}" if of.reset else ""
    return f"Clock: {bit_text(of.enable)}{reset}."


def _raised(of: Peripheral, part: Part) -> str:
    known = [one for name in of.interrupts if (one := part.interrupt(name)) is not None]
    if not known:
        return ""
    return "Interrupts: " + ", ".join(f"{code(f'{one.name}_IRQn')} ({one.number})" for one in known) + "."


def _map(of: Peripheral) -> str:
    rows = [
        (code(one.member or one.name), f"`0x{one.offset:02X}`", _value(one), one.access)
        for one in of.registers[:REGISTERS_SHOWN]
    ]
    left = len(of.registers) - len(rows)
    more = f"... and {plural(left, 'more register')}" if left > 0 else ""
    return paragraphs(table(("Register", "Offset", "Reset", "Access"), rows), more) if rows else ""


def _value(of: Register) -> str:
    return "" if of.reset is None else f"`0x{of.reset:0{of.bits // 4}X}`"


def _fields(of: Register) -> str:
    if not of.fields:
        return ""
    told = any(one.text for one in of.fields)
    rows = [
        (one.range, code(one.name), access(one.access), *((code(one.text) if one.text else "",) if told else ()))
        for one in of.fields
    ]
    head = ("Bits", "Field", "Access", *(("Meaning",) if told else ()))
    return paragraphs(table(head, rows), OVERLAP if _overlaps(of.fields) else "")


def _overlaps(fields: Sequence[Field]) -> bool:
    taken = 0
    for one in fields:
        if taken & one.mask:
            return True
        taken |= one.mask
    return False


def _note(peripheral: Peripheral) -> str:
    return f"Needs the clock of {peripheral.name}: {bit_text(peripheral.enable)}." if peripheral.enable else ""
