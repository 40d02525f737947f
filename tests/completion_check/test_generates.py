"""Generate conditions around a place, by the text: which must hold and which must not; nothing else counts as one."""

from __future__ import annotations

import pytest

from signoff.completion.generates import LONGEST, enclosing, met

HEAD = "module m #(parameter A = 0)(input clk, input x);\n"
OTHERS = """  always @(posedge clk) if (x) begin y <= 1; end else begin y <= 0; end
  initial if (x) y = 0; else if (A) y = 1;
  function f(input x); if (x) begin f = 1; end else f = 0; endfunction
  // if (COMMENT) begin
"""


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("if (A) begin : g\n  ¦", ["A true"]),
        ("generate\n  if (A > f(2)) begin\n    wire w;\n    ¦", ["A > f(2) true"]),
        ("if (A) begin end else begin\n  ¦", ["A false"]),
        ("if (A) assign y = 1; else ¦", ["A false"]),
        ("if (A) begin end else if (B[3:0] == (2)) begin end else if (C) begin\n¦", [
            "A false", "B[3:0] == (2) false", "C true",
        ]),
        ("if (A)\n  ¦", ["A true"]),
        ("if (A) begin if (B) begin end ¦", ["A true"]),
        ("if (A) begin for (i = 0; i < 4; i = i + 1) begin : l\n if (i == 1) begin ¦", ["A true", "i == 1 true"]),
        ("if (A) begin always @(posedge clk) begin if (x) ¦", ["A true"]),
        ("if (A) begin\n always @* case (x) 0: if (x) ¦", ["A true"]),
        ("if (A) begin end\n¦", []),
        ("if (A) assign y = 1;\n¦", []),
        ("always @* if (x) begin ¦", []),
        ("always @* if (x) y = 1; else ¦", []),
        ("function g(input x); if (x) begin ¦", []),
        ("if (A) begin end endmodule\nmodule n;\n¦", []),
        ("if (0) begin\n  ¦", []),
        ("if (1) begin end else begin\n  ¦", []),
        ("if (1'b1) begin\n  ¦", ["1'b1 true"]),
        ("if (A ¦", []),
        ("if ¦", []),
        ("if () begin ¦", []),
        ("end end else ) begin ¦", []),
    ],
)  # fmt: skip
@pytest.mark.parametrize("before", ["", OTHERS])
def test_only_generate_conditions_around_the_place_are_found(text: str, words: list[str], before: str) -> None:
    assert [one.word for one in enclosing((HEAD + before + text).partition("¦")[0])] == words


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
def test_they_are_met_without_anything_moving(newline: str) -> None:
    text = f"{HEAD}if (A > {newline}  (2)) begin end{newline}else if (B) begin : b // 🔧{newline}  ".replace(
        "\n", newline
    )
    changed = met(text, enclosing(text))
    assert len(changed) == len(text)
    assert [len(line) for line in changed.split("\n")] == [len(line) for line in text.split("\n")]
    assert "".join(changed.split()) == "".join(
        text.replace("(A >", "(0").replace("  (2))", ")").replace("(B)", "(1)").split()
    )


def test_a_module_that_is_too_long_is_left_alone() -> None:
    assert enclosing(f"{HEAD}if (A) begin\n{' ' * LONGEST}") == ()
    assert enclosing(f"{HEAD}{' ' * LONGEST}endmodule\n{HEAD}if (A) begin\n") != ()
