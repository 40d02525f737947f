"""The part, the linker script and the SVD file of an image: guessed where there is one candidate only."""

from dataclasses import replace

import pytest

from signoff.verifiers.mcu.build.naming import completed, named_part
from signoff.verifiers.project import CompileUnit, Image

IMAGE = Image("app", "/w/app", units=(CompileUnit("/w/app/main.c"),))


def defining(*defines: str) -> Image:
    return replace(IMAGE, units=(CompileUnit("/w/app/main.c", defines=defines),))


@pytest.mark.parametrize(
    ("define", "part"),
    [
        ("STM32F407xx", "STM32F407xx"),
        ("STM32F40_41xxx", "STM32F40_41xxx"),
        ("STM32F407VG=1", "STM32F407VG"),
        ("NRF52840_XXAA", "NRF52840_XXAA"),
        ("STM32F4", ""),
        ("STM32F4XX", ""),
        ("USE_HAL_DRIVER", ""),
        ("STM32", ""),
    ],
)
def test_by_a_macro(define: str, part: str) -> None:
    assert named_part(defining("DEBUG", define))[0] == part


def test_a_library_for_another_part_does_not_name_it() -> None:
    library = CompileUnit("/w/lib/x.c", defines=("GD32F1X0",))
    mine = [CompileUnit(f"/w/app/{name}.c", defines=("STM32F4",)) for name in ("main", "b")]
    assert named_part(replace(IMAGE, units=(library, *mine))) == ("", "")


@pytest.mark.parametrize(
    ("script", "part"),
    [
        ("STM32F407VGTx_FLASH.ld", "STM32F407VGTx"),
        ("generated.stm32f407vg.ld", "stm32f407vg"),
        ("stm32f4-discovery.ld", "stm32f407vg"),
        ("link.ld", ""),
    ],
)
def test_by_the_linker_script(script: str, part: str) -> None:
    assert named_part(replace(IMAGE, linker_scripts=(f"/w/app/{script}",)))[0] == part


def test_the_one_linker_script_is_guessed_and_that_is_said() -> None:
    image = completed(IMAGE, ["/w/app/ld/link.ld", "/w/other/b.ld"], [])
    assert image.linker_scripts == ("/w/app/ld/link.ld",) and not image.link_declared
    assert "guessed" in image.guessed[0]


def test_a_guessed_linker_script_names_no_part() -> None:
    image = completed(IMAGE, ["/w/app/STM32F407VGTX_FLASH.ld"], [])
    assert image.linker_scripts and image.part == ""


def test_of_linker_scripts_above_the_image_those_of_its_neighbours_do_not_count() -> None:
    image = completed(IMAGE, ["/w/board.ld", "/w/other/x.ld"], [])
    assert image.linker_scripts == ("/w/board.ld",)


def test_several_linker_scripts_are_not_guessed_from() -> None:
    image = completed(IMAGE, ["/w/app/a.ld", "/w/app/b.ld"], [])
    assert image.linker_scripts == () and "2 linker scripts" in image.guessed[0]


def test_the_part_decides_between_linker_scripts_and_those_for_ram_do_not_count() -> None:
    scripts = ["/w/app/STM32F407VGTX_FLASH.ld", "/w/app/STM32F407VGTX_RAM.ld", "/w/app/STM32F429ZITX_FLASH.ld"]
    image = completed(defining("STM32F407xx"), scripts, [])
    assert image.linker_scripts == (scripts[0],)


def test_a_declared_link_is_left_as_it_is() -> None:
    declared = replace(IMAGE, linker_scripts=("/w/x.ld",), link_declared=True, part="stm32f407vg", part_origin="me")
    assert completed(declared, ["/w/app/link.ld"], []) == declared


def test_the_one_svd_file() -> None:
    assert completed(IMAGE, [], ["/w/app/svd/STM32F4.svd"]).svd == "/w/app/svd/STM32F4.svd"
    assert completed(IMAGE, [], ["/w/svd/STM32F4.svd"]).svd == "/w/svd/STM32F4.svd"
    assert completed(IMAGE, [], ["/w/app/a.svd", "/w/app/b.svd"]).svd == ""
