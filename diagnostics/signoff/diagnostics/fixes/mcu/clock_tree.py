"""The clock tree: the wait states that a frequency takes, and the divider that a bus needs."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.statements import cleared, like, number_of
from signoff.diagnostics.fixes.source import Token

LATENCY, RANGE = "FlashLatency", "ClockRange"
# FLASH_LATENCY_2, LL_FLASH_LATENCY_2, FLASH_ACR_LATENCY_2WS
WAIT_STATES = re.compile(r"(\w*LATENCY_)(\d+)(WS)?")
# RCC_HCLK_DIV2, RCC_CFGR_PPRE1_DIV2, LL_RCC_APB1_DIV_2
DIVIDER = re.compile(r"(\w*DIV_?)(\d+)")
# The buses in the names of dividers: RCC_HCLK_DIV4 divides the core's clock for either of the others.
DIVIDERS = {"AHB": r"HPRE|SYSCLK|AHB", "APB1": r"PPRE1|APB1|HCLK_DIV", "APB2": r"PPRE2|APB2|HCLK_DIV"}
RULE = "clock_tree"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """The number of wait states, or of the divider, that the finding tells."""
    if ground.finding.code == LATENCY and ground.data.get("latency", "").isdigit():
        yield from _wait_states(ground, int(ground.data["latency"]))
    elif ground.finding.code == RANGE and ground.data.get("divider", "").isdigit():
        yield from _divided(ground, int(ground.data["divider"]))


def _wait_states(ground: Ground, needed: int) -> Iterator[FixCandidate]:
    title = f"Set {needed} wait states"
    tokens = _tokens(ground)
    under = [ground.src.token(number) for number in cleared(ground, ground.statement(ground.at))]
    if any(WAIT_STATES.fullmatch(token.text) for token in under):
        return  # what is cleared are other bits than those that are to be set
    tokens = [token for token in tokens if token not in under]
    for token in tokens:
        match = WAIT_STATES.fullmatch(token.text)
        if match:
            text = f"{match[1]}{needed}{match[3] or ''}"
            yield ground.candidate(title, [ground.replace(token, text)], RULE, (token.text,))
            return
    if any(token.text == "PLLCFGR" for token in tokens):
        # Nothing sets them: they are set before the clock gets faster.
        use = ground.outer(ground.at)
        if ground.stands_free(use):
            edit = ground.line_before(use.start, f"FLASH->ACR |= FLASH_ACR_LATENCY_{needed}WS;")
            yield ground.candidate(title, [edit], RULE)
        return
    mask = _mask(ground)
    for token in tokens:
        value = number_of(token.text)
        if value is not None and mask and value & mask < needed:
            text = like(token.text, value & ~mask | needed)
            yield ground.candidate(title, [ground.replace(token, text)], RULE, (token.text,))


def _mask(ground: Ground) -> int:
    """The bits of FLASH->ACR that hold the wait states; 0 where they are not known."""
    flash = ground.part.peripheral("FLASH") if ground.part is not None else None
    register = flash.register("ACR") if flash is not None else None
    latency = register.field("LATENCY") if register is not None else None
    return latency.mask if latency is not None else 0


def _divided(ground: Ground, divider: int) -> Iterator[FixCandidate]:
    bus = ground.data.get("bus", "the bus")
    for token in _tokens(ground):
        match = DIVIDER.fullmatch(token.text)
        if match and _is_of(token.text, bus):
            edit = ground.replace(token, f"{match[1]}{divider}")
            yield ground.candidate(f"Divide {bus}'s clock by {divider}", [edit], RULE, (token.text,))


def _is_of(name: str, bus: str) -> bool:
    """Whether a divider's name may be the bus's: that of the core's clock slows down all."""
    named = [other for other, pattern in DIVIDERS.items() if re.search(pattern, name)]
    return not named or bus in named


def _tokens(ground: Ground) -> list[Token]:
    return [ground.src.token(number) for number in ground.statement(ground.at)]
