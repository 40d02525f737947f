"""Whether a text is finished, asked piece by piece as it comes, is what it is when asked of the whole at once."""

from __future__ import annotations

import random

import pytest
from completion_holes import hole as hole_at_bar

from signoff.completion import candidates
from signoff.completion.extent import unfinished

PLACES = [
    ("module m(input a, b, output y);\n  assign y = |;\nendmodule\n", "verilog"),
    ("module m(input c);\n  always @(posedge c) begin\n    |\n  end\nendmodule\n", "verilog"),
    ("module m(input c);\n  always @(posedge c)\n    |\n  assign y = 1;\nendmodule\n", "verilog"),
    ("int f(int a) {\n    if (a) {\n        |\n    }\n    return 1;\n}\n", "c"),
    ("def f(a):\n    b = a\n    |\n    return b\n", "python"),
    ("x = f(|)\n", "python"),
]
WORDS = (
    "\n", "\n    ", "\n\n", "end", "endcase", "endmodule", "begin", "else", "join", "join_any", ";", ")", "}", "{", "(",
    "[", "]", "<", "<=", "<|fim_pad|>", " <MID>", "```", "```verilog\n", "`if A\n", "`endif\n", "#if A\n", "#endif\n",
    "x", "ab ", "ab ab ab ab ab ab ab ", "x = 1;\n", "    x = 1;\n    x = 1;\n    x = 1;\n", "// c\n", "/*", "*/", '"',
    "case (x)", "if (a)", "return b\n", "assign y = 1;\n", "é", "\r\n", "  ", "Sure, here is the code\n", "def f():\n",
)  # fmt: skip


@pytest.mark.parametrize("place", PLACES, ids=[text for text, _ in PLACES])
def test_pieces_say_the_same_as_the_whole(place: tuple[str, str]) -> None:
    chance, ended, hole = random.Random(1), 0, hole_at_bar(*place)
    for _ in range(150):
        text = "".join(chance.choice(WORDS) for _ in range(chance.randrange(1, 14)))
        ending, at, reached = candidates.Ending(hole), 0, False
        while at < len(text) and not reached:
            at = min(at + chance.randrange(1, 7), len(text))
            reached = ending.reached(text[:at])
            assert reached == candidates.finished(text[:at], hole), text[:at]
        ended += reached
    assert ended > 20


@pytest.mark.parametrize(
    ("before", "text", "open_end"),
    [
        ("", "#include <stdio.h>", False),
        ("# inc", "lude <a/b.h>", False),
        ("int a = b ", "#x >", True),
        ("", "a >", True),
    ],
)
def test_an_include_is_whole(before: str, text: str, open_end: bool) -> None:
    assert unfinished(text, hole_at_bar(f"{before}|", "c")) is open_end
