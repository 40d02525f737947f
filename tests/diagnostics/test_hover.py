"""Hover texts: what is known is said with its source, what is not is said to be unknown."""

from __future__ import annotations

from typing import Any

from hypothesis import given
from hypothesis import strategies as st

from signoff.diagnostics.explain import hover
from signoff.diagnostics.explain.markdown import code
from signoff.verifiers.finding import Span
from signoff.verifiers.hdl.facts import ParameterFacts, Place, PortFacts, SymbolFacts, SymbolKind

COSTS: dict[str, object] = {
    "fifo": {
        "flip_flops": 12,
        "latches": 1,
        "cells": 40,
        "memories": 1,
        "memory_bits": 128,
        "cell_types": {"$add": 3, "$dff": 2},
        "signals": {"count": "register", "full": "wire", "hold": "latch"},
        "variants": 2,
    }
}


def place(line: int, text: str, note: str = "") -> Place:
    return Place("/w/rtl/fifo.v", Span(line, 0, line, 1), text, note)


def signal(name: str = "count", **more: Any) -> SymbolFacts:
    facts = {"type": "reg[7:0]", "width": 8, "path": f"top.u_fifo.{name}", "module": "fifo"}
    return SymbolFacts(SymbolKind.VARIABLE, name, **(facts | more))


def test_a_register_is_said_with_its_drivers_and_readers() -> None:
    text = hover(
        signal(
            drivers=(place(9, "count <= count + 1;", "always"),),
            driver_count=1,
            readers=(place(9, "count <= count + 1;"), place(9, "count <= count + 1;"), place(20, "assign full = ...")),
            reader_count=5,
            declaration=place(3, "reg [7:0] count;"),
        ),
        COSTS,
    )
    assert "reg [7:0] count" in text
    assert "**Variable** of `fifo`, 8 bits, unsigned, `top.u_fifo.count`, declared at fifo.v:4 (slang)." in text
    assert "Synthesized as a **register** (Yosys)." in text
    assert "Driven in 1 place:\n- fifo.v:10 `count <= count + 1;` (always)" in text
    assert "- fifo.v:10 `count <= count + 1;`, 2 times" in text
    assert "... and 2 more" in text


def test_a_latch_and_a_wire_are_told_apart() -> None:
    assert "a **latch**" in hover(signal("hold"), COSTS)
    assert "**wires**" in hover(signal("full"), COSTS)


def test_what_yosys_does_not_know_is_not_claimed() -> None:
    assert "Not synthesized yet" in hover(signal(), None)
    assert "Yosys" not in hover(signal("elsewhere"), COSTS)
    # The same name in another module is another signal.
    assert "register" not in hover(signal(module="other"), COSTS)


def test_undriven_is_said_of_nets_only() -> None:
    net = SymbolFacts(SymbolKind.NET, "floating", type="wire logic", width=1, module="fifo")
    assert "Nothing drives it (slang)." in hover(net, COSTS)
    assert "drives" not in hover(signal(), COSTS)


def test_a_parameter_has_its_value_in_both_bases_and_where_it_differs() -> None:
    text = hover(
        SymbolFacts(
            SymbolKind.PARAMETER,
            "DEPTH",
            type="logic signed[31:0]",
            width=32,
            signed=True,
            value="16",
            hex="32'h00000010",
            values=(("top.a", "16"), ("top.b", "64")),
        ),
        None,
    )
    assert "parameter logic signed [31:0] DEPTH = 16" in text
    assert "`16` = `32'h00000010`" in text
    assert "| `top.b` | `64` |" in text


def test_a_module_has_its_ports_and_its_cost() -> None:
    module = SymbolFacts(
        SymbolKind.MODULE,
        "fifo",
        ports=(PortFacts("clk", "input", "logic", 1), PortFacts("q", "output", "reg[7:0]", 8)),
        parameters=(ParameterFacts("DEPTH", "16", "", "int"),),
        instances=3,
    )
    text = hover(module, COSTS)
    assert "3 instances" in text
    assert "| `q` | output | `reg [7:0]` | 8 |" in text
    assert "12 flip-flops, 1 latch, 40 cells, 1 memory of 128 bits." in text
    assert "2 sets of parameters; this is the largest" in text
    assert "Cells: 3 `$add`, 2 `$dff`" in text
    assert "Yosys reported no cost of `fifo`." in hover(module, {})


def test_an_instance_shows_what_is_connected() -> None:
    ports = (PortFacts("clk", "input", "logic", 1, "clk_i"), PortFacts("q", "output", "logic", 1))
    text = hover(SymbolFacts(SymbolKind.INSTANCE, "u_fifo", definition="fifo", ports=ports), COSTS)
    assert "fifo u_fifo" in text
    assert "| `clk_i` |" in text
    assert "| *nothing* |" in text
    assert "12 flip-flops" in text


def test_a_long_port_list_is_cut_and_said() -> None:
    ports = tuple(PortFacts(f"p{number}", "input", "logic", 1) for number in range(100))
    assert "... and 60 more" in hover(SymbolFacts(SymbolKind.MODULE, "wide", ports=ports), None)


@given(st.text())
def test_a_code_span_ends_where_it_should(text: str) -> None:
    span = code(text)
    fence = span[: len(span) - len(span.lstrip("`"))]
    inner = span[len(fence) : -len(fence)]
    assert span.endswith(fence)
    assert fence not in inner or text.strip("`") == ""


@given(
    st.sampled_from(SymbolKind), st.text(), st.text(), st.one_of(st.none(), st.dictionaries(st.text(), st.integers()))
)
def test_any_facts_give_a_text(kind: SymbolKind, name: str, type_text: str, costs: dict[str, object] | None) -> None:
    assert hover(SymbolFacts(kind, name, type=type_text), costs).startswith("```systemverilog")
