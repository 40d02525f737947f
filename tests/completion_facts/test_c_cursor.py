from __future__ import annotations

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.completion.facts.cursor import Cursor, at


def place(text: str) -> Cursor:
    prefix, _, suffix = text.partition("@")
    return at(prefix, suffix)


FUNCTION = "int one(void)\n{\n  return 1;\n}\n\nstatic int two(int n)\n{\n  use(n);\n  %s\n  last();\n}\n\nint three;\n"


@pytest.mark.parametrize(
    ("line", "chain"),
    [
        ("huart2.@", ("huart2",)),
        ("huart2.Init.Ba@", ("huart2", "Init")),
        ("h->Init.@", ("h", "Init")),
        ("table[i + 1].x->@", ("table", "x")),
        ("USART2->@", ("USART2",)),
        ("make(a, b).@", ("make",)),
        ("x = y.z.@;", ("y", "z")),
        ("a = b@", ()),
    ],
)
def test_the_chain_before_a_member(line: str, chain: tuple[str, ...]) -> None:
    assert place(FUNCTION % line).chain == chain


@pytest.mark.parametrize(
    ("line", "calls"),
    [
        ("HAL_UART_Transmit(&huart2, @", (("HAL_UART_Transmit", 1),)),
        ("f(a, g(b, c, @", (("g", 2), ("f", 1))),
        ("f(a[x, y], {1, 2}, @)", (("f", 2),)),
        ("if (f(@", (("f", 0),)),
        ("kernel<<<grid, @", (("kernel", 0),)),
        ("kernel<<<grid, block>>>(x, @);", (("kernel", 1),)),
        ("f(a); @", ()),
    ],
)
def test_the_calls_around_the_cursor(line: str, calls: tuple[tuple[str, int], ...]) -> None:
    assert place(FUNCTION % line).calls == calls


@pytest.mark.parametrize(
    ("line", "target"),
    [
        ("huart2.Init.Parity = @", ("huart2", "Init", "Parity")),
        ("RCC->AHB1ENR |= @", ("RCC", "AHB1ENR")),
        ("if (h->State == @", ("h", "State")),
        ("mode = @", ("mode",)),
        ("f(x) ; @", ()),
    ],
)
def test_what_is_assigned_or_compared(line: str, target: tuple[str, ...]) -> None:
    assert place(FUNCTION % line).target == target


def test_the_function_around_the_cursor() -> None:
    found = place(FUNCTION % "call(a, be@ta);")
    assert found.half == "be" and "call" in found.names and "a" in found.names
    assert "use" in found.region and "last" in found.region
    assert "one" not in found.region and "three" not in found.region and "call" not in found.region


def test_a_keystroke_in_a_name_changes_nothing_else() -> None:
    short, long = place(FUNCTION % "call(a, be@"), place(FUNCTION % "call(a, beta@")
    assert (short.region, short.names, short.calls, short.start) == (long.region, long.names, long.calls, long.start)


def test_the_parts_of_a_for_are_one_statement() -> None:
    assert place(FUNCTION % "for (int i = 0; i < n; @").statement.lstrip().startswith("for")


def test_comments_and_strings_hold_no_names() -> None:
    found = place(FUNCTION % '// hidden\n  call("inside", /* within */ @')
    assert not {"hidden", "inside", "within"} & {*found.names, *found.region.split()}


@pytest.mark.parametrize("text", ["@", "\n@", "@\n", "x@", "}@", "\r\n@\r\n", "#include @", "😀@😀", "(" * 5000 + "@"])
def test_any_place_has_an_answer(text: str) -> None:
    assert place(text).start >= 0


@given(st.text(alphabet="ab(){}[];,.->=<#\"'/* \n\r😀", max_size=200), st.text(alphabet="ab(){};\n", max_size=60))
@settings(max_examples=200, deadline=None)
def test_no_text_breaks_it(prefix: str, suffix: str) -> None:
    found = at(prefix, suffix)
    assert 0 <= found.start <= len(prefix) <= found.end <= len(prefix) + len(suffix)
