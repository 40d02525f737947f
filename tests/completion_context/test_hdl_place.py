"""What a half-typed statement names."""

from __future__ import annotations

import pytest
from completion_holes import hole
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.completion.context import Hole
from signoff.completion.facts.hdl_place import Place, place_of


def place(text: str) -> Place:
    return place_of(hole(f"module m;\n  {text}\nendmodule\n", "systemverilog"))


@pytest.mark.parametrize(
    ("text", "module", "instance", "connected"),
    [
        ("uart_tx u_tx (.clk(clk), .|", "uart_tx", "u_tx", {"clk"}),
        ("uart_tx u_tx (|", "uart_tx", "u_tx", set()),
        (
            "uart_tx u_tx (\n    .clk(clk),\n    .rst(~rst),\n    |\n    .data(d)\n  );",
            "uart_tx",
            "u_tx",
            {"clk", "rst", "data"},
        ),
        ("uart_tx #(.W(8), .D(3)) u_tx (.clk(clk), .|", "uart_tx", "u_tx", {"clk"}),
        ("uart_tx u_tx [3:0] (.clk(clk), .|", "uart_tx", "u_tx", {"clk"}),
        ("assign a = b;\n  uart_tx u_tx (.clk({a, b[3:0]}), .|);", "uart_tx", "u_tx", {"clk"}),
        ("if (a) begin : g\n  uart_tx u_tx (.|", "uart_tx", "u_tx", set()),
        ("uart_tx |", "uart_tx", "", set()),
        ("uart_t|", "uart_t", "", set()),
    ],
)
def test_an_instantiation(text: str, module: str, instance: str, connected: set[str]) -> None:
    found = place(text)
    assert (found.module, found.instance, found.connected) == (module, instance, connected)
    assert not found.parameters


def test_the_parameters_of_an_instantiation() -> None:
    found = place("uart_tx #(.W(8), .|) u_tx (.clk(clk));")
    assert (found.module, found.parameters, found.connected) == ("uart_tx", True, {"W"})


def test_inside_a_connection() -> None:
    found = place("uart_tx u_tx (.clk(clk), .data(|), .done(done));")
    assert (found.module, found.port) == ("uart_tx", "data")
    assert found.connected == {"clk", "data", "done"}


def test_a_connection_without_its_closer() -> None:
    assert place("uart_tx u_tx (.clk(clk),\n  .data(|\n  .busy(b[1]),\n  .done(done));").connected == {
        "clk",
        "data",
        "busy",
        "done",
    }


@pytest.mark.parametrize("text", ["if (a == |", "case (st|", "assign y = f(|", "always @(posedge |", "q <= {a, |"])
def test_no_instantiation(text: str) -> None:
    assert place(text).module == ""


@pytest.mark.parametrize(
    ("text", "owner", "typed"),
    [
        ("assign a = req.|", "req", ""),
        ("assign a = req.addr.lo|", "req", "lo"),
        ("assign a = reqs[i + 1].ad|", "reqs", "ad"),
        ("assign a = my_pkg::|", "my_pkg", ""),
        ("assign a = my_pkg::ID|", "my_pkg", "ID"),
        ("assign a = `|", "", "`"),
        ("assign a = `WI|", "", "`WI"),
        ("assign a = b|", "", "b"),
        ("assign a = 8'h|", "", ""),
    ],
)
def test_what_is_typed(text: str, owner: str, typed: str) -> None:
    found = place(text)
    assert (found.owner, found.typed) == (owner, typed)


def test_names_are_the_nearest_first_without_keywords_and_what_is_typed() -> None:
    assert place("x = y;\n  assign first = second & third & fo|").names == ("third", "second", "first")


def test_a_case_item_names_what_the_case_is_about() -> None:
    found = place("unique case (state_q)\n    IDLE: y = 1;\n    |\n  endcase")
    assert "state_q" in found.names
    assert "IDLE" not in found.names


def test_a_call() -> None:
    assert place("assign a = f(b, |").call == "f"
    assert place("if (g(a)) x = f(b, h[|").call == ""


def test_comments_and_strings_name_nothing() -> None:
    assert place('assign a /* of b; */ = "c" + // d;\n    |').names == ("a",)


def test_a_long_port_list() -> None:
    ports = "".join(f"    .port_{number:03}(signal_{number:03}),\n" for number in range(400))
    found = place(f"uart_tx u_tx (\n{ports}    .|")
    assert found.module == "uart_tx"
    assert len(found.connected) == 400


@settings(max_examples=200, deadline=None)
@given(
    st.lists(
        st.sampled_from(
            [
                "a",
                "b.",
                "c::",
                "(",
                ")",
                "[",
                "]",
                "{",
                "}",
                "#",
                "`",
                ".",
                ";",
                "begin",
                "case",
                "endcase",
                "\n",
                '"',
                "//",
                "/*",
                "𝄞",
            ]
        ),
        max_size=60,
    ),
    st.integers(0, 60),
)
def test_any_text_has_a_place(words: list[str], at: int) -> None:
    place_of(Hole("verilog", " ".join(words[:at]), " ".join(words[at:]), 0, 0, False))
