"""From a tool's columns to ours."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from signoff.verifiers.hdl.columns import characters, place


def covered(line: str, shown: str, start: int, end: int = 0) -> str:
    span = place(line, shown, 3, start, end)
    assert span.start_line == span.end_line == 3
    return line[span.start_column : span.end_column]


@pytest.mark.parametrize(
    ("line", "shown", "start", "end", "expected"),
    [
        ("  assign y = a;", "  assign y = a;", 11, 12, "="),
        ("\tq <= d;", "\tq <= d;", 3, 5, "<="),
        ("  wire é = x;", "", 10, 11, "="),
        ("q = a; /* note */ r <= b;", "q = a;   r <= b;", 9, 10, "r"),
        ("/* é */ case (s)", "  case (s)", 2, 6, "case"),
        ("x = `WIDTH + y; // é", "x = 16 + y; ", 4, 6, "`WIDTH"),
        ("x = `WIDTH + y;", "x = 16 + y;", 9, 10, "y"),
        ("x = y", "x = y", 40, 41, "y"),
        ("", "", 5, 6, ""),
        ("   ", "   ", 1, 2, ""),
        ("  foo  ", "", 0, 1, "foo"),
    ],
)
def test_places(line: str, shown: str, start: int, end: int, expected: str) -> None:
    assert covered(line, shown, start, end) == expected


def test_a_column_inside_a_letter_of_several_bytes() -> None:
    assert characters("aé🎉b", 1) == 1 and characters("aé🎉b", 2) == 1 and characters("aé🎉b", 3) == 2
    assert characters("aé🎉b", 7) == 3 and characters("aé🎉b", 99) == 4 and characters("abc", -1) == 0


@given(st.text(max_size=60), st.text(max_size=60), st.integers(-5, 80), st.integers(-5, 80))
def test_any_line_gives_a_span_within_it(line: str, shown: str, start: int, end: int) -> None:
    span = place(line, shown, 0, start, end)
    assert 0 <= span.start_column <= span.end_column <= max(len(line), start, 0)
    if line.strip() and "\n" not in line:
        assert span.end_column > span.start_column
