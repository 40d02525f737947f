"""A unit's text in two parts: where it is cut, what of the preprocessor's answer is text and what macros."""

from __future__ import annotations

import pytest

from signoff.verifiers.gpu.compile.front_source import CUT, below, lines_read, macros_apart, parted, read_from


def cuts(text: str) -> list[tuple[str, str]]:
    """(upper, lower) of each part, as they are tried."""
    return [(one.upper, one.lower) for one in parted(text, "/w/a.cu")]


def test_it_is_cut_behind_the_last_include() -> None:
    text = '#include <vector>\n#include "b.h"\nint a;\n'
    first, *_ = cuts(text)
    assert first == (f'#include <vector>\n#include "b.h"\n{CUT}\n', '#line 3 "/w/a.cu"\nint a;\n')


def test_conditions_that_are_open_there_are_closed_and_opened_again() -> None:
    text = "#ifndef A\n#include <a.h>\n#ifdef B\n#include <b.h>\nint b;\n#endif\n#else\nint c;\n#endif\n"
    inner, outer, front = cuts(text)
    assert inner[0].endswith(f"#include <b.h>\n{CUT}\n#endif\n#endif\n")
    assert inner[1].startswith('#if 1\n#if 1\n#line 5 "/w/a.cu"\nint b;\n')
    assert outer[0] == f"#ifndef A\n#include <a.h>\n{CUT}\n#endif\n"
    assert outer[1].startswith('#if 1\n#line 3 "/w/a.cu"\n#ifdef B\n')
    assert front == (f"{CUT}\n", f'#line 1 "/w/a.cu"\n{text}')


@pytest.mark.parametrize("text", ["", "int a;", "#include <a.h>", "#endif\n#include <a.h>\n", "#include \n"])
def test_any_text_may_be_cut_in_front(text: str) -> None:
    assert cuts(text) == [(f"{CUT}\n", f'#line 1 "/w/a.cu"\n{text}')]


def test_a_path_with_quotes() -> None:
    (only,) = parted("int a;\n", 'C:\\a "b".cu')
    assert only.lower.startswith('#line 1 "C:\\\\a \\"b\\".cu"\n')


def test_macros_are_told_from_text_and_lines_stay() -> None:
    said = '# 0 "<built-in>"\n#define __GNUC__ 12\n# 0 "<command-line>"\n#define A 1\n# 1 "/w/a.cu"\nint a;\n#undef A\n'
    apart = macros_apart(f"{said}#pragma once\n{CUT}\n")
    assert apart is not None
    text, macros = apart
    assert macros == "#define A 1\n#undef A\n"
    assert text == '# 0 "<built-in>"\n\n# 0 "<command-line>"\n\n# 1 "/w/a.cu"\nint a;\n\n#pragma once\n\n'
    assert macros_apart(said) is None


def test_the_lines_that_the_preprocessor_left() -> None:
    text = '# 1 "/h.h" 1\nint h;\n# 1 "/a \\"b\\".cu" 2\n\nint a;\n# 2 "/h.h" 3\nint i;\n'
    text += '# 9 "/a \\"b\\".cu"\nint b;\n\nint c;'
    assert lines_read(text, '/a "b".cu') == (1, 8, 10)
    assert lines_read(text, "/h.h") == (0, 1)
    assert lines_read("", "/h.h") == ()


def test_the_empty_headers_that_were_read() -> None:
    text = '# 1 "/t/missing/torch/all.h" 1 3\n# 3 "/w/a.cu" 2\n# 1 "/t/missing/torch/all.h" 1 3\n# 1 "/t/other.h" 1\n'
    assert read_from(text, "/t/missing") == ("torch/all.h",)


def test_what_the_upper_part_includes_first_is_not_included_again() -> None:
    command = ("gcc", "-E", "-include", "cuda_runtime.h", "-I/w", "a.cu")
    assert tuple(below(command)) == ("gcc", "-E", "-I/w", "a.cu")
