"""Pins: the number of an alternate function. Where its bits stand is the matter of shifts.py."""

from __future__ import annotations

import re
from collections.abc import Iterator
from itertools import pairwise

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.statements import cleared, like, number_of
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.finding import Severity

ALTERNATE = "AlternateFunction"
# GPIO_AF7_USART2, LL_GPIO_AF_7, GPIO_AF7 (libopencm3), GPIO_AF_USART2 (StdPeriph)
NAMED = re.compile(r"(?P<front>(?:LL_)?GPIO_AF_?)(?P<number>\d+)(?P<rest>_\w+)?")
RULE = "pins"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """The alternate function that the pin has for what the text uses.

    A warning says that others of the statement's pins have the function that it names: it is the pin that is wrong.
    """
    if ground.finding.code == ALTERNATE and ground.finding.severity is Severity.ERROR and "member" not in ground.data:
        yield from _alternate(ground)


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
    statement = ground.statement(ground.at)
    tokens = [ground.src.token(number) for number in statement]
    shifted = any("AFR" in token.text for token in tokens)
    if shifted and any(number_of(ground.src.word(n)) == int(ground.data["number"]) for n in cleared(ground, statement)):
        return  # what is cleared are the wrong function's bits: the right one has others
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
