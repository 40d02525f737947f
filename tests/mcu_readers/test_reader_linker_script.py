"""Linker scripts: regions with their expressions, entry, symbols, includes; broken text is passed over."""

from __future__ import annotations

import time
from pathlib import Path

import pytest

from signoff.verifiers.mcu.build.linker_script import parse_script, read_script, regions

SCRIPT = """/* Entry */
ENTRY(Reset_Handler)
_estack = ORIGIN(RAM) + LENGTH(RAM); /* end of RAM */
_Min_Heap_Size = 0x200;
MEMORY
{
  CCMRAM (xrw) : ORIGIN = 0x10000000, LENGTH = 64K
  RAM (xrw) : ORIGIN = 0x20000000, LENGTH = (112 + 16) * 1K
  FLASH (rx) : ORIGIN = 0x8000000, LENGTH = 1M - 16K
}
SECTIONS
{
  .text : { KEEP(*(.isr_vector)) _stext = .; } > FLASH
  PROVIDE ( end = . );
  ASSERT(_sneeded <= 4, "too large")
}
"""


def test_regions_with_units_and_arithmetic() -> None:
    found = {one.name: (one.origin, one.size, one.kind, one.dma) for one in regions(SCRIPT)}
    assert found == {
        "CCMRAM": (0x10000000, 64 * 1024, "ccm", False),
        "RAM": (0x20000000, 128 * 1024, "ram", True),
        "FLASH": (0x08000000, 1024 * 1024 - 16 * 1024, "flash", True),
    }


def test_entry_and_symbols() -> None:
    script = parse_script(SCRIPT)
    assert script.entry == "Reset_Handler"
    assert {one.name: (one.value, one.provided) for one in script.defined} == {
        "_estack": (0x20020000, False),
        "_Min_Heap_Size": (0x200, False),
        "_stext": (None, False),
        "end": (None, True),
    }
    stack = script.symbol("_estack")
    assert stack is not None and (stack.span.start_line, stack.span.end_column) == (2, 7)


def test_short_names_and_regions_on_one_line() -> None:
    text = "MEMORY { rom : org = 0x0, len = 256K ram (rw) : o = ORIGIN(rom) + 0x20000000, l = 8k }"
    assert [(one.name, one.origin, one.size) for one in regions(text)] == [
        ("rom", 0, 262144),
        ("ram", 0x20000000, 8192),
    ]


def test_a_region_of_unknown_size_is_no_region_but_has_a_place() -> None:
    script = parse_script("MEMORY { a (rx) : ORIGIN = 0, LENGTH = __size__  b (rw) : ORIGIN = 4K, LENGTH = 4K }")
    assert [one.name for one in script.regions] == ["b"]
    assert [name for name, _, _ in script.places] == ["a", "b"]


def test_includes_are_followed_beside_the_script_and_in_library_folders(tmp_path: Path) -> None:
    (tmp_path / "lib").mkdir()
    (tmp_path / "memory.ld").write_text("MEMORY { RAM (rwx) : ORIGIN = 0x20000000, LENGTH = 128K }\nINCLUDE f4.ld\n")
    (tmp_path / "lib" / "common.ld").write_text("ENTRY(start)\n")
    (tmp_path / "f4.ld").write_text("INCLUDE memory.ld\nINCLUDE common.ld\nINCLUDE gone.ld\n")
    script = read_script(str(tmp_path / "f4.ld"), (str(tmp_path / "lib"),))
    assert (script.entry, [one.name for one in script.regions]) == ("start", ["RAM"])
    assert script.missing == ("gone.ld",) and len(script.files) == 3


@pytest.mark.parametrize(
    "text",
    [
        "MEMORY {",
        "MEMORY { a",
        "MEMORY { : : = ( , }",
        "}}}}",
        "/* never closed",
        "a = ((((;",
        "ENTRY(",
        "INCLUDE",
        "x =",
    ],
)
def test_half_typed_text_gives_nothing(text: str) -> None:
    assert regions(text) == ()


def test_deep_or_repeated_expressions_end() -> None:
    start = time.process_time()
    assert regions(f"MEMORY {{ a : ORIGIN = {'(' * 100_000}0, LENGTH = 1K }}") == ()
    assert regions("MEMORY { a : ORIGIN = 1 << 1000000000, LENGTH = 1K / 0 }") == ()
    parse_script("a = b + 1;\n" * 10_000)
    assert time.process_time() - start < 5.0
