"""A port's output that a handler changes, too: through BSRR, which changes bits in one go."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.statements import value_of

SHARED = "SharedRegister"
CHANGE = re.compile(r"(?P<port>\w+)\s*->\s*ODR\s*(?P<sign>\|=|&=|\^=)\s*(?P<value>[^;]+);", re.DOTALL)
# A value without calls, assignments and comments: it may be written twice.
PLAIN = re.compile(r"(?:\w+|<<|>>|[|()~+*-]|\s)+")
ONE_BIT = re.compile(r"\(?\s*1[uUlL]*\s*<<\s*\w+\s*\)?|GPIO_PIN_\d+")
# BSRR sets bits by its lower half and resets them by its upper one (RM0090, 8.4.7).
RESET = PINS = 16
PINS_MASK = "0xFFFFU"
RULE = "registers"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """`ODR |= x` as `BSRR = x`, `ODR &= ~x` as `BSRR = x << 16`, `ODR ^= x` as both."""
    if ground.finding.code != SHARED or ground.data.get("register") != "ODR":
        return
    statement = ground.statement(ground.at)
    match = CHANGE.fullmatch(ground.text(statement))
    if match is None or not PLAIN.fullmatch(match["value"]) or re.search(r"\w\s*\(|\+\+|--", match["value"]):
        return
    value = _written(ground, match["port"], match["sign"], match["value"].strip())
    if not value:
        return
    start, end = ground.src.token(statement.start).start, ground.src.token(statement.stop - 1).end
    edit = replacement(ground.index, start, end, f"{match['port']}->BSRR = {value};")
    gone = ("ODR", match["sign"], "~", "=")
    yield ground.candidate("Write BSRR, which changes these bits alone", [edit], RULE, gone)


def _written(ground: Ground, port: str, sign: str, value: str) -> str:
    """What BSRR is given; "" where the value is not of the form that the sign asks for.

    A bit above the port's pins does nothing in ODR, and resets a pin in BSRR.
    """
    bits = value_of(ground, value)
    known = bits is not None and 0 <= bits < 1 << PINS
    if sign == "|=":
        return value if known else f"{value if _whole(value) else f'({value})'} & {PINS_MASK}"
    if sign == "&=":
        return _reset(value[1:].strip()) if value.startswith("~") and _whole(value[1:].strip()) else ""
    if not known:
        return ""
    odr, whole = f"{port}->ODR", f"({_bare(value)})"
    if ONE_BIT.fullmatch(value):
        return f"{odr} & {whole if not value.isidentifier() else value} ? {_reset(value)} : {_bare(value)}"
    return f"(({odr} & {whole}) << {RESET}) | (~{odr} & {whole})"


def _whole(value: str) -> bool:
    """Whether a text is one name or number, or all in brackets: `~` stands before all of it."""
    if not value.startswith("("):
        return re.fullmatch(r"\w+", value) is not None
    depth = 0
    for number, letter in enumerate(value):
        depth += {"(": 1, ")": -1}.get(letter, 0)
        if depth == 0:
            return number == len(value) - 1
    return False


def _bare(value: str) -> str:
    return value[1:-1].strip() if value.startswith("(") and _whole(value) else value


def _reset(value: str) -> str:
    if value.isidentifier():
        return f"{value} << {RESET}"
    return f"(uint32_t)({_bare(value)}) << {RESET}"
