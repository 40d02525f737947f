"""Which names of parts are slips of known ones, and which are other parts."""

from __future__ import annotations

import pytest

from signoff.verifiers.mcu.build.sanity import complaints
from signoff.verifiers.mcu.parts.library import find
from signoff.verifiers.mcu.parts.spelling import known_lines, misspelt
from signoff.verifiers.settings import McuSettings


@pytest.mark.parametrize(
    ("name", "meant"),
    [
        ("stm32f470vg", ("stm32f407vg",)),
        ("STM32F470VGTx", ("stm32f407vgtx",)),
        ("smt32f405", ("stm32f405",)),
        ("stm3f417ig", ("stm32f417ig",)),
    ],
)
def test_slips(name: str, meant: tuple[str, ...]) -> None:
    assert misspelt(name) == meant


@pytest.mark.parametrize(
    "name",
    [
        "stm32f407vg",
        "STM32F407xx",
        "STM32F40_41xxx",
        "STM32F4",
        "stm32f4xx",
        "stm32f40x",
        "stm32f401re",
        "stm32f427zi",
        "stm32f207zg",
        "stm32f103c8",
        "stm32g474re",
        "nrf52840",
        "rp2040",
        "atmega328p",
        "f407",
        "-",
    ],
)
def test_other_parts_are_none(name: str) -> None:
    assert misspelt(name) == ()


def test_there_are_facts_of_every_line_that_is_said_to_have_them() -> None:
    assert all(find(line) is not None for line in known_lines())
    assert find("stm32f427zi") is None


def test_the_setting_says_so_too() -> None:
    (one,) = complaints(McuSettings(part="stm32f470vg"))
    assert not one.passed_over and 'did you mean "stm32f407vg"?' in one.message
    assert not list(complaints(McuSettings(part="stm32f401re")))
