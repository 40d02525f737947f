"""What the rules propose, and above all what they leave alone, without any tool."""

from __future__ import annotations

import pytest
from fix_helpers import document, finding_at

from signoff.diagnostics.fixes.blocks import gaps, lost_begins, structure
from signoff.diagnostics.fixes.modules import find_module, modules
from signoff.diagnostics.fixes.rules import candidates
from signoff.verifiers.finding import Severity
from signoff.verifiers.slips import near, slips
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex, apply_edits


def proposals(text: str, words: str, code: str, message: str, tool: str = "slang") -> dict[str, str]:
    """Title and resulting text of everything that is proposed for a finding at `words`."""
    severity = Severity.WARNING if code.isupper() else Severity.ERROR
    finding = finding_at(text, words, code, message, tool, severity)
    return {one.title: apply_edits(text, one.edits) for one in candidates(finding, *document(text))}


CLOCKED = """\
module top (input clk, input [3:0] d, output reg [3:0] q);
    reg [3:0] sum;
    always @(posedge clk) begin
        {body}
    end
endmodule
"""


def test_an_intermediate_variable_stays_blocking() -> None:
    text = CLOCKED.format(body="sum = d + 4'd1; q <= sum;")
    assert proposals(text, "= d", "BLKSEQ", "Blocking assignment", "verilator") == {}
    late = CLOCKED.format(body="sum = d; q <= sum; sum = 4'd0;")
    assert proposals(late, "= 4'd0", "BLKSEQ", "Blocking assignment", "verilator") == {}


def test_a_variable_is_converted_in_the_whole_block() -> None:
    text = CLOCKED.format(body="if (d[0]) q = q + 4'd1; else q = d;")
    (fixed,) = proposals(text, "= q +", "BLKSEQ", "Blocking assignment", "verilator").values()
    assert "q <= q + 4'd1; else q <= d;" in fixed


def test_a_name_that_nothing_drives_is_not_declared() -> None:
    text = "module top (output y);\n    assign y = nowhere;\nendmodule\n"
    assert proposals(text, "nowhere", "UndeclaredIdentifier", "use of undeclared identifier 'nowhere'") == {}


def test_a_name_with_another_number_is_another_name() -> None:
    text = "module top (input data1, output y);\n    assign y = data2;\nendmodule\n"
    message = "use of undeclared identifier 'data2'; did you mean 'data1'?"
    assert proposals(text, "data2", "TypoIdentifier", message) == {}


def test_a_loop_variable_is_an_integer() -> None:
    text = CLOCKED.format(body="for (i = 0; i < 4; i = i + 1) q[i] <= d[3 - i];")
    fixed = proposals(text, "i = 0", "UndeclaredIdentifier", "use of undeclared identifier 'i'")
    assert "Declare 'integer i'" in fixed


def test_an_input_is_not_made_a_variable() -> None:
    text = "module top (input clk, input a);\n    always @(posedge clk) a <= 1;\nendmodule\n"
    assert proposals(text, "a <=", "AssignToNet", "cannot assign to a net within a procedural context") == {}


def test_in_a_clocked_block_a_default_arm_assigns_nothing() -> None:
    text = CLOCKED.format(body="case (d)\n            4'd0: q <= d;\n        endcase")
    fixed = proposals(text, "case", "CASEINCOMPLETE", "Case values incompletely covered", "verilator")
    assert list(fixed) == ["Add 'default: ;'"]


def test_a_signed_or_unknown_literal_is_left_alone() -> None:
    for literal in ("8'sd3", "8'bxx", "8'd99"):
        text = f"module top (output [3:0] y);\n    assign y = {literal};\nendmodule\n"
        message = "implicit conversion truncates from 8 to 4 bits"
        assert proposals(text, literal, "WIDTHTRUNC", message) == {}


@pytest.mark.parametrize("comparison", ["a == 4'd20", "4'd20 != a", "b && a === 4'd20"])
def test_a_literal_does_not_outgrow_what_it_is_compared_with(comparison: str) -> None:
    message = "vector literal too large for the given number of bits (5 bits needed)"
    text = f"module top (input [3:0] a, input b, output y);\n    assign y = ({comparison});\nendmodule\n"
    assert proposals(text, "4'd20", "VectorLiteralOverflow", message) == {}
    wide = text.replace("[3:0]", "[7:0]")
    assert list(proposals(wide, "4'd20", "VectorLiteralOverflow", message).values()) == [wide.replace("4'd", "5'd")]


def test_a_literal_that_was_cut_changes_its_value() -> None:
    text = "module top (output [7:0] y);\n    assign y = 4'd20;\nendmodule\n"
    finding = finding_at(text, "4'd20", "VectorLiteralOverflow", "(5 bits needed)", severity=Severity.WARNING)
    (fix,) = candidates(finding, *document(text))
    assert fix.behaviour == "the value becomes 20, it was cut to 4"
    same = finding_at(text.replace("4'd20", "9'd20"), "9'd20", "WIDTHTRUNC", "expects 8 bits", "verilator")
    (fix,) = candidates(same, *document(text.replace("4'd20", "9'd20")))
    assert fix.behaviour == ""


def test_ordered_connections_are_left_alone() -> None:
    text = "module leaf (input a, input b);\nendmodule\nmodule top (input a, input b);\n    leaf l (a);\nendmodule\n"
    assert proposals(text, "l (a)", "PINMISSING", "Instance has missing pin: 'b'", "verilator") == {}


def test_ports_are_read_from_other_files_of_the_project() -> None:
    text = "module top (input a);\n    leaf l (.dta(a));\nendmodule\n"
    snapshot, project = document(text)
    leaf = Snapshot("file:///design/leaf.v", "/design/leaf.v", "verilog", 1, "module leaf (input data);\nendmodule\n")
    from dataclasses import replace

    project = replace(project, buffers=(*project.buffers, leaf))
    found = find_module("leaf", snapshot, project)
    assert found is not None
    assert found[1].ports == ("data",)
    finding = finding_at(text, "dta", "PortDoesNotExist", "port 'dta' does not exist in 'leaf'")
    assert [one.title for one in candidates(finding, snapshot, project)] == ["Connect port 'data' instead of 'dta'"]


def test_declarations_are_read_as_written() -> None:
    text = """\
module top #(parameter W = 4) (input clk, input signed [W-1:0] a, b, output reg q);
    wire [7:0] x = 1, y;
    reg [3:0] memory [0:15];
    function f(input inner); reg local_one; f = inner; endfunction
endmodule
"""
    (module,) = modules(text)
    assert module.ports == ("clk", "a", "b", "q")
    kinds = {name: (one[0].direction, one[0].kind, one[0].packed) for name, one in module.declared.items()}
    assert kinds == {
        "W": ("", "parameter", ""),
        "clk": ("input", "", ""),
        "a": ("input", "", "signed [W-1:0]"),
        "b": ("input", "", "signed [W-1:0]"),
        "q": ("output", "reg", ""),
        "x": ("", "wire", "[7:0]"),
        "y": ("", "wire", "[7:0]"),
        "memory": ("", "reg", "[3:0]"),
    }
    assert module.declared["memory"][0].unpacked


def test_whole_blocks_have_no_gap_and_no_lost_begin() -> None:
    text = CLOCKED.format(
        body="if (d[0])\n            q <= d;\n        else begin\n            q <= 4'd0;\n        end"
    )
    assert structure(text).surplus == []
    assert gaps(text, LineIndex(text)) == []
    assert lost_begins(text, LineIndex(text)) == []


def test_slips_count_letters() -> None:
    words = ("posedge", "posdge", "psoedge", "posedgee", "negedge")
    assert [slips("posedge", word) for word in words] == [0, 1, 1, 1, 3]
    assert near("coutner", ["counter", "country", "count"]) == ["counter"]
    assert near("a", ["b"]) == []
