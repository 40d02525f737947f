"""Pins: the number of an alternate function, and where its bits stand in AFR and MODER."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.statements import like, number_of
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.text import Edit

ALTERNATE, SHIFT = "AlternateFunction", "PinShift"
# GPIO_AF7_USART2, LL_GPIO_AF_7, GPIO_AF7 (libopencm3), GPIO_AF_USART2 (StdPeriph)
NAMED = re.compile(r"(?P<front>(?:LL_)?GPIO_AF_?)(?P<number>\d+)(?P<rest>_\w+)?")
# Pins to a register of alternate functions, bits to a pin there.
HALF, NIBBLE, PAIR = 8, 4, 2
RULE = "pins"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """The alternate function that the pin has for what the text uses; the shift that leads to the pin's bits."""
    if ground.finding.code == ALTERNATE and "member" not in ground.data:
        yield from _alternate(ground)
    elif ground.finding.code == SHIFT:
        yield from _shift(ground)


def _alternate(ground: Ground) -> Iterator[FixCandidate]:
    right, pin = ground.data.get("alternate", ""), ground.data.get("pin", "")
    peripheral = ground.data.get("peripheral", "")
    if not right.isdigit():
        right, peripheral = _only_one(ground, pin)
    if not right:
        return
    title = f"Give {pin} alternate function {right}{f' ({peripheral})' if peripheral else ''}"
    for token, text in _chosen(ground, right, peripheral):
        yield ground.candidate(title, [ground.replace(token, text)], RULE, (token.text,))


def _chosen(ground: Ground, right: str, peripheral: str) -> Iterator[tuple[Token, str]]:
    """The tokens that may choose the wrong function, each with the right one: a name, or the number that is wrong."""
    tokens = [ground.src.token(number) for number in ground.statement(ground.at)]
    shifted = any("AFR" in token.text for token in tokens)
    for token, following in pairwise([*tokens, tokens[-1]]):
        named = NAMED.fullmatch(token.text)
        if named is not None:
            rest = f"_{peripheral}" if named["rest"] and peripheral else named["rest"] or ""
            yield token, f"{named['front']}{right}{rest}"
        elif str(number_of(token.text)) == ground.data.get("number") and (following.text == "<<" or not shifted):
            # In the register itself only what is shifted is a function's number; another may be a mask of several.
            yield token, like(token.text, int(right))


def _only_one(ground: Ground, pin: str) -> tuple[str, str]:
    """(number, peripheral) of the one alternate function of a pin whose peripheral the text sets up."""
    listed = ground.part.alternates.get(pin, ()) if ground.part is not None else ()
    found: dict[int, str] = {}
    for number, signal in listed:
        peripheral = signal.partition("_")[0]
        if any(re.fullmatch(rf"{re.escape(peripheral)}(?:_BASE)?", name) for name in ground.names):
            found[number] = peripheral
    if len(found) != 1:
        return "", ""
    number, peripheral = next(iter(found.items()))
    return str(number), peripheral


def _shift(ground: Ground) -> Iterator[FixCandidate]:
    statement = ground.statement(ground.at)
    right = ground.data.get("right", "")
    if right.startswith("AFR["):
        yield from _other_half(ground, statement, right)
    elif right:
        name = ground.src.token(ground.at)
        yield ground.candidate(f"Use {right}", [ground.replace(name, right)], RULE, (name.text,), links=(right,))
    else:
        yield from _counted(ground, statement)


def _other_half(ground: Ground, statement: range, right: str) -> Iterator[FixCandidate]:
    for number in statement:
        if ground.src.word(number) == "AFR" and ground.src.word(number + 1) == "[":
            token = ground.src.token(number + 2)
            title = f"Write {right} for {ground.data.get('pin', 'the pin')}"
            text = like(token.text, int(right[4:-1]))
            yield ground.candidate(title, [ground.replace(token, text)], RULE, (token.text,))
            return


def _counted(ground: Ground, statement: range) -> Iterator[FixCandidate]:
    """Count a pin from 8 in AFR[1]; give it two bits in the registers that have two a pin."""
    words = [ground.src.word(number) for number in statement]
    if "AFR" in words:
        yield from _from_eight(ground, statement)
        return
    for number in statement:
        if ground.src.word(number) == "<<":
            yield from _doubled(ground, number + 1)


def _from_eight(ground: Ground, statement: range) -> Iterator[FixCandidate]:
    src = ground.src
    for number in statement:
        factor = number_of(src.word(number + 1))
        if src.word(number) != "*" or factor != NIBBLE or src.token(number - 1).kind not in ("word", "number"):
            continue
        if src.word(number - 2) == "-":
            continue
        pin = src.token(number - 1)
        suffix = "U" if re.search(r"[uU]", src.word(number + 1)) else ""
        edits: list[Edit] = [ground.replace(pin, f"({pin.text} - {HALF}{suffix})")]
        gone = []
        for place in statement:
            if src.word(place) == "AFR" and number_of(src.word(place + 2)) == 0:
                edits.append(ground.replace(src.token(place + 2), "1"))
                gone.append(src.word(place + 2))
        yield ground.candidate(f"Count the pin from {HALF} in AFR[1]", edits, RULE, gone)


def _doubled(ground: Ground, number: int) -> Iterator[FixCandidate]:
    src = ground.src
    token = src.token(number)
    title = f"Shift by {PAIR} bits for each pin"
    if token.kind in ("word", "number") and src.word(number + 1) != "(":
        suffix = "" if token.kind == "number" and not re.search(r"[uU]", token.text) else "U"
        yield ground.candidate(title, [ground.replace(token, f"({token.text} * {PAIR}{suffix})")], RULE)
    elif token.text == "(":
        inner = range(number + 1, src.closing(number))
        if not any(src.word(n) == "*" for n in inner):
            edits = [ground.insert(token.start, "("), ground.insert(src.token(inner.stop).end, f" * {PAIR}U)")]
            yield ground.candidate(title, edits, RULE)
