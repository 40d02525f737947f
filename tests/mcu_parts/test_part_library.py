"""From names, macros and settings to a part."""

from __future__ import annotations

from dataclasses import replace

import pytest

from signoff.verifiers.mcu.parts.library import find, for_project, named
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.settings import McuSettings, VerifierSettings


@pytest.mark.parametrize(
    ("name", "part"),
    [
        ("stm32f407vg", "STM32F407"),
        ("STM32F407xx", "STM32F407"),
        ("STM32F407VGT6", "STM32F407"),
        ("STM32F407VGTx", "STM32F407"),
        ("stm32f405rg", "STM32F405"),
        ("genericSTM32F415RGT6", "STM32F415"),
        ("disco_f407vg", "STM32F407"),
        ("STM32F407G-DISC1", "STM32F407"),
        ("stm32f417", "STM32F417"),
        ("STM32F40_41xxx", "STM32F405/407/415/417"),
    ],
)
def test_spellings(name: str, part: str) -> None:
    found = find(name)
    assert found is not None
    assert found.name == part


@pytest.mark.parametrize(
    "name", ["", "stm32f411re", "STM32F4", "STM32F4XX", "STM32F40", "nrf52840", "atf407", "STM32F4071", "stm32l407vg"]
)
def test_what_is_not_known_is_none(name: str) -> None:
    assert find(name) is None


def test_the_flash_is_as_the_name_says() -> None:
    sizes = {
        name: region.size >> 10
        for name in ("stm32f407ve", "stm32f407vg", "STM32F407xx")
        if (part := find(name)) and (region := part.regions[0])
    }
    assert sizes == {"stm32f407ve": 512, "stm32f407vg": 1024, "STM32F407xx": 1024}


def test_the_same_part_is_the_same_object() -> None:
    assert find("stm32f407vg") is find("STM32F407VG")


def test_macros() -> None:
    assert named(("USE_HAL_DRIVER", "STM32F407xx", "DEBUG=1")) == "STM32F407xx"
    assert named(("STM32F40_41xxx",)) == "STM32F40_41xxx"
    assert named(("STM32L4R5xx",)) == "STM32L4R5xx"
    assert named(("STM32WB55xx",)) == "STM32WB55xx"
    assert named(("STM32F4", "STM32F4XX", "STM32", "STM32F4xx")) == ""
    assert named(()) == ""


def project(defines: tuple[str, ...] = (), part: str = "", setting: str = "") -> Project:
    settings = replace(VerifierSettings(), mcu=McuSettings(part=setting))
    image = Image("blink", "/w", part=part)
    return Project("/w", unit=CompileUnit("/w/main.c", defines=defines), image=image, settings=settings)


@pytest.mark.parametrize(
    ("of", "name"),
    [
        (project(("STM32F405xx",)), "STM32F405"),
        (project(("STM32F405xx",), part="stm32f407vg"), "STM32F407"),
        (project(("STM32F405xx",), part="stm32f407vg", setting="stm32f417"), "STM32F417"),
        (project(), None),
        (project(part="nrf52840"), None),
        (Project("/w"), None),
    ],
)
def test_the_project_names_its_part(of: Project, name: str | None) -> None:
    found = for_project(of)
    assert (found.name if found else None) == name
