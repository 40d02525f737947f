"""AFR and MODER written by hand: what the constants in a function's statements choose for each pin."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from functools import lru_cache

from tree_sitter import Node

from signoff.verifiers.mcu.checks.pins_names import PORT
from signoff.verifiers.mcu.source.facts import Access, Function, RegisterAccess
from signoff.verifiers.mcu.source.values import expression, value
from signoff.verifiers.mcu.source.vocabulary import known_value

NIBBLE = 4
NIBBLE_MASK = 0xF
FIELDS = 8  # of four bits in a register
AFR_FIELD = re.compile(r"GPIO_AFR[LH]_AFS?E?L(\d+)(?:_(\d))?(?:_Msk)?")
MODER_FIELD = re.compile(r"GPIO_MODER_MODER?(\d+)(?:_(\d))?(?:_Msk)?")
FIELD_MASK = {"AFR": NIBBLE_MASK, "MODER": 3}


@dataclass(slots=True)
class Chosen:
    """The alternate functions, by pin, that a function leaves in one AFR register; `access` wrote them last."""

    access: RegisterAccess
    pins: dict[str, int] = field(default_factory=dict)


def chosen(function: Function) -> Iterator[Chosen]:
    """What AFR registers become in a function, where all that it writes to them is certain."""
    written: dict[tuple[str, int], list[RegisterAccess]] = {}
    for access in function.body.registers:
        half = half_of(access)
        if half is not None and access.access in (Access.WRITE, Access.MODIFY) and PORT.fullmatch(access.peripheral):
            written.setdefault((access.peripheral, half), []).append(access)
    for (port, half), accesses in written.items():
        yield from _left(port, half, accesses)


def half_of(access: RegisterAccess) -> int | None:
    """0 for AFR[0] and AFRL, 1 for AFR[1] and AFRH; None for other registers, and where the index is not certain."""
    if access.register == "AFR" and access.index in (0, 1):
        return access.index
    return {"AFRL": 0, "AFRH": 1}.get(access.register)


def _left(port: str, half: int, accesses: list[RegisterAccess]) -> Iterator[Chosen]:
    """Bits that several writes set add up to one choice; a write under a condition leaves it open."""
    state = 0
    last: dict[int, RegisterAccess] = {}
    for access in accesses:
        bits = set_bits(access)
        if bits is None or access.where.branch != accesses[0].where.branch:
            return
        state = bits if access.operator == "=" and not _keeps(access) else state | bits
        last.update((number, access) for number in range(FIELDS) if bits >> number * NIBBLE & NIBBLE_MASK)
    for number, access in last.items():
        choice = state >> number * NIBBLE & NIBBLE_MASK
        if choice:
            pin = f"P{port[-1]}{number + half * FIELDS}"
            yield Chosen(access, {pin: choice})


def _keeps(access: RegisterAccess) -> bool:
    """Whether the value holds the register itself: AFR = (AFR & ~mask) | bits."""
    return access.value is not None and access.register in access.value.resolved


def set_bits(access: RegisterAccess) -> int | None:
    """The bits that a write certainly sets; None where it may set others. Clearing sets none."""
    if access.value is None:
        return None
    if access.operator == "&=":
        return 0
    if access.operator not in ("=", "|=", "modify"):
        return None
    if access.operator == "=" and access.value.value is not None:
        return access.value.value & WORD
    value_known = access.value.value
    return _set(access.value.resolved, access.register) if value_known is None else value_known & WORD


WORD = (1 << 32) - 1
# Texts whose bits are remembered: a file of drivers has some hundred writes, of which an edit changes one.
REMEMBERED = 2048


@lru_cache(maxsize=REMEMBERED)
def _set(text: str, register: str) -> int | None:
    node = expression(text)
    terms = list(_terms(node)) if node is not None else []
    bits = 0
    for term in terms:
        found = value(term, field_value)
        if found is None:
            if not _masked(term, register):
                return None
            found = 0
        bits |= found
    return bits & WORD if terms else None


def _terms(node: Node) -> Iterator[Node]:
    """The operands of an expression of | and parentheses."""
    if node.type == "parenthesized_expression" and node.named_children:
        yield from _terms(node.named_children[0])
    elif node.type == "binary_expression" and _operator(node) == "|":
        for one in (node.child_by_field_name("left"), node.child_by_field_name("right")):
            if one is not None:
                yield from _terms(one)
    else:
        yield node


def _masked(node: Node, register: str) -> bool:
    """Whether a term is the register with bits cleared: GPIOB->AFR[1] & ~(0xF << 24)."""
    if node.type != "binary_expression" or _operator(node) != "&":
        return False
    text = (node.text or b"").decode("utf-8", "replace")
    return re.search(rf"\b{register}\b", text) is not None and "~" in text


def _operator(node: Node) -> str:
    sign = node.child_by_field_name("operator")
    return (sign.text or b"").decode() if sign is not None else ""


def field_value(name: str) -> int | None:
    """The value of GPIO_AFRH_AFSEL14_0, GPIO_MODER_MODER14_1, GPIO_MODER_MODE14 and the like."""
    for pattern, width, mask in ((AFR_FIELD, NIBBLE, NIBBLE_MASK), (MODER_FIELD, 2, FIELD_MASK["MODER"])):
        match = pattern.fullmatch(name)
        if match:
            number = int(match[1]) % (WORD.bit_length() // width)
            return (mask if match[2] is None else 1 << int(match[2])) << number * width
    return known_value(name)
