"""The verifier "link" where an image cannot be linked: figures that are true or none, sentences, near names."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import replace

import pytest
from link_firmware import MAIN_C, SCRIPT, STARTUP, Firmware, image_of, only

from signoff.verifiers.finding import Severity, Span, Status
from signoff.verifiers.mcu.link.names import nearest

pytestmark = [
    pytest.mark.tool,
    pytest.mark.skipif(shutil.which("arm-none-eabi-gcc") is None, reason="no arm-none-eabi-gcc"),
]
MISSING = MAIN_C.replace("return 0", "somebody_elses(); return 0")


async def test_a_guessed_link_that_failed_has_no_memory_to_tell_of(firmware: Firmware) -> None:
    firmware.write("main.c", MISSING)
    firmware.image_fields = {"declared": False, "link_declared": False, "guessed": ("The link is guessed.",)}
    outcome = await firmware.check()
    assert outcome.findings == () and not outcome.complete and image_of(outcome).regions == ()
    assert outcome.message == (
        "blinky does not link as far as its build is known: nothing defines 'somebody_elses'. The link is guessed."
    )


async def test_a_declared_link_that_failed_tells_of_memory_only_where_it_is_full(firmware: Firmware) -> None:
    firmware.write("main.c", MISSING)
    assert image_of(await firmware.check()).regions == ()
    firmware.write(
        "main.c", MAIN_C.replace("int main", "int room[2000];\nint main").replace("return 0", "return room[3]")
    )
    assert [one.name for one in image_of(await firmware.check()).regions] == ["FLASH", "RAM"]


async def test_files_of_several_programs_are_no_program(firmware: Firmware) -> None:
    firmware.image_fields = {"program": False, "guessed": ("Nobody tells.",)}
    outcome = await firmware.check()
    assert (outcome.status, outcome.message, outcome.facts) == (Status.FINDINGS, "Not linked: Nobody tells.", {})


async def test_a_misspelt_main(firmware: Firmware) -> None:
    firmware.write("main.c", MAIN_C.replace("int main", "int mian"))
    found = only(await firmware.check())
    assert "'main'; did you mean 'mian'" in found.message and dict(found.data)["near"] == "mian"


async def test_a_misspelt_region(firmware: Firmware) -> None:
    firmware.write("part.ld", SCRIPT.replace("*(COMMON) end = .; } > RAM", "*(COMMON) end = .; } > RMA"))
    found = next(one for one in (await firmware.check()).findings if one.code == "LinkerScript")
    assert "'RMA' not declared; did you mean 'RAM'" in found.message and dict(found.data)["near"] == "RAM"


def test_short_names_are_compared_whole() -> None:
    assert nearest("CMM", (frozenset({"CCM", "RAM", "FLASH"}),)) == ("CCM",)
    assert nearest("main", (frozenset({"mian", "memcpy"}),)) == ("mian",)
    assert nearest("foo", (frozenset({"bar"}),)) == ()


async def test_a_script_that_a_script_includes_is_told_at_its_line(firmware: Firmware) -> None:
    firmware.write("part.ld", "/* memory */\nINCLUDE gone.ld\n" + SCRIPT)
    found = only(await firmware.check())
    assert (found.path, found.span) == (firmware.path("part.ld"), Span(1, 8, 1, 15))


@pytest.mark.parametrize(("kind", "severity"), [("signoff.toml", Severity.ERROR), ("Makefile", Severity.INFORMATION)])
async def test_a_script_that_is_not_there_is_told_where_it_is_named(
    firmware: Firmware, kind: str, severity: Severity
) -> None:
    firmware.write("Makefile", "all:\n\tgcc -T build/made.ld\n")
    scripts = (firmware.path("build/made.ld"),)
    firmware.image_fields = {"kind": kind, "origin": firmware.path("Makefile"), "linker_scripts": scripts}
    for declared in (True, False):
        firmware.image_fields["link_declared"] = declared
        found = only(await firmware.check())
        assert (found.path, found.span) == (firmware.path("Makefile"), Span(1, 8, 1, 21))
        assert found.severity is severity and ("run make once" in found.message) == (kind == "Makefile")


async def test_what_a_reader_has_told_of_a_script_is_not_told_again(firmware: Firmware) -> None:
    firmware.image_fields = {"kind": "STM32CubeIDE", "linker_scripts": (firmware.path("gone.ld"),)}
    outcome = await firmware.check()
    assert outcome.findings == () and not outcome.complete and "gone.ld is not there" in outcome.message


async def test_an_overflow_names_functions_and_library_members_as_nm_does(firmware: Firmware) -> None:
    body = "static int sum(int n) { int s = 0; for (int i = 0; i < n; i++) s += i ^ n; return s; }\n"
    text = "#include <string.h>\nchar a[64], b[64];\nint last(int x) { return x * 3 + a[x & 63]; }\n"
    main = MAIN_C.replace("return 0", "memcpy(a, b, (unsigned)last(a[0])); return sum(b[1])")
    firmware.write("main.c", text + body + main)
    firmware.flags = ("-mcpu=cortex-m4", "-mthumb", "-O0")
    firmware.write("part.ld", SCRIPT.replace("LENGTH = 16K", "LENGTH = 64"))
    found = next(one for one in (await firmware.check()).findings if one.code == "RegionOverflow")
    told = found.message.partition("largest: ")[2]
    assert "memcpy (libc" in told and ".text" not in told
    symbols = dict(_sizes(firmware))
    assert found.related
    for related in found.related:
        name, _, size = related.message.removesuffix(" bytes").partition(": ")
        assert symbols.get(name) == int(size), related
        assert related.path.endswith(".c")


def _sizes(firmware: Firmware) -> list[tuple[str, int]]:
    found = []
    for source in firmware.sources:
        made = firmware.folder / f"{source}.nm.o"
        argv = ["arm-none-eabi-gcc", *firmware.flags, "-c", str(firmware.folder / source), "-o", str(made)]
        subprocess.run(argv, check=True)
        lines = subprocess.run(["arm-none-eabi-nm", "-S", str(made)], check=True, capture_output=True, text=True).stdout
        found += [(words[3], int(words[1], 16)) for words in map(str.split, lines.splitlines()) if len(words) == 4]
    return found


async def test_a_circle_of_includes_stops_the_link_with_one_finding(firmware: Firmware) -> None:
    firmware.write("led.h", '#include "more.h"\nint x\n')
    firmware.write("more.h", '#include "led.h"\n')
    found = only(await firmware.check())
    assert "led.h includes more.h, which includes led.h again" in found.message


async def test_what_stops_a_unit_is_told_with_it(firmware: Firmware) -> None:
    firmware.write("startup.c", STARTUP.replace("main();", "main()"))
    outcome = await firmware.check()
    assert "before startup.c compiles" in outcome.message and len(outcome.findings) == 1


async def test_a_core_that_gcc_does_not_know_is_neither_compiled_nor_linked(firmware: Firmware) -> None:
    firmware.write("Makefile", "CPU = cortex-m44\n")
    firmware.flags = ("-mcpu=cortex-m44", "-mthumb")
    for _ in range(2):
        project = firmware.project()
        assert project.image is not None
        units = tuple(replace(one, origin=firmware.path("Makefile")) for one in project.image.units)
        firmware.image_fields = {"units": units}
        found = only(await firmware.check())
        assert found.code == "UnknownFlag" and found.span == Span(0, 6, 0, 16)
