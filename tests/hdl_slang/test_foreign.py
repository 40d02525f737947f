"""A file that is no Verilog is not checked as such, and one line says so; Verilog with a fault is."""

from __future__ import annotations

import pytest
from slang_helpers import codes

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.hdl.foreign import kind, without_foreign

pytestmark = pytest.mark.tool

IMAGE = "@00000000\n6F 00 C0 04 13 00\n13 00 00 00 E6\n"
MAP = "// cells\nmodule $_DLATCH_P_ (input E, input D, output Q);\nLATCH _TECHMAP_REPLACE_ (.G(E), .D(D));\nendmodule\n"
TEMPLATE = "package p;\n% if width > 32:\n  localparam int W = ${width};\n% endif\nendpackage\n"


@pytest.mark.parametrize(("text", "words"), [(IMAGE, "memory image"), (MAP, "technology map"), (TEMPLATE, "template")])
@pytest.mark.parametrize("declared", [True, False])
def test_one_line_says_what_it_is(check, text, words, declared):
    (finding,) = check(text, declared=declared)
    assert (finding.code, finding.severity) == ("NotVerilog", Severity.INFORMATION)
    assert words in finding.message


@pytest.mark.parametrize(
    "text",
    [
        "module m;\n  always @(posedge clk) x = 1;\nendmodule\n",
        "@(posedge clk)\nmodule m; endmodule\n",
        "module \\$_DFF_P_ (input D);\n  assign x = D\nendmodule\n",
        "module m(input a, output b);\n  assign b = a\n    % c;\nendmodule\n",
        "module m(output [1:0] b);\n  assign b =\n{1'b0, c};\nendmodule\n",
    ],
)
def test_verilog_with_a_fault_is_told(check, text):
    assert kind(text) == "" and "NotVerilog" not in codes(check(text)) != []


def test_without_an_error_nothing_changes():
    warning = Finding("/a.v", Span(0, 0, 0, 1), Severity.WARNING, "X", "x", "verilator")
    assert without_foreign([warning], lambda path: TEMPLATE, tell=True) == [warning]
