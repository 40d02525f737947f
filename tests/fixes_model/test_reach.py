"""What a model may not do though the tools and the guards let it; the first three were real answers of a 0.5B model."""

from __future__ import annotations

import pytest
from model_fakes import PATH, fault

from signoff.diagnostics.fixes.model.ground import Piece
from signoff.diagnostics.fixes.model.reach import overreach
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.text import LineIndex

TEXT = """module imm (input [8:0] imm19, input [4:0] imm11, input w, clk, output [4:0] rd, output csr, output reg q);
    assign rd = imm11;
    assign csr = w ? imm19[4] : 2'b02;
    always @(posedge clk) begin
        if (w <= imm19) qq <= w;
        {q, csr} <= imm11 + 1;
    end
endmodule
"""


def said(old: str, new: str, message: str, under: str = "") -> str:
    start = TEXT.index(under or old)
    span = LineIndex(TEXT).span(start, start + len(under or old))
    finding = Finding(PATH, span, Severity.ERROR, "Code", message, "slang")
    at = TEXT.index(old)
    return overreach(fault(TEXT, finding), [Piece(at, at + len(old), new)])


@pytest.mark.parametrize(
    ("old", "new", "message", "reason"),
    [
        ("rd = imm11;", "csr = imm19[4];", "Assigning to input/const variable: 'rd'", "no longer assigns 'rd'"),
        ("2'b02", "csr", "expected binary digit", "in place of a number"),
        ("{q, csr} <=", "{q, w} <=", "cannot assign to 'csr'", "no longer assigns 'csr'"),
        ("imm19[4] :", "w[3] :", "cannot refer to element 4 of 'imm19'", "also replaces '4'"),
        ("q, csr", "w", "no 'w'", "no longer assigns 'q'"),
    ],
)
def test_what_reaches_too_far(old: str, new: str, message: str, reason: str) -> None:
    assert reason in said(old, new, message)


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("qq <= w", "q <= w", "use of undeclared identifier 'qq'"),
        ("2'b02", "2'b10", "expected binary digit"),
        ("imm19[4]", "imm19[3]", "cannot refer to element 4 of 'imm19'"),
        ("imm11;", "imm11[4:0];", "widths differ"),
        ("w <= imm19", "w < imm19", "use of '<='"),
        ("q, csr", "q, rd[0], csr", "widths differ"),
        ("", ";", "expected ';'"),
    ],
)
def test_what_does_not(old: str, new: str, message: str) -> None:
    assert said(old, new, message, under=old or "assign") == ""
