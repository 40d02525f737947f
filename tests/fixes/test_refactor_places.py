"""Where each refactoring of Verilog applies, what it writes there, and where it has nothing to say: no tool runs."""

from __future__ import annotations

import pytest
from fix_helpers import document

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.prove import spliced
from signoff.diagnostics.refactor.refactorings import REFACTORINGS
from signoff.diagnostics.refactor.site import Site
from signoff.verifiers.finding import Category, Finding, Outcome, Severity, Span
from signoff.verifiers.text import Edit, apply_edits

PATH = "/design/top.sv"
HEAD = "module top (input logic clk, rst_n, en, input logic [7:0] d, output logic [7:0] q, r);\n"


def proposed(name: str, text: str, asked: Span | None = None) -> list[FixCandidate]:
    snapshot, project = document(text, PATH)
    chosen = next(one for one in REFACTORINGS if one.name == name)
    return list(chosen.propose(Site(snapshot, project, asked)))


def changed(name: str, body: str) -> list[str]:
    """The body after each candidate by itself."""
    text = f"{HEAD}{body}endmodule\n"
    return [apply_edits(text, one.edits)[len(HEAD) : -len("endmodule\n")] for one in proposed(name, text)]


CLOCKED = """    always @(posedge clk) begin
        q = d;
        if (en) r = q0 + 1;
    end
"""
CHANGES = {
    "all registers of a process": ("nonblocking", CLOCKED, CLOCKED.replace(" = ", " <= ")),
    "not an intermediate value": (
        "nonblocking",
        "    always @(posedge clk) begin\n        q = d + 1;\n        r = q;\n    end\n",
        "    always @(posedge clk) begin\n        q = d + 1;\n        r <= q;\n    end\n",
    ),
    "not the steps of a loop": (
        "nonblocking",
        "    always @(posedge clk) for (i = 0; i < 8; i = i + 1) q[i] = d[7 - i];\n",
        "    always @(posedge clk) for (i = 0; i < 8; i = i + 1) q[i] <= d[7 - i];\n",
    ),
    "a process with one edge": (
        "always",
        "    always @(posedge clk) q <= d;\n",
        "    always_ff @(posedge clk) q <= d;\n",
    ),
    "a process with two edges": (
        "always",
        "    always @(posedge clk or negedge rst_n) if (!rst_n) q <= 0; else q <= d;\n",
        "    always_ff @(posedge clk or negedge rst_n) if (!rst_n) q <= 0; else q <= d;\n",
    ),
    "a star": ("always", "    always @* q = d;\n", "    always_comb q = d;\n"),
    "a star in brackets": ("always", "    always @ ( * ) begin q = d; end\n", "    always_comb begin q = d; end\n"),
    "a list": ("always", "    always @(d or en) q = en ? d : 0;\n", "    always_comb q = en ? d : 0;\n"),
    "a register that is not reset": (
        "reset",
        "    always_ff @(posedge clk or negedge rst_n)\n        if (!rst_n) begin\n            q <= 0; // zero\n"
        "        end else begin\n            q <= d;\n            r <= q;\n        end\n",
        "    always_ff @(posedge clk or negedge rst_n)\n        if (!rst_n) begin\n            q <= 0; // zero\n"
        "            r <= '0;\n        end else begin\n            q <= d;\n            r <= q;\n        end\n",
    ),
    "a reset branch of one statement": (
        "reset",
        "    always_ff @(posedge clk)\n        if (!rst_n)\n            q <= 0; // zero\n        else begin\n"
        "            q <= d;\n            r <= q;\n        end\n",
        "    always_ff @(posedge clk)\n        if (!rst_n) begin\n            q <= 0; // zero\n            r <= '0;\n"
        "        end\n        else begin\n            q <= d;\n            r <= q;\n        end\n",
    ),
    "a reset at the end": (
        "reset",
        "    always_ff @(posedge clk) begin\n        q <= d;\n        if (en) r <= q;\n        if (!rst_n) begin\n"
        "            q <= 0;\n        end\n    end\n",
        "    always_ff @(posedge clk) begin\n        q <= d;\n        if (en) r <= q;\n        if (!rst_n) begin\n"
        "            q <= 0;\n            r <= '0;\n        end\n    end\n",
    ),
    "a reset branch in a line": (
        "reset",
        "    always_ff @(posedge clk) if (!rst_n) q <= 0; else begin q <= d; r <= q; end\n",
        "    always_ff @(posedge clk) if (!rst_n) begin q <= 0; r <= '0; end else begin q <= d; r <= q; end\n",
    ),
}


@pytest.mark.parametrize("case", CHANGES)
def test_what_is_written(case: str) -> None:
    name, before, after = CHANGES[case]
    assert changed(name, before) == [after]


NOTHING = {
    "blocking in a combinational process": ("nonblocking", "    always @* q = d;\n"),
    "blocking and non-blocking": ("nonblocking", "    always @(posedge clk) begin q = d; q <= en; end\n"),
    "a local variable": ("nonblocking", "    always @(posedge clk) begin\n        int t;\n        t = d;\n    end\n"),
    "a process without event control": ("always", "    always #5 q = ~q;\n"),
    "an edge and a level": ("always", "    always @(posedge clk or en) q <= d;\n"),
    "a process that waits": ("always", "    always @(posedge clk) begin q <= d; @(negedge clk) r <= d; end\n"),
    "a process that says what it is": ("always", "    always_ff @(posedge clk) q <= d;\n"),
    "everything is reset": ("reset", "    always @(posedge clk) if (!rst_n) q <= 0; else q <= d;\n"),
    "no reset but an enable": ("reset", "    always @(posedge clk) if (en) q <= 0; else r <= d;\n"),
    "a memory": (
        "reset",
        "    logic [7:0] m [4];\n    always @(posedge clk) if (!rst_n) q <= 0; else m[d] <= q;\n",
    ),
    "a type with a name": (
        "reset",
        "    state_t s;\n    always @(posedge clk) if (!rst_n) q <= 0; else begin q <= d; s <= next; end\n",
    ),
    "the rest asks for the reset itself": (
        "reset",
        "    always @(posedge clk) begin if (en | ~rst_n) r <= ~rst_n; if (!rst_n) q <= 0; end\n",
    ),
    "no other branch": ("reset", "    always @(posedge clk) begin if (!rst_n) q <= 0; r <= d; end\n"),
}


@pytest.mark.parametrize("case", NOTHING)
def test_where_there_is_nothing_to_do(case: str) -> None:
    name, body = NOTHING[case]
    assert changed(name, body) == []


def test_only_what_is_asked_for() -> None:
    text = HEAD + "    always @* q = d;\n\n    always @* r = d;\nendmodule\n"
    assert len(proposed("always", text)) == 2
    for line, edited in ((1, 1), (3, 3)):
        (one,) = proposed("always", text, Span(line, 4, line, 4))
        assert one.edits[0].span.start_line == edited
    assert proposed("always", text, Span(2, 0, 2, 0)) == []


def test_a_list_that_lacks_something_is_told() -> None:
    text = HEAD + "    always @(en) q = en ? d : 0;\nendmodule\n"
    snapshot, project = document(text, PATH)
    lacks = Finding(PATH, Span(1, 4, 1, 10), Severity.WARNING, "IncompleteSensitivityList", "'d' is missing", "signoff")
    known = {"slang": Outcome("slang", findings=(lacks,))}
    chosen = next(one for one in REFACTORINGS if one.name == "always")
    (one,) = chosen.propose(Site(snapshot, project, None, known))
    assert one.behaviour and one.keeps


def test_each_carries_its_kind() -> None:
    kinds = {
        "nonblocking": Category.BLOCKING,
        "always": Category.SENSITIVITY_LIST,
        "reset": Category.RESET,
    }
    bodies = {
        "nonblocking": CLOCKED,
        "always": "    always @* q = d;\n",
        "reset": "    always @(posedge clk) if (!rst_n) q <= 0; else begin q <= d; r <= q; end\n",
    }
    for name, kind in kinds.items():
        (one,) = proposed(name, f"{HEAD}{bodies[name]}endmodule\n")
        assert (one.finding.category, one.finding.code) == (kind, f"refactor.{name}")


@pytest.mark.parametrize("name", [one.name for one in REFACTORINGS])
def test_any_text_is_borne(name: str) -> None:
    """Half-typed text, CRLF, astral characters, nothing at all: no candidate falls outside the text."""
    whole = HEAD + CLOCKED + "    always_ff @(posedge clk) if (!rst_n) q <= 0; else r <= d; // \U0001f600\nendmodule\n"
    texts = [whole[:end] for end in range(0, len(whole), 7)] + [
        whole.replace("\n", "\r\n"),
        "",
        "always",
        "always @",
        "(",
    ]
    for text in texts:
        snapshot, project = document(text, PATH)
        for one in proposed(name, text):
            mended = apply_edits(text, one.edits)
            assert spliced(snapshot, project, mended)[0].text == mended
            assert all(isinstance(edit, Edit) for edit in one.edits)


def test_line_ends_are_kept() -> None:
    body = CHANGES["a register that is not reset"][1].replace("\n", "\r\n")
    (after,) = changed("reset", body)
    assert "\n" not in after.replace("\r\n", "")
