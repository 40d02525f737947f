"""A pin's field that is cleared beside another that is set: the mask's shift and the value's are not the same."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache

from tree_sitter import Node

from signoff.verifiers.mcu.checks.pins_registers import FIELDS, NIBBLE, REMEMBERED, WORD, field_value, half_of, set_bits
from signoff.verifiers.mcu.source.facts import Access, Function, RegisterAccess
from signoff.verifiers.mcu.source.values import expression, value

PAIR = 2
SHIFTED = re.compile(r"<<\s*(\w+|\((?:[^()]|\([^()]*\))*\))")
NAME = re.compile(r"\b[A-Za-z_]\w*")
# A pin is counted from 8 in AFR[1]: `PIN - 8U`, `PIN % 8`, `PIN & 7` mean the same pin; another sum another one.
COUNTED = re.compile(r"(?:-|%)\s*8[uUlL]*\b|&\s*7[uUlL]*\b")


def misplaced(function: Function, pairs: frozenset[str]) -> Iterator[tuple[RegisterAccess, str]]:
    """(the write that sets, what is wrong): it sets another field than the one that it, or the one before, clears.

    Told only where both shifts are made of the same names: then they mean the same pin. `pairs`: the registers with two
    bits a pin.
    """
    before: dict[tuple[str, str, int | None], RegisterAccess] = {}
    for access in function.body.registers:
        half = half_of(access)
        if access.access not in (Access.WRITE, Access.MODIFY) or (half is None and access.register not in pairs):
            continue
        key = access.peripheral or access.base, access.register, half
        clears = before.pop(key, None)
        if access.operator == "&=":
            before[key] = access
        elif access.operator in ("=", "modify"):
            yield from _judged(access, access, half)
        elif access.operator == "|=" and clears is not None and clears.where.branch == access.where.branch:
            yield from _judged(clears, access, half)


def _judged(clears: RegisterAccess, sets: RegisterAccess, half: int | None) -> Iterator[tuple[RegisterAccess, str]]:
    width, mask, bits = PAIR if half is None else NIBBLE, _cleared(clears), set_bits(sets)
    cleared, written = _fields(mask, width), _fields(bits, width)
    if len(cleared) != 1 or len(written) != 1 or cleared == written or not _same_pin(clears, sets):
        return
    first = (half or 0) * FIELDS
    name = sets.register if half is None else f"AFR[{half}]"
    at = "2 * n" if half is None else "4 * (n - 8)" if half else "4 * n"
    one, other = first + cleared[0], first + written[0]
    yield sets, f"{name}: pin {one}'s bits are cleared, but pin {other}'s are set. Pin n is at bit {at}."


def _fields(bits: int | None, width: int) -> list[int]:
    every = (1 << width) - 1
    return [n for n in range(WORD.bit_length() // width) if (bits or 0) >> n * width & every]


def _cleared(access: RegisterAccess) -> int | None:
    """The bits that a write certainly clears; None where that is not certain."""
    if access.operator == "modify":
        return access.mask.value if access.mask is not None else None
    if access.value is None:
        return None
    if access.operator == "&=":
        return ~access.value.value & WORD if access.value.value is not None else None
    return _masked_out(access.value.resolved, access.register)


@lru_cache(maxsize=REMEMBERED)
def _masked_out(text: str, register: str) -> int | None:
    """The bits that `(REGISTER & mask) | ...` does not keep; None where it is not of that form."""
    waiting, found = [expression(text)], list[int | None]()
    while waiting:
        node = waiting.pop()
        if node is None:
            continue
        sign = (part.text or b"").decode() if (part := node.child_by_field_name("operator")) is not None else ""
        if node.type == "binary_expression" and sign == "&":
            found.append(_mask(node, register))
        elif node.type == "parenthesized_expression" or (node.type == "binary_expression" and sign == "|"):
            waiting += node.named_children
    return found[0] if len(found) == 1 else None


def _mask(node: Node, register: str) -> int | None:
    sides = node.child_by_field_name("left"), node.child_by_field_name("right")
    for one, other in (sides, sides[::-1]):
        if one is not None and other is not None and re.search(rf"\b{register}\b", (one.text or b"").decode()):
            kept = value(other, field_value)
            return ~kept & WORD if kept is not None else None
    return None


def _same_pin(clears: RegisterAccess, sets: RegisterAccess) -> bool:
    """Whether the shifts of what is cleared and of what is set, as written, are made of the same names."""
    one, other = _written(clears, cleared=True), _written(sets, cleared=False)
    shifts = [SHIFTED.findall(text) for text in (one, other)]
    if not all(shifts) or any(re.search(r"[+-]|%|&", COUNTED.sub("", text)) for found in shifts for text in found):
        return False
    names = [{name for text in found for name in NAME.findall(text)} for found in shifts]
    return len(names[0]) == 1 and names[0] == names[1]


def _written(access: RegisterAccess, *, cleared: bool) -> str:
    """The text of what a write clears, or of what it sets."""
    text = access.value.text if access.value is not None else ""
    if access.operator == "modify":
        return (access.mask.text if access.mask is not None else "") if cleared else text
    if access.operator != "=":
        return text
    start = text.find("~")
    end, depth = start + 1, 0
    while start >= 0 and end < len(text):
        depth += {"(": 1, ")": -1}.get(text[end], 0)
        end += 1
        if depth <= 0 and text[end - 1] == ")":
            break
    return text[start:end] if cleared else text[:start] + text[end:]
