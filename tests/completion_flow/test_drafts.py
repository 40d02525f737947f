"""What of a text in the making may be shown already: whole statements, and never half a one."""

from __future__ import annotations

import pytest
from completion_holes import hole

from signoff.completion.model.protocol import Piece
from signoff.completion.stream import Drafts


@pytest.mark.parametrize(
    ("language", "text", "shown"),
    [
        ("python", "p_k", ""),
        ("python", "x = load(", ""),
        ("python", "x = 1\n    y", "x = 1"),
        ("python", "if x:\n        y = 1\n    z", "if x:\n        y = 1"),
        ("c", "x = 1; y", "x = 1;"),
        ("c", "x", ""),
        ("verilog", "x <= 1;\n  if (y", "x <= 1;"),
    ],
)
def test_only_whole_statements(language: str, text: str, shown: str) -> None:
    around = {
        "python": "def f():\n    |\n",
        "c": "void f() {\n  |\n}\n",
        "verilog": "always @(posedge c) begin\n  |\nend\n",
    }
    drafts = Drafts(hole(around[language], language))
    drafts.take(Piece(text))
    assert drafts.statements() == shown
