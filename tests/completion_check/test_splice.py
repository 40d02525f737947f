"""The document with a candidate in it, where blocks are still open: closed behind the hole, by what the text lacks."""

from __future__ import annotations

import pytest
from completion_holes import hole, snapshot

from signoff.completion.splice import Splice
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.text import line_index

OPEN = "module m;\n  always @* begin\n    case (s)\n      |\n  wire late;\n"


def splice(marked: str, language: str = "verilog") -> Splice:
    return Splice(snapshot(marked, language)[0], hole(marked, language))


@pytest.mark.parametrize(
    ("text", "closers"),
    [
        ("", "\nendcase\nend\nendmodule"),
        ("0: x = 1; // begin", "\nendcase\nend\nendmodule"),
        ("0: begin x = 1; end", "\nendcase\nend\nendmodule"),
        ("0: x = 1;\n    endcase", "\nend\nendmodule"),
        ("0: x = 1;\n    endcase\n  end\nendmodule", ""),
    ],
)
def test_it_is_closed_by_what_the_text_does_not_bring(text: str, closers: str) -> None:
    before, _, after = OPEN.partition("|")
    assert splice(OPEN).with_text(text).text == before + text + closers + after


def test_brackets_and_whole_documents_and_the_midst_of_a_line_are_left_alone() -> None:
    for marked in ("module m;\n  |\nendmodule\n", "module m;\n  x = f(|) + 1;\n"):
        assert splice(marked).with_text("").text == marked.replace("|", "")
    assert splice("int f() {\n  g(|\n", "c").with_text("a);").text == "int f() {\n  g(a);\n}\n"


@pytest.mark.parametrize("text", ["0: x = 1;", "0: x = 1;\n    endcase", "0: x = 1;\n    endcase\n  end\nendmodule"])
def test_what_was_found_behind_the_hole_is_not_new_wherever_it_moves(text: str) -> None:
    one = splice(OPEN)

    def said(document: str) -> Outcome:
        start = document.index("late")
        span = line_index(document).span(start, start + 4)
        return Outcome("tool", (Finding("/m.v", span, Severity.ERROR, "E", "late", "tool"),))

    before, after = said(one.snapshot.text), said(one.with_text(text).text)
    assert one.new(before, after, text) == ()
    assert one.new(Outcome("tool"), after, text) == after.findings
