"""From raw model text to a candidate."""

import pytest
from completion_holes import hole
from hypothesis import given
from hypothesis import strategies as st

from signoff.completion import candidates

BLOCK = "module m(input clk, d, output reg q);\n  always @(posedge clk) begin\n    |\n  end\nendmodule\n"
LINE = "module m(input a, b, output y);\n  assign y = |;\nendmodule\n"
OPEN = "module m(input a, b, output y);\n  assign y = a;\n|"
FOLLOWED = "module m;\n  wire a;\n  |\n  assign y = a & b;\nendmodule\n"
CUDA = "__global__ void f(float *x) {\n  int i = threadIdx.x;\n  |\n}\n"
ELSE = "module m;\n  always @(posedge clk)\n    if (rst)\n      q <= 0;\n    else // count\n      |\nendmodule\n"
SHORT_IF = "if (a) q <= 1;\nelse q <= 2;"
IF = "if (d) begin\n q <= 1;\nend"
UNINDENTED = "module m;\n|\nendmodule\n"

CASES = [
    ("stops where it leaves its block", BLOCK, "q <= d;\n  end\nendmodule\n", "q <= d;"),
    ("does not doubly indent", BLOCK, "    q <= d;", "q <= d;"),
    ("does not indent more than the line is", BLOCK, "\n        q <= d;", "q <= d;"),
    ("keeps the indentation of later lines", BLOCK, "q <= d;\n    d <= q;", "q <= d;\n    d <= q;"),
    ("keeps indentation where the line has none", UNINDENTED, "    wire a;", "    wire a;"),
    ("takes the code out of fences", BLOCK, "```verilog\nq <= d;\n```\nThis sets q.", "q <= d;"),
    ("ends at a special token", BLOCK, "q <= d;<|fim_pad|>module", "q <= d;"),
    ("ends at another family's token", BLOCK, "q <= d;<fim_prefix>module", "q <= d;"),
    ("ends after one whole block", BLOCK, f"{IF}\nx <= 2;", IF),
    ("keeps the else of a block", BLOCK, f"{IF} else begin\n q <= 0;\nend\nx", f"{IF} else begin\n q <= 0;\nend"),
    ("ends at a blank line outside of blocks", BLOCK, "q <= d;\n\n\n// more\nx <= 1;", "q <= d;"),
    ("ends where it begins to loop", BLOCK, "a <= 1;\nb <= 1;\nb <= 1;\nb <= 1;\nb <= 1;", "a <= 1;\nb <= 1;"),
    ("drops what is only a comment", BLOCK, "// set q here\n", ""),
    ("drops blanks", BLOCK, "  \n \n", ""),
    ("has one line where one is wanted", LINE, "a & b\n  assign z = a", "a & b"),
    ("drops what the suffix has", LINE, "a & b;", "a & b"),
    ("drops the line begun anew", LINE, "assign y = a | b;", "a | b"),
    ("may add the closer that the document lacks", OPEN, "endmodule\n\nmodule n;\nendmodule", "endmodule"),
    ("stops before the line that follows", FOLLOWED, "wire b;\n  assign y = a & b;\nendmodule", "wire b;"),
    ("closes no brace that is there", CUDA, "x[i] = 0;\n}\n\nint main() {", "x[i] = 0;"),
    ("is one statement after else", ELSE, "q <= q + 1;\n      r <= 1;", "q <= q + 1;"),
    ("is one block after else", ELSE, f"{IF}\nr <= 1;", IF),
    ("is one if with its else after else", ELSE, f"{SHORT_IF}\nr <= 1;", SHORT_IF),
    ("counts brackets in strings as text", BLOCK, '$display(")end");\n  end', '$display(")end");'),
]  # fmt: skip


@pytest.mark.parametrize(("text", "raw", "expected"), [case[1:] for case in CASES], ids=[case[0] for case in CASES])
def test_trim(text: str, raw: str, expected: str) -> None:
    assert candidates.trim(raw, hole(text, "cuda-cpp" if text == CUDA else "verilog")) == expected


def test_an_editor_s_own_closers_are_not_doubled() -> None:
    assert candidates.trim("a, b);", hole("  foo u(|)\nendmodule")) == "a, b"
    assert candidates.trim("a, b);", hole("  foo u(|);\nendmodule")) == "a, b"


def test_labels_belong_to_their_block() -> None:
    assert candidates.trim("begin : x\n a = 1;\nend : x\nb = 2;", hole(BLOCK)) == "begin : x\n a = 1;\nend : x"


@pytest.mark.parametrize(
    ("text", "raw", "expected"),
    [
        (LINE, "a & b\n", True),
        (LINE, "a & b", False),
        (BLOCK, "q <= d;\n", False),
        (BLOCK, "q <= d;\n  end\n", True),
        (BLOCK, "if (d) begin\n q <= d;\n end\n x <", True),
        (BLOCK, "if (d) begin\n q <= d;\n end\n el", False),  # may become else
        (BLOCK, "case (d)\n 0: q <= 1;\n end", False),  # may become endcase
        (BLOCK, "q <= d;<|endoftext|>", True),
    ],
)
def test_the_model_is_cut_off_as_soon_as_more_text_changes_nothing(text: str, raw: str, expected: bool) -> None:
    assert candidates.finished(raw, hole(text)) is expected


@given(st.sampled_from([case[1:3] for case in CASES]), st.text("q<=d;\nend begin()x ", max_size=30))
def test_cutting_the_model_off_loses_nothing(case: tuple[str, str], more: str) -> None:
    text, raw = case
    place = hole(text)
    cut = next((raw[:end] for end in range(1, len(raw)) if candidates.finished(raw[:end], place)), None)
    if cut is not None:
        assert candidates.trim(raw + more, place).startswith(candidates.trim(cut, place))


def test_whole_statements() -> None:
    text = "a <= 1;\nif (x) begin\n  b <= 1;\n  c <="
    assert candidates.whole_statements(text, "verilog") == "a <= 1;"
    assert candidates.whole_statements("for (i = 0; i < 3", "verilog") == ""
