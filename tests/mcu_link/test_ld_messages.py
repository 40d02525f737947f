"""What ld 2.40 printed, and its maps."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.mcu.facts import RegionUse
from signoff.verifiers.mcu.link import link_map
from signoff.verifiers.mcu.link.depfile import inputs
from signoff.verifiers.mcu.link.ld_messages import Complaint, Kind, Spot, Used, parse, usage
from signoff.verifiers.mcu.link.memory import Contributor, contributors, regions

GOLDEN = Path(__file__).parent / "golden"


def complaints(name: str) -> tuple[Complaint, ...]:
    return parse((GOLDEN / f"{name}.txt").read_bytes())


def the_map(name: str) -> str:
    return (GOLDEN / f"{name}.map").read_text()


def test_undefined_references() -> None:
    found = [one for one in complaints("undefined") if one.kind is Kind.UNDEFINED]
    own = [(one.name, one.spot.function, one.spot.path, one.spot.line) for one in found if one.spot.object == "main.o"]
    assert own == [
        ("HAL_GPIO_Init2", "main", "/fw/main.c", 10),
        ("HAL_Missing", "via_inline", "/fw/h.h", 2),
        ("HAL_MacroMissing", "main", "/fw/main.c", 13),
        ("HAL_GPIO_Init2", "main", "/fw/main.c", 14),
        ("HAL_GPIO_Init2", "main", "/fw/main.c", 15),
        ("shared_var", "main", "/fw/main.c", 18),
        ("HAL_GPIO_Init2", "", "/fw/main.c", 7),
    ]
    libraries = {one.name: one.spot.object for one in found if ".a(" in one.spot.object}
    assert libraries["_sbrk"].endswith("libc_nano.a(lib_a-sbrkr.o)")


def test_multiple_definitions_have_both_places() -> None:
    (one,) = [one for one in complaints("undefined") if one.kind is Kind.MULTIPLE]
    assert (one.name, one.spot) == ("twice", Spot("other.o", "twice", "/fw/other.c", 1))
    assert one.first == Spot("main.o", "", "/fw/main.c", 5)


def test_nothing_else_is_made_of_a_failed_link() -> None:
    assert {one.kind for one in complaints("undefined")} == {Kind.UNDEFINED, Kind.MULTIPLE, Kind.ENTRY}


def test_an_overflow() -> None:
    found = complaints("overflow")
    assert [(one.kind, one.name, one.bytes) for one in found] == [
        (Kind.OVERFLOW, "FLASH", 8832),
        (Kind.OVERFLOW, "RAM", 8904),
    ]


@pytest.mark.parametrize(
    ("name", "kind", "what", "line"),
    [
        ("script_syntax", Kind.SCRIPT, "", 13),
        ("script_symbol", Kind.SCRIPT_SYMBOL, "nothere", 7),
        ("region", Kind.REGION_UNKNOWN, "RAMX", 14),
        ("no_script", Kind.SCRIPT_MISSING, "none.ld", 0),
    ],
)
def test_linker_scripts(name: str, kind: Kind, what: str, line: int) -> None:
    (found,) = complaints(name)
    assert (found.kind, found.name, found.spot.line) == (kind, what, line)


def test_missing_libraries() -> None:
    assert [(one.kind, one.name) for one in complaints("libraries")] == [
        (Kind.LIBRARY, "-lfoo"),
        (Kind.LIBRARY, "none.o"),
    ]


def test_noise_is_passed_over() -> None:
    output = b"""/usr/bin/ld: warning: x.elf has a LOAD segment with RWX permissions
/lib/libnosys.a(close.o): in function `_close':
(.text+0xc): warning: _close is not implemented and will always fail
/usr/bin/arm-none-eabi-ld: NOTE: This behaviour is deprecated and will be removed
collect2: error: ld returned 1 exit status
"""
    assert parse(output) == ()


def test_windows_and_bare_objects() -> None:
    output = b"""C:/arm/bin/ld.exe: build\\main.o: in function `main':
C:\\fw\\main.c:7: undefined reference to `foo'
C:/arm/bin/ld.exe: build\\b.o:b.c:(.text+0x24): undefined reference to `bar'
"""
    found = parse(output)
    assert [(one.name, one.spot.path, one.spot.line) for one in found] == [
        ("foo", "C:\\fw\\main.c", 7),
        ("bar", "b.c", 0),
    ]
    assert (found[1].spot.section, found[1].spot.offset) == (".text", 0x24)


def test_memory_use() -> None:
    used = usage((GOLDEN / "overflow.usage.txt").read_bytes())
    assert used == (Used("FLASH", 17024, 8192), Used("RAM", 13000, 4096))
    mapped = link_map.regions(the_map("overflow"))
    assert regions(mapped, used) == (
        RegionUse("FLASH", 0x08000000, 8192, 17024),
        RegionUse("RAM", 0x20000000, 4096, 13000),
    )


def test_a_region_that_is_not_declared_is_none() -> None:
    used = usage((GOLDEN / "region.usage.txt").read_bytes())
    assert "RAMX" in {one.region for one in used}
    mapped = (link_map.MapRegion("RAM", 0x20000000, 4096), link_map.MapRegion("RAMX", 0, 0xFFFFFFFF))
    assert [one.name for one in regions(mapped, used)] == ["RAM"]


def test_the_largest_contributors_with_what_is_copied_at_the_start() -> None:
    flash = RegionUse("FLASH", 0x08000000, 8192, 17024)
    assert contributors(the_map("overflow"), flash) == (
        Contributor("rom", "big.o", 9000),
        Contributor("arr", "big.o", 8000),
    )
    ram = RegionUse("RAM", 0x20000000, 4096, 13000)
    assert [one.name for one in contributors(the_map("overflow"), ram)] == ["arr", "zero"]


def test_what_was_thrown_away() -> None:
    assert list(link_map.discarded(the_map("discarded"))) == [(".ccmdata", "ok.o"), (".isr_vector", "ok.o")]


def test_why_a_member_of_an_archive_was_taken() -> None:
    taken = link_map.pulled_in(the_map("undefined"))
    member = next(one for one in taken if one.endswith("(lib_a-printf.o)"))
    assert taken[member] == ("main.o", "printf")


@given(st.binary(max_size=300))
def test_any_bytes(output: bytes) -> None:
    parse(output)
    usage(output)
    text = output.decode("utf-8", "replace")
    list(link_map.placed(f"\n{link_map.PLACED}\n{text}"))
    link_map.pulled_in(text)
    inputs(text)


def test_dependencies_as_make_writes_them() -> None:
    text = "unit.o: /fw/my\\ main.c /fw/a$$b.h \\\n /fw/c\\#.h \\\n  /fw/d.h\n/fw/d.h:\n"
    assert inputs(text) == ("/fw/my main.c", "/fw/a$b.h", "/fw/c#.h", "/fw/d.h")
