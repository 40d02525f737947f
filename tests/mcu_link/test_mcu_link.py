"""The verifier "link" with the real toolchain, on a small firmware of its own."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from link_firmware import FLAGS, LED_C, LED_H, MAIN_C, Firmware, image_of, only, shown

from signoff.verifiers.finding import Category, Severity
from signoff.verifiers.mcu.link.link import Link
from signoff.verifiers.mcu.link.store import Store
from signoff.verifiers.snapshot import Snapshot

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]


async def test_an_image_links_and_tells_its_memory(firmware: Firmware) -> None:
    before = sorted(path.name for path in firmware.folder.rglob("*"))
    outcome = await firmware.check()
    assert outcome.findings == () and outcome.complete and not outcome.notice, outcome
    image = image_of(outcome)
    assert image.linked and image.compiled == 3
    flash, ram = image.regions
    assert (flash.name, flash.origin, flash.size, ram.used) == ("FLASH", 0x08000000, 16384, 32)
    assert 40 < flash.used < 200
    state = next(one for one in image.symbols if one.name == "state")
    assert (state.address, state.size, state.section, state.region) == (0x20000000, 32, ".bss", "RAM")
    assert state.file == firmware.path("led.c") and not state.function
    main = next(one for one in image.symbols if one.name == "main")
    assert main.function and main.file == firmware.path("main.c") and main.region == "FLASH"
    assert image.elf.endswith("image.elf")
    assert sorted(path.name for path in firmware.folder.rglob("*")) == before


async def test_stack_of_main(firmware: Firmware) -> None:
    image = image_of(await firmware.check())
    (depth,) = [one for one in image.depths if one.root == "main"]
    assert depth.bytes is not None and depth.chain[0] == "main" and not depth.open_at
    assert {one.function for one in image.stack} >= {"main", "led_on", "Reset_Handler"}


async def test_only_what_changed_is_compiled_again(firmware: Firmware) -> None:
    assert image_of(await firmware.check()).compiled == 3
    first = await firmware.check()
    assert first.facts == (await firmware.check()).facts
    changed = await firmware.check(MAIN_C.replace("led_blink(3)", "led_blink(4)"))
    assert image_of(changed).compiled == 1
    header = await firmware.check(None, led_h=LED_H.replace("int pin);", "int pin); /* more */", 1) + "int x(void);\n")
    assert image_of(header).compiled == 2
    assert (
        image_of(
            await Link(store=Store(firmware.store.folder)).run(
                Snapshot("", firmware.path("main.c"), "c", 1, MAIN_C), firmware.project()
            )
        ).compiled
        == 0
    )


async def test_what_a_change_makes_of_the_memory(firmware: Firmware) -> None:
    await firmware.check()
    grown = "int table[25];\nint *first(void) { return table; }\n" + MAIN_C
    await firmware.check(grown.replace("led_blink(3)", "led_blink(*first())"))
    back = image_of(await firmware.check())
    assert dict(back.change)["RAM"] == -100


async def test_an_undefined_function_with_its_near_name(firmware: Firmware) -> None:
    firmware.write("main.c", "void led_onn(int);\nint main(void)\n{\n    led_onn(3);\n    return 0;\n}\n")
    found = only(await firmware.check())
    assert shown(found, firmware) == ("main.c", 4, "led_onn")
    assert (found.code, found.severity, found.category) == ("UndefinedReference", Severity.ERROR, Category.LINK)
    assert dict(found.data) == {"name": "led_onn", "near": "led_on"}
    assert "did you mean 'led_on'" in found.message and found.tool == "arm-none-eabi-ld"


async def test_an_undefined_function_within_a_macro_is_told_at_its_use(firmware: Firmware) -> None:
    firmware.write(
        "led.h", LED_H.replace("LED_FLASH(pin) led_on(pin)", "LED_FLASH(pin) led_flash(pin)") + "void led_flash(int);\n"
    )
    firmware.write("main.c", MAIN_C.replace("led_blink(3)", "LED_FLASH(3)"))
    found = only(await firmware.check())
    assert shown(found, firmware) == ("main.c", 4, "LED_FLASH(3);")
    assert dict(found.data)["name"] == "led_flash"


async def test_an_undefined_function_within_a_vendors_inline_function_is_told_at_the_call(firmware: Firmware) -> None:
    vendor = "void low_level(int);\nstatic inline void helper(int x) { low_level(x); }\n"
    firmware.write("Drivers/Chip_HAL_Driver/low.h", vendor)
    firmware.write(
        "main.c", '#include "Drivers/Chip_HAL_Driver/low.h"\nint main(void)\n{\n    helper(3);\n    return 0;\n}\n'
    )
    found = only(await firmware.check())
    assert shown(found, firmware) == ("main.c", 4, "helper")
    assert "low.h calls it" in found.message


async def test_the_source_that_the_build_does_not_list(firmware: Firmware) -> None:
    firmware.sources.remove("led.c")
    found = [one for one in (await firmware.check()).findings if dict(one.data)["name"] == "led_on"]
    assert dict(found[0].data)["source"] == firmware.path("led.c")
    assert "led.c defines it, which the build does not compile" in found[0].message
    assert found[0].related[0].path == firmware.path("led.c") and found[0].related[0].span.start_line == 2


async def test_the_macro_that_a_listed_source_needs(firmware: Firmware) -> None:
    firmware.write("led.c", f"#ifdef LED_MODULE_ENABLED\n{LED_C}#endif\n")
    found = (await firmware.check()).findings[0]
    assert dict(found.data)["define"] == "LED_MODULE_ENABLED"
    assert "only where LED_MODULE_ENABLED is defined" in found.message
    firmware.flags = (*FLAGS,)
    firmware.write("led.h", "#define LED_MODULE_ENABLED\n" + LED_H)
    firmware.write("led.c", f'#include "led.h"\n#ifdef LED_MODULE_ENABLED\n{LED_C}#endif\n')
    assert (await firmware.check()).findings == ()


async def test_a_static_function_is_seen_by_no_other_file(firmware: Firmware) -> None:
    firmware.write("led.c", LED_C.replace("void led_off", "static __attribute__((unused)) void led_off"))
    firmware.write("led.h", LED_H.replace("void led_off(int pin);", "").replace("led_off(pin);", ""))
    firmware.write("main.c", MAIN_C.replace("int main", "void led_off(int);\nint main").replace("led_blink", "led_off"))
    found = only(await firmware.check())
    assert "in led.c it is static" in found.message


async def test_system_calls_are_told_at_the_call_that_needs_them(firmware: Firmware) -> None:
    firmware.write("main.c", '#include <stdio.h>\nint main(void)\n{\n    return printf("%d", 3);\n}\n')
    found = only(await firmware.check())
    assert shown(found, firmware) == ("main.c", 4, "printf")
    assert "'_write'" in found.message and "('printf' needs it)" in found.message and "nosys.specs" in found.message
    assert "_sbrk" in dict(found.data)["name"].split()


async def test_a_multiple_definition_has_both_places(firmware: Firmware) -> None:
    firmware.write("main.c", MAIN_C + "void led_on(int pin)\n{\n    (void)pin;\n}\n")
    found = only(await firmware.check())
    assert (found.code, found.severity) == ("MultipleDefinition", Severity.ERROR)
    places = [shown(found, firmware)[:2], (Path(found.related[0].path).name, found.related[0].span.start_line + 1)]
    assert sorted(places) == [("led.c", 3), ("main.c", 7)]
    assert "'led_on'" in found.message


async def test_an_overflow_has_its_bytes_and_the_largest(firmware: Firmware) -> None:
    firmware.write("led.c", LED_C + "static int history[2000];\nint *led_history(void) { return history; }\n")
    firmware.write(
        "main.c",
        MAIN_C.replace("return 0", "return *led_history()").replace("int main", "int *led_history(void);\nint main"),
    )
    outcome = await firmware.check()
    found = only(outcome)
    assert shown(found, firmware) == ("part.ld", 5, "RAM")
    assert (found.code, found.category) == ("RegionOverflow", Category.MEMORY_REGION)
    assert dict(found.data) == {"region": "RAM", "bytes": str(2000 * 4 + 32 - 4096)}
    assert "3,936 bytes" in found.message and "history 8,000" in found.message
    largest = found.related[0]
    assert (Path(largest.path).name, largest.span.start_line, largest.message) == ("led.c", 4, "history: 8,000 bytes")
    image = image_of(outcome)
    assert not image.linked and {one.name: one.used for one in image.regions}["RAM"] == 8032
