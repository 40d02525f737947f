"""Outlines and folds of right, wrong and odd texts."""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Iterator

import pytest
from hypothesis import example, given, settings
from hypothesis import strategies as st

from signoff.verifiers.finding import Span
from signoff.verifiers.hdl.facts import SymbolKind
from signoff.verifiers.hdl.folding import FoldKind, folds
from signoff.verifiers.hdl.outline import OutlineSymbol, outline
from signoff.verifiers.text import LineIndex

DESIGN = """package p;
  typedef enum logic [1:0] {IDLE, RUN} state_t;
endpackage
interface bus (input logic clk);
  logic valid;
  modport host (output valid);
endinterface
module top #(parameter int N = 4, localparam L = 2) (
  input wire clk, rst_n,
  output reg [7:0] q
);
  wire [3:0] a, b = 3;
  p::state_t state;
  sub #(.A(1)) u_sub (.a(a), .b(b)), u_two (.a(b));
  always @(posedge clk) begin : seq
    case (a)
      1: q <= 1;
    endcase
  end
  always_comb state = p::IDLE;
  for (genvar i = 0; i < N; i++) begin : lane
    sub leaf ();
  end
  function automatic int f(int x); return x; endfunction
  task t; endtask
endmodule
"""
# Pieces that make and break structure, for texts that nobody would write.
PIECES = [
    *("module m", "endmodule", "begin", "end", " : é", "case (x)", "endcase", "(", ")", ";", "`ifdef A", "`else"),
    *("`endif", "/*", "*/", "// c", "\n", "\r\n", "\r", '"', "\\esc ", "wire [3:0] ", "a, b", "sub u(", "always @(*)"),
    *(
        "😋",
        "\0",
        "\ud800",
        "\f",
        "\u2028",
        "generate",
        "if (W)",
        "function f",
        "typedef enum {A}",
        " t",
        "endfunction",
    ),
    *("package p", "endpackage", "interface i", "`define X(a) \\\n a", "x <= 1"),
]
texts = st.one_of(st.text(), st.lists(st.sampled_from(PIECES), max_size=40).map(" ".join))


def walk(symbols: tuple[OutlineSymbol, ...]) -> Iterator[OutlineSymbol]:
    for symbol in symbols:
        yield symbol
        yield from walk(symbol.children)


def named(text: str, name: str) -> OutlineSymbol:
    (found,) = [symbol for symbol in walk(outline(text)) if symbol.name == name]
    return found


def cut(text: str, span: Span) -> str:
    start, end = LineIndex(text).offsets(span)
    return text[start:end]


def shape(symbols: tuple[OutlineSymbol, ...]) -> list[tuple[str, str]]:
    return [(symbol.kind.value, symbol.name) for symbol in symbols]


def test_the_outline_of_a_design() -> None:
    package, interface, module = outline(DESIGN)
    assert shape((package, interface, module)) == [("package", "p"), ("interface", "bus"), ("module", "top")]
    assert shape(tuple(walk(package.children))) == [
        ("typedef", "state_t"),
        ("enum value", "IDLE"),
        ("enum value", "RUN"),
    ]
    assert shape(interface.children) == [("port", "clk"), ("variable", "valid"), ("modport", "host")]
    assert shape(module.children) == [
        *(("parameter", "N"), ("localparam", "L"), ("port", "clk"), ("port", "rst_n"), ("port", "q")),
        *(("net", "a"), ("net", "b"), ("variable", "state"), ("instance", "u_sub"), ("instance", "u_two")),
        *(("block", "seq"), ("block", "always_comb"), ("block", "lane"), ("function", "f"), ("task", "t")),
    ]


@pytest.mark.parametrize(
    ("name", "detail"),
    [
        ("u_two", "sub"),
        ("leaf", "sub"),
        ("rst_n", "input wire"),
        ("q", "output reg [7:0]"),
        ("b", "wire [3:0]"),
        ("state", "p::state_t"),
        ("seq", "always @(posedge clk)"),
        ("N", "= 4"),
        ("state_t", "enum logic [1:0]"),
    ],
)
def test_a_symbol_says_what_it_is(name: str, detail: str) -> None:
    assert named(DESIGN, name).detail == detail


def test_ports_in_the_old_style_and_gates() -> None:
    (module,) = outline("module m(a, b);\n input [3:0] a, c;\n output reg b;\n and g1(b, a, c);\nendmodule\n")
    assert shape(module.children) == [("port", "a"), ("port", "c"), ("port", "b"), ("instance", "g1")]
    assert [child.detail for child in module.children] == ["input [3:0]", "input [3:0]", "output reg", "and"]


def test_spans_are_in_code_points_and_lines_of_the_protocol() -> None:
    text = "/* 😋é\f\u2028 */ module m;\r  wire /* 😋 */ w; // é\r\n  wire \\é+ ;\nendmodule\n"
    assert cut(text, named(text, "m").name_span) == "m"
    net = named(text, "w")
    assert net.name_span.start_line == 1 and cut(text, net.name_span) == "w"
    assert cut(text, net.span) == "wire /* 😋 */ w;"
    assert cut(text, named(text, "\\é+").name_span) == "\\é+"


@pytest.mark.parametrize("broken", ["wire é = 3;", "always @(* begin x <= ; end", "sub u(.a(;", "if (", "case (x"])
def test_a_fault_in_one_module_leaves_the_others_whole(broken: str) -> None:
    text = f"module first(input a);\n  wire early;\n  {broken}\nendmodule\n{DESIGN}"
    found = outline(text)
    assert [symbol.name for symbol in found] == ["first", "p", "bus", "top"]
    assert "early" in [child.name for child in found[0].children]
    assert shape(found[3].children) == shape(outline(DESIGN)[2].children)


def test_a_module_whose_header_is_not_finished_is_there() -> None:
    found = outline("module first(input a\n  wire w;\nendmodule\nmodule second;\n  wire v;\nendmodule\n")
    assert [symbol.name for symbol in found] == ["first", "second"]
    assert shape(found[1].children) == [("net", "v")]


def test_the_folds_of_a_design() -> None:
    text = "// one\n// two\n`ifdef A\n" + DESIGN + "`else\nmodule other (\n  input a\n);\nendmodule\n`endif\n/* x\n*/\n"
    lines = text.split("\n")
    shown = {(lines[one.start_line].split()[0], lines[one.end_line + 1].strip(), one.kind) for one in folds(text)}
    code, comment, region = FoldKind.CODE, FoldKind.COMMENT, FoldKind.REGION
    assert shown == {
        *(("//", "`ifdef A", comment), ("/*", "", comment), ("`ifdef", "`else", region), ("`else", "`endif", region)),
        *(("package", "endpackage", code), ("interface", "endinterface", code), ("always", "end", code)),
        *(("case", "endcase", code), ("for", "end", code), ("module", "endmodule", code)),
    }


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("begin\nx\nbegin\ny\nendmodule\nend\n", [(2, 4)]),  # the first has no end
        ("module m;\nend\nbegin\nx\nend\nendmodule\n", [(0, 4), (2, 3)]),  # an end without a beginning
        ("begin\n)\n(\nx\nend\n", [(0, 3)]),
        ("`ifdef A\nif (a) begin\n`else\nif (b) begin\n`endif\nx\nend\n", [(0, 1), (2, 3), (3, 5)]),
        ("begin // begin\n/* begin */ x\n$begin; a.begin; `begin\n\\begin \nend\n", [(0, 3)]),
        ("if (a) begin\nx\nend else begin\ny\nend\n", [(0, 1), (2, 3)]),
    ],
)
def test_folds_of_text_that_does_not_parse(text: str, expected: list[tuple[int, int]]) -> None:
    assert [(one.start_line, one.end_line) for one in folds(text)] == expected


def test_line_comments_beside_code_are_not_a_block() -> None:
    assert folds("a; // x\nb; // y\n// z\n") == ()


@settings(max_examples=300, deadline=None)
@given(texts)
@example("module m(\ud800 input a); wire 😋; endmodule")
@example("\0module m; endmodule")
def test_any_text_has_an_outline_and_folds_inside_of_it(text: str) -> None:
    index = LineIndex(text)
    for symbol in walk(outline(text)):
        start, end = index.offsets(symbol.span)
        name_start, name_end = index.offsets(symbol.name_span)
        assert index.span(start, end) == symbol.span, "a position that the text has"
        assert 0 <= start <= name_start < name_end <= end <= len(text)
        assert symbol.name and isinstance(symbol.kind, SymbolKind)
    lines = [one.start_line for one in folds(text)]
    assert lines == sorted(set(lines))
    assert all(one.start_line < one.end_line < len(index.starts) for one in folds(text))


@pytest.mark.parametrize(
    "text",
    [
        "begin " * 20_000 + "endcase " * 20_000,
        "module m; " * 3_000,
        "`ifdef A begin\n" * 20_000,
        "module m; " + "if (a) begin : b " * 2_000,
        "module m; " + "if (a) ; else " * 2_000 + "endmodule",
        "(" * 30_000,
        "module m; initial x = " + "a + " * 20_000 + "a; endmodule",
        "/*" * 30_000,
        '"\n' * 20_000,
    ],
    ids=range(9),
)
def test_nonsense_takes_neither_long_nor_the_stack(text: str) -> None:
    start = time.perf_counter()
    depth = sys.getrecursionlimit()
    list(walk(outline(text)))
    folds(text)
    assert time.perf_counter() - start < 5 and sys.getrecursionlimit() == depth


def test_a_design_that_is_being_typed_keeps_its_modules() -> None:
    random.seed(1)
    kept = 0
    for _ in range(100):
        at = random.randrange(len(DESIGN))
        broken = DESIGN[:at] + random.choice([";", "(", "begin ", ")", "x ", "😋"]) + DESIGN[at + 1 :]
        kept += {"p", "bus", "top"} <= {symbol.name for symbol in walk(outline(broken))}
    assert kept >= 90, "only a change in the first line of a unit may lose it"
