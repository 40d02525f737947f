"""The verifier "link" with the real toolchain, on a small firmware of its own."""

from __future__ import annotations

import asyncio
import shutil
from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from signoff.verifiers.finding import Category, Finding, Outcome, Severity, Status
from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.mcu.link import link as module
from signoff.verifiers.mcu.link.link import Link, linked
from signoff.verifiers.mcu.link.store import Store
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.settings import LinkSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]

SCRIPT = """ENTRY(Reset_Handler)
MEMORY
{
  FLASH (rx) : ORIGIN = 0x08000000, LENGTH = 16K
  RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 4K
}
_estack = ORIGIN(RAM) + LENGTH(RAM);
SECTIONS
{
  .isr_vector : { KEEP(*(.isr_vector)) } > FLASH
  .text : { *(.text*) *(.rodata*) } > FLASH
  .data : { _sdata = .; *(.data*) _edata = .; } > RAM AT> FLASH
  .bss : { *(.bss*) *(COMMON) end = .; } > RAM
}
"""
STARTUP = """extern int _estack;
int main(void);
void Reset_Handler(void) { main(); for (;;) { } }
__attribute__((used, section(".isr_vector"))) static void *const vectors[] = {&_estack, (void *)Reset_Handler};
"""
LED_H = """#ifndef LED_H
#define LED_H
void led_on(int pin);
void led_off(int pin);
static inline void led_blink(int pin) { led_on(pin); led_off(pin); }
#define LED_FLASH(pin) led_on(pin)
#endif
"""
LED_C = """#include "led.h"
static volatile int state[8];
void led_on(int pin) { state[pin] = 1; }
void led_off(int pin) { state[pin] = 0; }
"""
MAIN_C = """#include "led.h"
int main(void)
{
    led_blink(3);
    return 0;
}
"""
FLAGS = ("-mcpu=cortex-m4", "-mthumb", "-O2", "-ffunction-sections", "-fdata-sections")

Check = Callable[..., "asyncio.Future[Outcome]"]


class Firmware:
    """One image in a folder, and a verifier with a cache of its own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder / "fw"
        for name, text in (("main.c", MAIN_C), ("led.c", LED_C), ("led.h", LED_H), ("startup.c", STARTUP)):
            self.write(name, text)
        self.write("part.ld", SCRIPT)
        self.sources = ["main.c", "led.c", "startup.c"]
        self.store = Store(folder / "cache")
        self.link = Link(store=self.store)
        self.flags: tuple[str, ...] = FLAGS
        self.image_fields: dict[str, object] = {}

    def write(self, name: str, text: str) -> None:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def path(self, name: str) -> str:
        return str(self.folder / name)

    def project(self, **texts: str) -> Project:
        units = tuple(
            CompileUnit(
                self.path(name),
                str(self.folder),
                "arm-none-eabi-gcc",
                (str(self.folder),),
                flags=self.flags,
                declared=True,
            )
            for name in self.sources
        )
        image = Image(
            "blinky",
            str(self.folder),
            self.path("part.ld"),
            "CMake",
            True,
            True,
            units,
            (self.path("part.ld"),),
            ("-mcpu=cortex-m4", "-mthumb", "-nostartfiles", "--specs=nano.specs", "-Wl,--gc-sections"),
        )
        image = replace(image, **self.image_fields)  # type: ignore[arg-type]
        buffers = tuple(Snapshot("", self.path(name.replace("_", ".")), "c", 1, text) for name, text in texts.items())
        return Project(str(self.folder), "blinky", unit=units[0], image=image, buffers=buffers)

    async def check(self, text: str | None = None, **texts: str) -> Outcome:
        path = self.folder / "main.c"
        snapshot = Snapshot(path.as_uri(), str(path), "c", 1, path.read_text() if text is None else text)
        return await self.link.run(snapshot, self.project(**texts))


@pytest.fixture
def firmware(tmp_path: Path) -> Firmware:
    return Firmware(tmp_path)


def image_of(outcome: Outcome) -> LinkedImage:
    found = outcome.facts["image"]
    assert isinstance(found, LinkedImage)
    return found


def only(outcome: Outcome) -> Finding:
    assert outcome.status is Status.FINDINGS, outcome
    assert len(outcome.findings) == 1, (outcome.findings, outcome.message)
    return outcome.findings[0]


def shown(one: Finding, firmware: Firmware) -> tuple[str, int, str]:
    """(file, line from 1, the text that is marked)."""
    line = Path(one.path).read_text().splitlines()[one.span.start_line]
    return Path(one.path).name, one.span.start_line + 1, line[one.span.start_column : one.span.end_column]


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


async def test_a_linker_script_that_cannot_be_read(firmware: Firmware) -> None:
    firmware.write("part.ld", SCRIPT.replace(".bss :", ".bss"))
    found = only(await firmware.check())
    assert (Path(found.path).name, found.span.start_line, found.code) == ("part.ld", 12, "LinkerScript")


async def test_a_symbol_that_the_linker_script_does_not_know(firmware: Firmware) -> None:
    firmware.write("part.ld", SCRIPT.replace("ORIGIN(RAM) + LENGTH(RAM)", "_ebss + 4"))
    found = only(await firmware.check())
    assert shown(found, firmware) == ("part.ld", 7, "_ebss")


async def test_a_region_that_is_not_declared(firmware: Firmware) -> None:
    firmware.write("part.ld", SCRIPT.replace("} > RAM\n", "} > RAM1\n"))
    found = only(await firmware.check())
    assert shown(found, firmware) == ("part.ld", 13, "RAM1") and found.severity is Severity.WARNING
    assert dict(found.data)["near"] == "RAM"


async def test_an_unsaved_linker_script_counts(firmware: Firmware) -> None:
    outcome = await firmware.check(None, part_ld=SCRIPT.replace(".bss :", ".bss"))
    assert only(outcome).path == firmware.path("part.ld")


async def test_a_missing_entry_point(firmware: Firmware) -> None:
    firmware.write("part.ld", SCRIPT.replace("ENTRY(Reset_Handler)", "ENTRY(Reset_Handlr)"))
    found = only(await firmware.check())
    assert shown(found, firmware) == ("part.ld", 1, "Reset_Handlr")
    assert (found.code, found.severity, dict(found.data)["near"]) == ("NoEntryPoint", Severity.WARNING, "Reset_Handler")


async def test_a_discarded_vector_table(firmware: Firmware) -> None:
    firmware.write("part.ld", SCRIPT.replace("KEEP(*(.isr_vector))", "*(.isr_vector)"))
    firmware.write("startup.c", STARTUP.replace("used, ", "").replace("static ", ""))
    found = only(await firmware.check())
    assert shown(found, firmware) == ("part.ld", 10, ".isr_vector")
    assert (found.code, found.category) == ("VectorTableDiscarded", Category.VECTOR_TABLE)
    assert "KEEP(*(.isr_vector))" in found.message


async def test_a_library_that_is_not_there(firmware: Firmware) -> None:
    firmware.image_fields = {"libraries": ("mfoo",), "kind": "signoff.toml"}
    found = only(await firmware.check())
    assert (found.code, found.severity) == ("MissingLibrary", Severity.ERROR) and "-lmfoo" in found.message


async def test_a_file_that_the_build_makes_is_no_error(firmware: Firmware) -> None:
    firmware.image_fields = {"libraries": ("own",), "library_dirs": (firmware.path("build"),)}
    outcome = await firmware.check()
    assert only(outcome).severity is Severity.INFORMATION and not outcome.complete


async def test_objects_that_do_not_fit_each_other_are_told_in_the_linkers_words(firmware: Firmware) -> None:
    firmware.image_fields = {
        "link_flags": ("-mcpu=cortex-m4", "-mthumb", "-nostdlib", "-mfloat-abi=hard", "-mfpu=fpv4-sp-d16")
    }
    firmware.flags = (*FLAGS, "-mfloat-abi=soft")
    outcome = await firmware.check()
    assert all(one.code == "LinkFailed" for one in outcome.findings)


async def test_a_file_that_does_not_compile_comes_first(firmware: Firmware) -> None:
    outcome = await firmware.check(MAIN_C.replace("return 0;", "return 0"))
    found = only(outcome)
    assert (found.tool, found.severity, found.path) == ("arm-none-eabi-gcc", Severity.ERROR, firmware.path("main.c"))
    assert not outcome.complete and "cannot be linked before" in outcome.message
    assert not image_of(outcome).linked


async def test_a_guessed_link_tells_only_what_no_missing_file_explains(firmware: Firmware) -> None:
    firmware.image_fields = {"link_declared": False}
    firmware.write(
        "main.c",
        "void led_onn(int);\nvoid radio(void);\nint main(void)\n{\n    led_onn(3);\n    radio();\n}\n",
    )
    outcome = await firmware.check()
    assert dict(only(outcome).data)["name"] == "led_onn" and not outcome.complete
    firmware.write("part.ld", SCRIPT.replace("LENGTH = 4K", "LENGTH = 16"))
    firmware.write("main.c", MAIN_C)
    assert (await firmware.check()).findings == ()


async def test_cpp_and_c_need_one_name(firmware: Firmware) -> None:
    firmware.sources[0] = "app.cpp"
    firmware.write("app.cpp", '#include "led.h"\nextern "C" int main() { led_on(3); return 0; }\n')
    found = only(await firmware.check(MAIN_C))
    assert 'extern "C"' in found.message and "led_on" in dict(found.data)["extern"]


async def test_assembler_units(firmware: Firmware) -> None:
    firmware.sources[2] = "startup.s"
    firmware.write(
        "startup.s",
        ".syntax unified\n.thumb\n.global Reset_Handler\n.type Reset_Handler, %function\nReset_Handler:\n"
        '  bl main\n  bl missing\n  b .\n.section .isr_vector,"a"\n.word _estack\n.word Reset_Handler\n',
    )
    found = only(await firmware.check())
    assert shown(found, firmware) == ("startup.s", 7, "missing")


async def test_no_image_is_an_outcome(firmware: Firmware) -> None:
    snapshot = Snapshot("", firmware.path("main.c"), "c", 1, MAIN_C)
    outcome = await firmware.link.run(snapshot, replace(firmware.project(), image=None))
    assert not outcome.findings and not outcome.complete and outcome.message


async def test_a_time_limit_is_told(firmware: Firmware) -> None:
    snapshot = Snapshot("", firmware.path("main.c"), "c", 1, MAIN_C)
    slow = replace(firmware.project(), settings=VerifierSettings(link=LinkSettings(timeout=0.001)))
    outcome = await firmware.link.run(snapshot, slow)
    assert outcome.status is Status.TIMED_OUT and "link.timeout" in outcome.message


async def test_a_source_that_is_missing_is_told(firmware: Firmware) -> None:
    firmware.sources.append("gone.c")
    outcome = await firmware.check()
    assert not outcome.complete and "gone.c" in outcome.message


async def test_cancelling_leaves_no_work_behind(firmware: Firmware) -> None:
    task = asyncio.ensure_future(firmware.check())
    await asyncio.sleep(0.05)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert list((firmware.store.folder / "work").glob("*")) == []
    assert image_of(await firmware.check()).linked


async def test_an_image_for_the_emulators(firmware: Firmware, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "_stores", [firmware.store])
    plain = await linked(firmware.project())
    assert isinstance(plain, LinkedImage) and plain.linked
    firmware.write("wrap.c", "void __wrap_led_on(int pin) { (void)pin; }\n")
    wrapped = await linked(firmware.project(), wrap=("led_on",), extra_sources=(firmware.path("wrap.c"),))
    assert isinstance(wrapped, LinkedImage) and wrapped.elf != plain.elf
    assert "__wrap_led_on" in {one.name for one in wrapped.symbols}
    broken = await linked(firmware.project(main_c="int main(void) { return x; }"))
    assert isinstance(broken, Outcome) and "cannot be linked" in broken.message
