"""A diagnostic of slang as a finding: the right place in the user's own text, and everything a fix needs."""

from __future__ import annotations

from pathlib import Path

import pytest
from slang_helpers import codes, marked

from signoff.verifiers.finding import Severity

pytestmark = pytest.mark.tool


def only(findings, code):
    chosen = [finding for finding in findings if finding.code == code]
    assert len(chosen) == 1, findings
    return chosen[0]


def test_a_missing_semicolon_is_marked_on_its_own_line(check):
    text = "module m(input a, b, output y);\n  wire t = a & b\n  assign y = t;\nendmodule\n"
    finding = only(check(text), "ExpectedToken")
    assert finding.severity is Severity.ERROR
    assert finding.message == "expected ';'"
    assert finding.span.start_line == 1
    assert marked(text, finding) == "b"
    assert dict(finding.data) == {"arg0": ";", "location": "1:16"}


def test_a_name_is_marked_whole(check):
    text = "module m(output y);\n  assign y = undeclared;\nendmodule\n"
    finding = only(check(text), "UndeclaredIdentifier")
    assert marked(text, finding) == "undeclared"
    assert dict(finding.data)["arg0"] == "undeclared"


def test_did_you_mean_gives_both_names(check):
    text = "module m(input counter, output y);\n  assign y = countr;\nendmodule\n"
    finding = only(check(text), "TypoIdentifier")
    assert {"countr", "counter"} <= set(dict(finding.data).values())


@pytest.mark.parametrize("before", ["/* größer */ ", "/* 😀 */ ", "/* \ud800 */ ", "\t", "/* e\u0301 */ "])
def test_columns_are_code_points(check, before):
    text = f"module m(output y);\n{before}assign y = nowhere;\nendmodule\n"
    finding = only(check(text), "UndeclaredIdentifier")
    assert marked(text, finding) == "nowhere"
    assert finding.span.start_column == len(before) + len("assign y = ")


@pytest.mark.parametrize("ending", ["\r\n", "\r", "\n"])
def test_every_line_ending_counts_as_one_line(check, ending):
    text = ending.join(["module m(output y);", "", "assign y = nowhere;", "endmodule", ""])
    span = only(check(text), "UndeclaredIdentifier").span
    assert (span.start_line, span.start_column) == (2, 11)


def test_a_fault_in_a_macro_body_is_shown_where_the_macro_is_used(check):
    text = "`define ADD(x) (x + missing)\nmodule m(input a, output y);\n  assign y = `ADD(a);\nendmodule\n"
    finding = only(check(text), "UndeclaredIdentifier")
    assert finding.span.start_line == 2
    assert marked(text, finding) == "`ADD(a)"


@pytest.mark.parametrize("use", ["`ADD(a)", "`ID(a)", "`TWO(a, b)", "`ONE"])
def test_a_semicolon_missing_behind_a_macro_is_missing_there(check, use):
    text = (
        "`define ADD(x) (x + 1) // more\n`define ID(x) x\n`define TWO(x, y) `ID(x) & `ADD(y)\n`define ONE 1\n"
        f"module m(input a, b, output y, z);\n  assign y = {use}\n  assign z = b;\nendmodule\n"
    )
    finding = only(check(text), "ExpectedToken")
    assert marked(text, finding) == use[-1]
    assert dict(finding.data)["location"] == f"5:{len('  assign y = ' + use)}"


def test_a_token_missing_inside_a_macro_is_not_missing_behind_it(check):
    text = "`define BAD(x) (x x)\nmodule m(input a, output y);\n  assign y = `BAD(a);\nendmodule\n"
    assert "location" not in dict(only(check(text), "ExpectedToken").data)


def test_a_fault_in_a_macro_argument_is_shown_in_the_argument(check):
    text = "`define INC(x) (x + 1)\nmodule m(output y);\n  assign y = `INC(nowhere);\nendmodule\n"
    assert marked(text, only(check(text), "UndeclaredIdentifier")) == "nowhere"


def test_the_earlier_declaration_is_told(check):
    text = "module m;\n  wire a;\n  reg a;\nendmodule\n"
    finding = next(item for item in check(text) if item.code.startswith("Redefinition"))
    assert [(note.span.start_line, note.message) for note in finding.related] == [(1, "previous definition here")]


def test_a_warning_has_its_option_as_help(check):
    text = "module m(input [7:0] a, output [3:0] y);\n  assign y = a;\nendmodule\n"
    finding = only(check(text), "WidthTruncate")
    assert finding.severity is Severity.WARNING
    assert finding.help_url == "https://sv-lang.com/warning-ref.html#width-trunc"
    assert [value for key, value in finding.data if key.startswith("arg")] == ["8", "4"]
    assert marked(text, finding) == "a"


def test_findings_name_the_file_they_are_in(check, tmp_path: Path):
    header = "wire from_header = nowhere;\n"
    findings = check('module m;\n`include "part.vh"\nendmodule\n', {"part.vh": header})
    finding = only(findings, "UndeclaredIdentifier")
    assert finding.path == str(tmp_path / "part.vh")
    assert marked(header, finding) == "nowhere"


def test_a_span_is_never_empty_where_there_is_a_token(check):
    for text in ("module m(input a", "module", "endmodule", "module m; initial begin", "module m; wire a = ;endmodule"):
        for finding in check(text):
            assert finding.span.start_line < finding.span.end_line or (
                finding.span.start_column < finding.span.end_column
            ), finding


def test_nothing_is_said_of_an_empty_file(check):
    assert check("") == []
    assert check("\n\n") == []


def test_a_flood_is_capped(check):
    text = "module m;\n" + "".join(f"wire x{number} = y{number};\n" for number in range(900)) + "endmodule\n"
    assert 100 <= len(check(text)) <= 500


def test_one_fault_in_many_instances_is_one_finding(check):
    text = """module leaf #(parameter W = 1)(output [W-1:0] y); assign y = nowhere; endmodule
module top(output a, output [1:0] b); leaf u(a); leaf #(2) v(b); endmodule
"""
    assert codes(check(text)) == ["UndeclaredIdentifier"]


def test_a_file_that_does_not_parse_gets_no_verdict_on_drivers(check):
    text = """module m(input clk, a, output reg q);
  always @(posedge clk) begin q <= a;
  always @(posedge clk) q <= ~a;
endmodule
"""
    assert "MultipleDrivers" not in codes(check(text))


def test_an_untitled_document_keeps_its_empty_path(engine):
    from slang_helpers import snapshot

    from signoff.verifiers.project import Project

    findings = engine.check(snapshot("", "module m; wire a = b; endmodule\n"), Project(root="/nowhere"))
    assert [(finding.code, finding.path) for finding in findings] == [("UndeclaredIdentifier", "")]
