"""The verifier "link" with the real toolchain: scripts, libraries and sources that are not as they should be."""

from __future__ import annotations

import asyncio
import shutil
from dataclasses import replace
from pathlib import Path

import pytest
from link_firmware import FLAGS, MAIN_C, SCRIPT, STARTUP, Firmware, image_of, only, shown

from signoff.verifiers.finding import Category, Outcome, Severity, Status
from signoff.verifiers.mcu.facts import LinkedImage
from signoff.verifiers.mcu.link import link as module
from signoff.verifiers.mcu.link.link import linked
from signoff.verifiers.settings import LinkSettings, VerifierSettings
from signoff.verifiers.snapshot import Snapshot

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]


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
    # How far a link gets in a given time is the machine's affair: cancelled at several moments, the first one sure.
    for delay in (0.0, 0.01, 0.05, 0.1):
        firmware.write("main.c", MAIN_C + f"int after_{int(delay * 1000)};\n")
        task = asyncio.ensure_future(firmware.check())
        await asyncio.sleep(delay)
        task.cancel()
        ended = (await asyncio.gather(task, return_exceptions=True))[0]
        assert isinstance(ended, asyncio.CancelledError) or (delay and isinstance(ended, Outcome)), ended
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
