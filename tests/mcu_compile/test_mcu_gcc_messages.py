"""gcc's JSON and its text, as gcc 12.2 printed them."""

from __future__ import annotations

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.mcu.compile.command import rejected
from signoff.verifiers.mcu.compile.gcc_messages import FixIt, Place, parse, parse_text

GOLDEN = Path(__file__).parent / "golden"


def sample(name: str) -> bytes:
    return (GOLDEN / name).read_bytes()


def test_json() -> None:
    found = parse(sample("json12.txt")).diagnostics
    assert [(one.kind, one.option, one.places[0].line) for one in found] == [
        ("warning", "-Wimplicit-function-declaration", 7),
        ("warning", "-Wint-conversion", 8),
        ("warning", "-Wint-conversion", 9),
        ("warning", "-Wint-conversion", 10),
        ("error", "", 11),
        ("error", "", 12),
        ("warning", "-Wunused-variable", 6),
    ]
    slip, argument = found[0], found[1]
    assert slip.places == (Place("main.c", 7, 5, 18),)
    assert slip.fixits == (FixIt("main.c", 7, 5, 7, 19, "HAL_GPIO_Init"),)
    assert [(note.message, note.places[0].file) for note in argument.notes] == [
        ("expected 'GPIO_TypeDef *' but argument is of type 'int'", "vendor_gpio.h")
    ]


def test_text_tells_the_way_through_macros_and_includes() -> None:
    found = parse_text(sample("text12.txt")).diagnostics
    vendors, own = found[2], found[3]
    assert vendors.places == (Place("vendor_gpio.h", 3, 35),)
    assert [(one.message, one.places[0].line) for one in vendors.expansions] == [("in expansion of macro 'TIM_SET'", 9)]
    assert [one.message for one in own.expansions] == ["in definition of macro 'TAKE'"]
    assert [one.message for one in own.notes] == ["expected 'GPIO_TypeDef *' but argument is of type 'int'"]


def test_what_gcc_glues_in_front_of_a_message_is_taken_off() -> None:
    messages = parse(sample("json12_nested.txt"))
    assert [one.message for one in messages.diagnostics] == ["missing terminating > character"]
    assert messages.plain[0].startswith("cc1: warning: command-line option '-fno-rtti'")


def test_the_assemblers_complaints_are_kept_apart() -> None:
    messages = parse(sample("json12_assembler.txt"))
    assert not messages.diagnostics
    assert [(one.message, one.places[0].line) for one in messages.assembler] == [("bad instruction `foo r0,r1'", 29)]


def test_include_chains() -> None:
    output = b"""In file included from inc/hal_conf.h:393:3,
                 from inc/hal.h:29,
                 from src/main.c:1:
inc/tim.h:12:5: error: unknown type name 'u32' [-Wfoo]
"""
    (one,) = parse_text(output).diagnostics
    assert one.included == (Place("inc/hal_conf.h", 393, 3), Place("inc/hal.h", 29, 0), Place("src/main.c", 1, 0))
    assert (one.option, one.message) == ("-Wfoo", "unknown type name 'u32'")


def test_windows_paths() -> None:
    (one,) = parse_text(b"C:\\fw\\main.c:7:5: error: expected ';' before '}' token\n").diagnostics
    assert one.places == (Place("C:\\fw\\main.c", 7, 5),)


def test_flags_that_gcc_rejects() -> None:
    flags = ["-Wall", "-fcolor-diagnostics", "-mcpu=zzz", "-mfpu=none", "-Wnewer", "-march=", "-mthumb", "-Wall"]
    assert rejected(sample("refused12.txt"), flags) == [
        *("-fcolor-diagnostics", "-mcpu=zzz", "-mfpu=none", "-Wnewer", "-march=")
    ]
    flags = ["-mcpu=cortex-m3", "-mfloat-abi=hard", "-O2"]
    assert rejected(sample("refused12_cc1.txt"), flags) == ["-mfloat-abi=hard"]


def test_a_users_own_error_rejects_no_flag() -> None:
    place = b'"locations": [{"caret": {"line": 1, "file": "a.c", "column": 1}}]'
    output = b'[{"kind": "error", ' + place + b', "message": "\'-Wall\'"}]'
    assert rejected(output, ["-Wall"]) == []


@pytest.mark.parametrize(
    "output", [b"", b"[", b"[1, null]", b'[{"locations": [3, {"caret": 4}]}]', b"[{]", b"\xff\xfe["]
)
def test_garbage_is_passed_over(output: bytes) -> None:
    parse(output)
    parse_text(output)


@given(st.binary(max_size=300))
def test_any_bytes(output: bytes) -> None:
    parse(output)
    parse_text(output)
