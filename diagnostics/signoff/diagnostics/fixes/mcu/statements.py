"""Small questions that rules for firmware ask of tokens: a body's statements, a call's arguments, values of numbers."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.gpu.tokens import CudaSource
from signoff.diagnostics.fixes.mcu.ground import BOUNDS, Body, Ground

_NUMBER = re.compile(r"(0[xX][0-9a-fA-F]+|\d+)[uUlL]*")


def arguments(src: CudaSource, opening: int) -> list[range]:
    """The tokens of each argument between the bracket at `opening` and the one that closes it."""
    closing = src.closing(opening)
    found: list[range] = []
    first = number = opening + 1
    while number < closing:
        if src.word(number) in ("(", "[", "{"):
            number = src.closing(number)
        elif src.word(number) == ",":
            found.append(range(first, number))
            first = number + 1
        number += 1
    return [*found, range(first, closing)] if closing > opening + 1 else []


def call_in(src: CudaSource, tokens: range, callee: str) -> int:
    """The index of the name in a call of `callee` among the tokens; -1 where there is none."""
    return next((n for n in tokens if src.word(n) == callee and src.word(n + 1) == "("), -1)


def number_of(text: str) -> int | None:
    """The value of a number as C writes it ("8U", "0x10"); None for any other text."""
    match = _NUMBER.fullmatch(text)
    if match is None:
        return None
    octal = len(match[1]) > 1 and match[1].startswith("0") and match[1].isdigit()
    return int(match[1], 8 if octal and not set(match[1]) & {"8", "9"} else 0 if not octal else 10)


def like(text: str, value: int) -> str:
    """`value` in the spelling of another number: with its suffix, in its base."""
    suffix = re.search(r"[uUlL]*$", text)
    digits = f"0x{value:x}" if text[:2].lower() == "0x" else str(value)
    return digits + (suffix[0] if suffix else "")


def pieces(ground: Ground, inside: Body | None) -> Iterator[range]:
    """The stretches of a body between semicolons and braces: its statements, and the heads of its blocks."""
    first = inside.opened + 1 if inside is not None else 0
    for number in range(first, inside.closed + 1 if inside is not None else 0):
        if ground.src.word(number) in BOUNDS:
            if number > first:
                yield range(first, number)
            first = number + 1


def cleared(ground: Ground, tokens: range) -> Iterator[int]:
    """The tokens under a `~`."""
    for number in tokens:
        if ground.src.word(number) == "~":
            closing = ground.src.closing(number + 1) if ground.src.word(number + 1) == "(" else number + 1
            yield from range(number + 1, closing + 1)


def value_of(ground: Ground, text: str) -> int | None:
    """The value of a constant expression, by the document's own macros and the names that every vendor's header has."""
    from signoff.verifiers.mcu.source.values import constant, from_macros
    from signoff.verifiers.mcu.source.vocabulary import known_value

    return constant(text, from_macros(_macros(ground), known_value))


_MACRO = re.compile(r"[ \t]*#[ \t]*define[ \t]+(\w+)[ \t]+((?:[^\n/\\]|/(?![/*]))+)")


def _macros(ground: Ground) -> dict[str, str]:
    """The macros without parameters that the text defines once."""
    found: dict[str, str] = {}
    again: set[str] = set()
    for token in ground.src.tokens:
        match = _MACRO.match(token.text) if token.kind == "directive" else None
        if match:
            again |= {match[1]} & found.keys()
            found[match[1]] = match[2].strip()
    return {name: text for name, text in found.items() if name not in again}
