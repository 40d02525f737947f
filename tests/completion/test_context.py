"""The hole: what a place asks for."""

import pytest
from completion_holes import hole, snapshot

from signoff.completion.context import hole_at


@pytest.mark.parametrize(
    ("text", "block"),
    [
        ("module m;\n  |\nendmodule", True),
        ("module m;\n  assign y = |\nendmodule", True),
        ("module m;\n  assign y = |;\nendmodule", False),
        ("always @(posedge clk) begin|\nend", True),
        ("always @(posedge clk) begin : count|\nend", True),
        ("always @*|\n", True),
        ("  if (rst)|\n", True),
        ("  counter u(|\n", True),
        ("  q <= d;|\n", False),
    ],
)
def test_a_block_is_asked_for_where_a_new_line_is_meant(text: str, block: bool) -> None:
    assert hole(text).block is block


@pytest.mark.parametrize("text", ["// a no|te\n", "/* a |\n*/", '$display("a|");', "wire a; //|"])
def test_no_hole_in_a_comment_or_a_string(text: str) -> None:
    assert hole_at(*snapshot(text)) is None


@pytest.mark.parametrize("text", ["wire a; |// note", '$display("a"|);', "/* note */|", "x = 4'b0|;"])
def test_a_hole_beside_a_comment_or_a_string(text: str) -> None:
    assert hole_at(*snapshot(text)) is not None


def test_missing_closers() -> None:
    assert hole("module m;\n  initial begin\n    |\n").missing == ("end", "endmodule")
    assert hole("module m;\n  initial begin\n    |\n  end\nendmodule").missing == ()


def test_a_comment_behind_the_cursor_does_not_hold_a_statement_to_its_line() -> None:
    place = hole("void f(void) {\n  x = |  /* why */\n}\n", "c")
    assert (place.block, place.statement) == (True, True)
    assert not hole("void f(void) {\n  x = |; /* why */\n}\n", "c").block
