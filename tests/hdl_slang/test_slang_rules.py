"""Our own rules: a true fault is found and named, and what working designs do is left alone."""

from __future__ import annotations

import pytest
from slang_helpers import codes, marked

pytestmark = pytest.mark.tool

HEAD = "module m(input clk, rst, a, b, c, input [3:0] v, output reg y, z, output reg [3:0] q, output w);\n"


def design(*lines: str) -> str:
    return HEAD + "".join(f"  {line}\n" for line in lines) + "endmodule\n"


def test_a_list_that_misses_a_signal(check):
    text = design("always @(a or b) y = a & b & c;")
    finding = check(text)[0]
    assert finding.code == "IncompleteSensitivityList"
    assert marked(text, finding) == "(a or b)" or marked(text, finding) == "a or b"
    assert finding.data == (("arg0", "c"),)
    assert "'c'" in finding.message


@pytest.mark.parametrize(
    "lines",
    [
        ["always @(a or b or c) y = a & b & c;"],
        ["always @(a, b, c) y = a & b & c;"],
        ["always @* y = a & b & c;"],
        ["always @(*) y = a & b & c;"],
        ["always @(posedge clk) y <= a & b;"],
        ["always @(posedge clk or negedge rst) if (!rst) y <= 0; else y <= a;"],
        ["localparam P = 1;", "always @(a) y = a & P;"],
        ["reg t;", "always @(a or b) begin t = a; y = t & b; end"],
        ["reg [7:0] mem [0:15];", "always @(v) q = mem[v][3:0];"],
        ["integer i;", "always @(v) begin y = 0; for (i = 0; i < 4; i = i + 1) y = y ^ v[i]; end"],
        ["always @(v[0] or a) y = v[0] & a;"],
        ["always @(a) $display(b);"],
        ["reg t;", "always @(a) begin t = b; $fdisplay(1, b); end"],
        ["always @(a) y = b;", "always @(posedge clk) $display(a);"],
        ["task t; $write(a); endtask", "always @(a) y = b;"],
        ['import "DPI-C" function bit f(bit x);', "always @(a) y = f(b);"],
        ["generate if (1) begin : g", "always @(clk) begin #1 z = a; end", "end endgenerate", "always @(a) y = b;"],
        ["specify (a => y) = 1; endspecify", "always @(a) y = b;"],
        ["always @(a) begin #5 y = b; end"],
        ["initial begin @(a) y = b; end"],
        ["function f(input x); f = x; endfunction", "always @(a) y = f(a);"],
    ],
)
def test_lists_that_are_complete_or_none_of_our_business(check, lines):
    assert "IncompleteSensitivityList" not in codes(check(design(*lines)))


@pytest.mark.parametrize(
    "line",
    ["initial $display(a);", "always @(posedge clk) z <= $signed(a);", "always @(posedge clk) #1 z <= a;"],
)
def test_what_designs_have_beside_makes_no_model_of_them(check, line):
    found = codes(check(design(line, "always @(a) y = b;")))
    assert ("IncompleteSensitivityList" in found) == ("#1" not in line)


def test_two_blocks_that_drive_one_variable(check):
    text = design("always @(posedge clk) y <= a;", "always @(posedge clk) y <= b;")
    finding = check(text)[0]
    assert finding.code == "MultipleDrivers"
    assert (finding.span.start_line, marked(text, finding)) == (2, "y")
    assert [note.span.start_line for note in finding.related] == [1]
    assert finding.data == (("arg0", "y"),)


@pytest.mark.parametrize(
    "lines",
    [
        ["always @(posedge clk) y <= a;", "always @(posedge rst) y <= 0;"],
        ["always @* y = a;", "always @* y = b;"],
        ["always @(posedge clk) q[1:0] <= v[1:0];", "always @(posedge clk) q[2:1] <= v[2:1];"],
        ["always @(posedge clk) {y, z} <= v[1:0];", "always @(posedge clk) z <= a;"],
    ],
)
def test_other_pairs_of_drivers(check, lines):
    assert codes(check(design(*lines))).count("MultipleDrivers") == 1


@pytest.mark.parametrize(
    "lines",
    [
        ["always @(posedge clk) q[1:0] <= v[1:0];", "always @(posedge clk) q[3:2] <= v[3:2];"],
        ["initial y = 0;", "always @(posedge clk) y <= a;"],
        ["reg t = 0;", "always @(posedge clk) t <= a;"],
        ["integer i;"] + ["always @(posedge clk) for (i = 0; i < 4; i = i + 1) q[i] <= v[i];"] * 2,
        ["reg [2:0] k;"]
        + [f"always @(posedge clk) for (k = 0; k < 4; k = k + 1) {name} <= v[k];" for name in ("y", "z")],
        ["reg t;", "always @(posedge clk) begin t = a; y <= t; end", "always @(posedge clk) begin t = b; z <= t; end"],
        ["reg [7:0] mem [0:15];"] + [f"always @(posedge clk) if ({name}) mem[v] <= 0;" for name in "ab"],
        ["reg [15:0] r;"] + [f"always @(posedge clk) r[{name}] <= 0;" for name in ("v", "~v")],
        ["always #5 y = ~y;", "always @(posedge clk) y <= a;"],
        ["always @(posedge clk) begin y <= a; y <= b; end"],
        ["always @(a) y = a;", "always @(posedge b) y = b;", "always @(negedge clk) $write(y);"],
        ["generate if (1) always @(posedge clk) y <= a; else always @(posedge clk) y <= b; endgenerate"],
    ],
)
def test_what_working_designs_do_is_left_alone(check, lines):
    assert "MultipleDrivers" not in codes(check(design(*lines)))


def test_two_instances_of_one_module_are_not_two_drivers(check):
    text = """module leaf(input clk, d, output reg q); always @(posedge clk) q <= d; endmodule
module top(input clk, d, output a, b); leaf u(clk, d, a); leaf v(clk, d, b); endmodule
"""
    assert check(text) == []


@pytest.mark.parametrize(
    ("line", "named"),
    [
        ("always @(posedge clk or negedge clk) y <= a;", ["clk"]),
        ("always @(edge clk) y <= a;", ["clk"]),
        ("always @(posedge clk or negedge clk) if (clk) y <= a; else y <= b;", ["clk"]),
        ("always @(posedge clk or posedge a) y <= b;", ["clk", "a"]),
        ("always_ff @(posedge clk or negedge rst) if (a) z <= b;", ["clk", "rst"]),
    ],
)
def test_edges_that_no_flip_flop_follows(check, line, named):
    text = design(line)
    (finding,) = check(text)
    assert (finding.code, finding.span.start_line) == ("MultipleEdges", 1)
    assert "edge" in marked(text, finding)
    assert [name for _, name in finding.data] == named


@pytest.mark.parametrize(
    "line",
    [
        "always @(posedge clk) y <= a;",
        "always @(posedge clk or negedge rst) if (!rst) y <= 0; else y <= a;",
        "always @(posedge clk, posedge rst, posedge c) if (rst) y <= 0; else if (c) y <= 1; else y <= a;",
        "always @(posedge clk or posedge rst) begin : b y <= rst ? 0 : a; end",
        "always @(posedge v[0] or negedge v[1]) y <= a;",
        "always @(posedge clk or posedge a) begin y <= b; $display(b); end",
        "always @(posedge clk or a) y <= b;",
        "always @(posedge clk or posedge a) #1 y <= b;",
        "initial begin @(posedge clk or negedge clk) y = a; end",
    ],
)
def test_edges_that_a_flip_flop_can_follow_or_a_model(check, line):
    assert "MultipleEdges" not in codes(check(design(line)))


def test_edges_in_a_testbench(check):
    text = "module tb; reg clk, q; always @(posedge clk or negedge clk) q <= ~q; endmodule\n"
    assert check(text) == []
