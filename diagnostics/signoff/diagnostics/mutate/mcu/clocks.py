"""Peripherals without their clock, and clocks out of their range."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category

ENABLES = re.compile(
    r"RCC->\w+ENR\d?\s*\|=|__HAL_RCC_\w+_CLK_ENABLE\s*\(|\brcc_periph_clock_enable\s*\(|LL_\w+_GRP\d_EnableClock\s*\("
)
BUS = re.compile(r"RCC->(AHB1|APB1|APB2)ENR|LL_(AHB1|APB1|APB2)_GRP1_EnableClock")
# A peripheral is used within so many statements of where its clock was switched on.
NEXT = 4
OTHER_BUS = {"AHB1": "APB1", "APB1": "APB2", "APB2": "APB1"}
# Dividers and multipliers of the PLL, and wait states of the flash, as the vendors' headers call them.
PLL = re.compile(r"\bPLL\.?(?:M|N|P|Q)\s*=\s*(\d+)|\bRCC_PLLCFGR_PLL([MN])_Pos|\bpll([mn])\s*=\s*(\d+)")
WAIT_STATES = re.compile(r"\bFLASH_(?:ACR_)?LATENCY_(\d)(WS)?\b")


def dropped_enable(code: Code) -> Iterator[Mutation]:
    """The statement that switches a peripheral's clock on goes."""
    for node in code.of("expression_statement"):
        if ENABLES.match(code.words(node)):
            yield one(*code.stretch(node), "", tuple(_following(code, node)))


def wrong_bus(code: Code) -> Iterator[Mutation]:
    """The clock is switched on in another bus' register."""
    for node in code.of("expression_statement"):
        words = code.words(node)
        found = BUS.search(words) if ENABLES.match(words) else None
        if found is not None:
            group = 1 if found[1] else 2
            at = code.start(node)
            yield one(at + found.start(group), at + found.end(group), OTHER_BUS[found[group]])


def wrong_factor(code: Code) -> Iterator[Mutation]:
    """A factor of the PLL four times as large."""
    for node in code.of("expression_statement", "init_declarator", "initializer_pair"):
        found = PLL.search(code.words(node))
        group = next((number for number in (1, 4) if found is not None and found[number]), 0)
        if found is not None and group:
            at = code.start(node)
            yield one(at + found.start(group), at + found.end(group), str(int(found[group]) * 4))


def fewer_wait_states(code: Code) -> Iterator[Mutation]:
    """No wait states of the flash, whatever the clock."""
    for node in code.of("identifier"):
        found = WAIT_STATES.fullmatch(code.words(node))
        if found is not None and found[1] != "0":
            yield one(code.start(node) + found.start(1), code.start(node) + found.end(1), "0")


def _following(code: Code, node: Any) -> Iterator[int]:
    """The next statements of the same block: the first that needs the clock is where its lack shows."""
    other = node.next_named_sibling
    for _ in range(NEXT):
        if other is None:
            return
        yield code.start(other)
        other = other.next_named_sibling


MUTATORS = (
    Mutator("dropped-clock", Category.CLOCK_ENABLE, dropped_enable),
    Mutator("wrong-bus", Category.CLOCK_ENABLE, wrong_bus),
    Mutator("wrong-pll-factor", Category.CLOCK_TREE, wrong_factor),
    Mutator("fewer-wait-states", Category.CLOCK_TREE, fewer_wait_states),
)
