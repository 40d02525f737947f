"""Check 4: shifts that miss the pin's field in AFR, MODER and their like."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from functools import lru_cache

from tree_sitter import Node

from signoff.verifiers.finding import Category, Finding, Severity
from signoff.verifiers.mcu.checks.check import TOOL, by_function
from signoff.verifiers.mcu.checks.pins_fields import misplaced
from signoff.verifiers.mcu.checks.pins_names import PORT, facts
from signoff.verifiers.mcu.checks.pins_registers import FIELDS, NIBBLE, REMEMBERED, field_value, half_of, set_bits
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Access, Call, Function, ImageFacts, RegisterAccess
from signoff.verifiers.mcu.source.values import expression, value
from signoff.verifiers.project import Project

CODE = "PinShift"
WORD_BITS = 32
# Registers with two bits a pin.
PAIRS = frozenset(("MODER", "OSPEEDR", "PUPDR"))
PAIR_MASK = 3
AF_MODE = 2


def shifts(image: ImageFacts, path: str, part: Part | None, project: Project) -> Iterable[Finding]:
    """Writes to pins' registers whose shift certainly misses."""
    source = image.sources.get(path)
    for function in source.functions if source is not None else ():
        yield from _of_function(function)


@by_function
def _of_function(function: Function) -> Iterator[Finding]:
    told: list[RegisterAccess] = []
    for access in function.body.registers:
        if access.access in (Access.WRITE, Access.MODIFY) and _is_port(access):
            found = list(_shifted(function, access))
            told += [access] if found else []
            yield from found
    for access, message in misplaced(function, PAIRS):
        if access not in told and _is_port(access):
            yield _finding(function, access, message, Severity.WARNING)
    for call in function.body.calls:
        yield from _wrong_half(function, call)
    yield from _other_half(function)


def _is_port(access: RegisterAccess) -> bool:
    """A port by its name, or a pointer to one: no other peripheral has these registers."""
    return PORT.fullmatch(access.peripheral) is not None or (not access.peripheral and access.base.isidentifier())


def _shifted(function: Function, access: RegisterAccess) -> Iterator[Finding]:
    half = half_of(access)
    if half is None and access.register not in PAIRS:
        return
    for operand in (access.value, access.mask):
        for shifted, count in _shifts(operand.resolved) if operand is not None else ():
            message = _missed(access, half, shifted, count)
            if message:
                yield _finding(function, access, message, Severity.ERROR if count >= WORD_BITS else Severity.WARNING)
                return


@lru_cache(maxsize=REMEMBERED)
def _shifts(text: str) -> tuple[tuple[int | None, int], ...]:
    return tuple(_shifts_in(expression(text)))


def _shifts_in(node: Node | None) -> Iterator[tuple[int | None, int]]:
    """(what is shifted, by how much) of every shift to the left by a constant."""
    waiting = [node] if node is not None else []
    while waiting:
        one = waiting.pop()
        waiting += one.named_children
        sign = one.child_by_field_name("operator")
        left, right = one.child_by_field_name("left"), one.child_by_field_name("right")
        if one.type == "binary_expression" and sign is not None and sign.text == b"<<" and left and right:
            count = value(right, field_value)
            if count is not None and count >= 0:
                yield value(left, field_value), count


def _missed(access: RegisterAccess, half: int | None, shifted: int | None, count: int) -> str:
    name = access.register if access.index is None else f"{access.register}[{access.index}]"
    if half is not None:
        return _missed_nibble(name, half, shifted, count)
    if count >= WORD_BITS:
        return f"{name} has 32 bits, two for each pin: a shift by {count} leaves nothing of the value."
    if shifted == PAIR_MASK and count % 2:
        pins = f"pins {count // 2} and {count // 2 + 1}"
        return f"{name} has two bits for each pin: {shifted} << {count} lies across {pins}. Pin n is at 2 * n."
    return ""


def _missed_nibble(name: str, half: int, shifted: int | None, count: int) -> str:
    first = half * FIELDS
    pins = f"{name} holds pins {first} to {first + FIELDS - 1}"
    if count >= WORD_BITS:
        pin = count // NIBBLE
        known = count % NIBBLE == 0 and FIELDS <= pin < 2 * FIELDS
        right = f"Pin {pin} is in AFR[1] at bit ({pin} - 8) * 4 = {(pin - FIELDS) * NIBBLE}." if known else ""
        return f"{pins} in 32 bits: a shift by {count} leaves nothing of the value. {right}".strip()
    offset = count % NIBBLE
    if shifted is not None and 1 < shifted < 1 << NIBBLE and shifted & shifted - 1 and shifted << offset >> NIBBLE:
        low = first + count // NIBBLE
        return f"{pins} with four bits each: {shifted} << {count} lies across pins {low} and {low + 1}."
    return ""


def _wrong_half(function: Function, call: Call) -> Iterator[Finding]:
    """LL_GPIO_SetAFPin_0_7 with pin 8 or above, and the other way round."""
    rule = facts()["calls"].get(call.callee)
    if rule is None or "lowest" not in rule or len(call.arguments) <= rule["pins"]:
        return
    mask = call.arguments[rule["pins"]].value
    lowest, highest = rule["lowest"], rule["highest"]
    if mask is None or mask <= 0 or lowest <= mask.bit_length() - 1 <= highest:
        return
    other = "LL_GPIO_SetAFPin_8_15" if lowest == 0 else "LL_GPIO_SetAFPin_0_7"
    message = f"{call.callee} sets pins {lowest} to {highest}; for pin {mask.bit_length() - 1} it is {other}."
    yield _finding(function, call, message, Severity.ERROR, (("right", other),))


def _other_half(function: Function) -> Iterator[Finding]:
    """The function makes pin 14 an alternate-function pin in MODER, but writes pin 6's field, in the other AFR."""
    modes: dict[str, int] = {}
    fields: dict[str, dict[int, RegisterAccess]] = {}
    for access in function.body.registers:
        if access.access not in (Access.WRITE, Access.MODIFY) or not PORT.fullmatch(access.peripheral):
            continue
        half, bits = half_of(access), set_bits(access)
        if access.register == "MODER" and bits is not None:
            modes[access.peripheral] = modes.get(access.peripheral, 0) | bits
        elif access.register == "MODER" or (half is not None and bits is None):
            modes[access.peripheral] = UNKNOWN
        elif half is not None and bits:
            own = fields.setdefault(access.peripheral, {})
            own.update((n + half * FIELDS, access) for n in range(FIELDS) if bits >> n * NIBBLE & 15)
    for port, own in fields.items():
        if modes.get(port, UNKNOWN) != UNKNOWN:
            yield from _swapped(function, port, modes[port], own)


UNKNOWN = -1


def _swapped(function: Function, port: str, modes: int, fields: dict[int, RegisterAccess]) -> Iterator[Finding]:
    wanted = {pin for pin in range(2 * FIELDS) if modes >> 2 * pin & PAIR_MASK == AF_MODE}
    for pin, access in fields.items():
        other = pin + FIELDS if pin < FIELDS else pin - FIELDS
        if pin in wanted or other not in wanted or other in fields:
            continue
        named = f"AFR[{other // FIELDS}]"
        message = (
            f"P{port[-1]}{other} becomes an alternate-function pin, but this writes the field of P{port[-1]}{pin}: "
            f"pin {other} is in {named} at bit {other % FIELDS * NIBBLE}."
        )
        yield _finding(function, access, message, Severity.WARNING, (("right", named), ("pin", f"P{port[-1]}{other}")))


def _finding(
    function: Function,
    item: Call | RegisterAccess,
    message: str,
    severity: Severity,
    data: tuple[tuple[str, str], ...] = (),
) -> Finding:
    span = function.place(item)
    return Finding(function.path, span, severity, CODE, message, TOOL, Category.PIN_FUNCTION, data=data)
