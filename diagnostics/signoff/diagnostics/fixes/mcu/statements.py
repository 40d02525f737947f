"""Small questions that rules for firmware ask of tokens: arguments of a call, values of numbers."""

from __future__ import annotations

import re

from signoff.diagnostics.fixes.gpu.tokens import CudaSource

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
