"""What must be defined for conditions to hold: found from what they ask, told as little as will do, or given up."""

from __future__ import annotations

import time

import pytest

from signoff.completion.conditions import Branch, settle

ON = "1"


@pytest.mark.parametrize(
    ("condition", "values"),
    [
        ("defined(DMA)", {"DMA": ON}),
        ("defined DMA", {"DMA": ON}),
        ("!defined(DMA)", {"DMA": None}),
        ("DMA", {"DMA": ON}),
        ("!DMA", {"DMA": "0"}),
        ("( configUSE_TIMERS == 1 ) && ( configTIMER_DEPTH > 3 )", {"configUSE_TIMERS": ON, "configTIMER_DEPTH": "4"}),
        ("LEVEL == 2U", {"LEVEL": "2"}),
        ("(FLAGS & 0x4) != 0", {"FLAGS": "4"}),
        ("defined(A) && !defined(B)", {"A": ON, "B": None}),
        ("defined(A) || defined(B)", {"B": ON}),
        ("TICK_WIDTH == TICK_16_BITS", {"TICK_WIDTH": "TICK_16_BITS"}),
        # What gcc for Arm defines and does not needs no telling.
        ("defined(__GNUC__) && !defined(__ICCARM__) && defined(DMA)", {"DMA": ON}),
        ("defined(DMA) && __ARM_ARCH >= 7", {"DMA": ON}),
    ],
)
def test_a_condition_is_met_with_no_more_than_it_takes(condition: str, values: dict[str, str | None]) -> None:
    assert settle([Branch(condition)], {}) == values


@pytest.mark.parametrize(
    "condition",
    ["0", "defined(_WIN32)", "defined(__ARM_NEON)", "__has_include(<a.h>)", "AT_LEAST(3, 4)", "A && !A", "A ==", ""],
)
def test_what_would_take_another_machine_or_a_guess_is_given_up(condition: str) -> None:
    assert not settle([Branch(condition)], {})


def test_what_is_on_already_is_left_alone() -> None:
    assert settle([Branch("defined(STM32F407xx) || defined(STM32F405xx)")], {"STM32F407xx": "1"}) == {}
    assert settle([Branch("LEVEL > 1")], {"LEVEL": "3"}) == {}
    assert settle([Branch("!defined(GUARD_H)", sure=True), Branch("defined(DMA)")], {}) == {"DMA": ON}


def test_a_later_branch_keeps_the_earlier_ones_off() -> None:
    assert settle([Branch("1", ("defined(DMA)",))], {"DMA": "1"}) == {"DMA": None}
    assert settle([Branch("MODE == 2", ("MODE == 0", "MODE == 1"))], {"MODE": "0"}) == {"MODE": "2"}
    assert settle([Branch("defined(A)"), Branch("1", ("defined(A)",))], {}) is None


def test_a_condition_of_many_names_ends_soon() -> None:
    many = " && ".join(f"defined(A{number})" for number in range(40))
    start = time.process_time()
    assert settle([Branch(many)], {}) is None
    assert settle([Branch("(" * 3000 + "A" + ")" * 3000)], {}) in (None, {})
    assert time.process_time() - start < 20
