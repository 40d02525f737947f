"""The guard against loss: deleting the faulty lines satisfies the tools, so nothing may be lost."""

from __future__ import annotations

import pytest
from fix_helpers import finding_at
from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.diagnostics.fixes.guard import DELIMITERS, losses
from signoff.diagnostics.fixes.source import scan
from signoff.verifiers.text import Edit, LineIndex, apply_edits

TEXT = """\
module top (input clk, input [3:0] a, output reg [3:0] q, output y);
    wire both; // kept
    assign both = a[0] & a[1];
    stage first (.clk(clk), .d(both), .q(y));
    always @(posedge clk) begin
        if (a == 4'd3) q <= sum(a);
        else q <= 4'd0;
        assert (q != 4'd9) else $error("nine");
    end
    always @(a or both) $display("changed");
endmodule
"""
FINDING = finding_at(TEXT, "both = a", "ExpectedToken", "expected ';'")


def after(old: str, new: str) -> str:
    assert old in TEXT
    return TEXT.replace(old, new, 1)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("    assign both = a[0] & a[1];\n", "", id="assignment"),
        pytest.param("    stage first (.clk(clk), .d(both), .q(y));\n", "", id="instance"),
        pytest.param(", .d(both)", "", id="connection"),
        pytest.param(", output y", "", id="port"),
        pytest.param("sum(a)", "a", id="call"),
        pytest.param('        assert (q != 4\'d9) else $error("nine");\n', "", id="check"),
        pytest.param("if (a == 4'd3) ", "", id="condition"),
        pytest.param("a[0] & a[1]", "a[0]", id="operand"),
        pytest.param("a[0] & a[1]", "a[0] | a[1]", id="operator"),
        pytest.param("posedge", "", id="edge"),
        pytest.param("else q <= 4'd0;", "// else q <= 4'd0;", id="commented out"),
        pytest.param("else q <= 4'd0;", "/* else q <= 4'd0;", id="comment left open"),
        pytest.param("    assign both", "`ifdef NEVER\n    assign both", id="switched off"),
        pytest.param("// kept", "", id="comment"),
        pytest.param("q <= sum(a)", "q + sum(a)", id="assignment to expression"),
        pytest.param("wire both", "both", id="type"),
        pytest.param(".clk(clk), .d(both)", ".clk(both), .d(y)", id="other names, not named by the finding"),
    ],
)
def test_losses_are_seen(old: str, new: str) -> None:
    assert losses(TEXT, after(old, new), FINDING)


@pytest.mark.parametrize(
    ("old", "new"),
    [
        pytest.param("wire both;", "reg both;", id="type swapped"),
        pytest.param("q <= 4'd0", "q = 4'd0", id="operator of an assignment"),
        pytest.param("@(a or both)", "@(*)", id="level-sensitive list"),
        pytest.param("    end\n    always", "    always", id="surplus end"),
        pytest.param("a[1];", "a[1]; assign y = both;", id="addition"),
    ],
)
def test_what_loses_nothing_passes(old: str, new: str) -> None:
    assert losses(TEXT, after(old, new), FINDING) == ()


def test_a_name_that_the_finding_names_may_be_replaced() -> None:
    fixed = after(".d(both)", ".data(both)")
    assert (
        losses(TEXT, fixed, finding_at(TEXT, "d(both)", "PortDoesNotExist", "port 'd' does not exist in 'stage'")) == ()
    )
    assert losses(TEXT, fixed, finding_at(TEXT, "endmodule", "PortDoesNotExist", "port 'x' does not exist"))


@settings(deadline=None)
@given(st.data())
def test_whatever_is_deleted_is_a_loss(data: st.DataObject) -> None:
    """Any run of tokens that holds more than delimiters, event lists aside, cannot go unnoticed."""
    tokens = [token for token in scan(TEXT) if token.end < TEXT.index("    always @(a or")]
    first = data.draw(st.integers(0, len(tokens) - 1))
    last = data.draw(st.integers(first, min(first + 12, len(tokens) - 1)))
    gone = [token for token in tokens[first : last + 1] if token.text not in DELIMITERS]
    edit = Edit(LineIndex(TEXT).span(tokens[first].start, tokens[last].end), " ")
    assert bool(losses(TEXT, apply_edits(TEXT, [edit]), FINDING)) == bool(gone)
