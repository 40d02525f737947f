"""What no fix may do: silence a tool, switch code off, hide it, write far more than a fix, or touch other lines."""

from __future__ import annotations

from dataclasses import replace

import pytest
from fix_helpers import finding_at

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.restraint import GROWTH, NEAR, breaches
from signoff.verifiers.finding import Finding, Related
from signoff.verifiers.text import LineIndex

HDL = "module top (input clk, input a, input d, output reg q, output y);\n    wire b = a\n    assign y = b;\n" + (
    "    // so many lines that what follows is far away\n" * (2 * NEAR)
    + "    always @(posedge clk) q <= d;\nendmodule\n"
)
C = "void f(int *p)\n{\n    int n = *p\n    use(n);\n}\n"
PYTHON = "def f(a):\n    b = a +\n    return b\n"
TEXTS = {"verilog": HDL, "c": C, "cuda-cpp": C, "python": PYTHON}
WORDS = {"verilog": "= a\n", "c": "= *p\n", "cuda-cpp": "= *p\n", "python": "a +\n"}


def said(language: str, old: str, new: str, finding: Finding | None = None) -> tuple[str, ...]:
    text = TEXTS[language]
    assert old in text
    target = finding or finding_at(text, WORDS[language], "ExpectedToken", "expected ';'")
    return breaches(text, text.replace(old, new, 1), FixCandidate("", (), "test", target), language)


CHEATS = [
    ("verilog", "wire b = a", "/* verilator lint_off WIDTH */ wire b = a;"),
    ("verilog", "wire b = a", "wire b = a; // synthesis translate_off"),
    ("verilog", "wire b = a", "(* parallel_case *) wire b = a;"),
    ("verilog", "    wire b = a", "    if (0) begin wire b = a; end"),
    ("verilog", "    wire b = a", "    if (1'b0 && 1) wire b = a;"),
    ("verilog", "    wire b = a", "    while (1'h0) wire b = a;"),
    ("verilog", "    wire b = a", "    initial wire b = a;"),
    ("verilog", "    wire b = a", "    function f; wire b = a; endfunction"),
    ("verilog", "    wire b = a", "    module unused; wire b = a; endmodule"),
    ("verilog", "    wire b = a", "    wire b = a & 1'b0;"),
    ("c", "int n = *p", "#pragma GCC diagnostic ignored\n    int n = *p;"),
    ("c", "int n = *p", "int n = *p; /* NOLINT */"),
    ("c", "int n = *p", "int n = *p; (void)n;"),
    ("c", "int n = *p", "int n __attribute__((unused)) = *p;"),
    ("c", "int n = *p", "if (0) { int n = *p; }"),
    ("c", "int n = *p", "for (;0;) { int n = *p; }"),
    ("c", "int n = *p", "switch (0) { int n = *p; }"),
    ("c", "int n = *p", "goto end; int n = *p;"),
    ("cuda-cpp", "int n = *p", "auto g = [&]() { int n = *p; };"),
    ("cuda-cpp", "int n = *p", "if (false) { int n = *p; }"),
    ("cuda-cpp", "int n = *p", "struct never { int n = *p; };"),
    ("python", "b = a +", "b = a + 1  # type: ignore"),
    ("python", "    b = a +", "    if False:\n        b = a + 1"),
    ("python", "    b = a +", "    lambda: a + 1"),
]


@pytest.mark.parametrize(("language", "old", "new"), CHEATS)
def test_a_cheat_is_seen(language: str, old: str, new: str) -> None:
    assert said(language, old, new)


HONEST = [
    ("verilog", "= a\n", "= a;\n"),
    ("verilog", "assign y = b;", "assign y = b ? 1'b0 : a;"),
    ("verilog", "wire b = a", "reg b;\n    always @(*) if (a) b = 1'b0; else b = 1'b1; // plain words"),
    ("verilog", "output y", "output wire y"),
    ("c", "int n = *p", "int n = *p;"),
    ("c", "int n = *p", "if (p == 0) return;\n    int n = *p;"),
    ("c", "int n = *p", "for (int i = 0; i < 4; ++i) { }\n    int n = *p & 0xFF;"),
    ("cuda-cpp", "int n = *p", "int table[] = {0}; int n = p[0];"),
    ("python", "a +\n", "a + 1\n"),
]


@pytest.mark.parametrize(("language", "old", "new"), HONEST)
def test_an_honest_edit_is_let_through(language: str, old: str, new: str) -> None:
    assert said(language, old, new) == ()


def test_what_was_misspelt_may_be_written_right() -> None:
    text = HDL.replace("module top", "modul top", 1)
    finding = finding_at(text, "modul", "ExpectedMember", "expected a member")
    assert breaches(text, HDL, FixCandidate("", (), "test", finding), "verilog") == ()


def test_a_far_line_is_touched_only_where_the_finding_names_what_is_on_it() -> None:
    assert said("verilog", "q <= d", "q <= ~d")
    named = finding_at(HDL, "= a\n", "Unused", "'q' is never read")
    assert said("verilog", "q <= d", "q <= ~d", named) == ()
    place = LineIndex(HDL).span(HDL.index("q <= d"), HDL.index("q <= d") + 1)
    noted = replace(finding_at(HDL, "= a\n", "X"), related=(Related("/design/top.v", place, "here"),))
    assert said("verilog", "q <= d", "q <= ~d", noted) == ()
    assert said("verilog", "q <= d;", "q <= d; ;") == (), "what only delimits may stand anywhere"


def test_what_brings_in_a_name_stands_where_a_file_begins() -> None:
    text = "int a;\n" * (2 * NEAR) + C
    finding = finding_at(text, "use(n)", "implicit-function-declaration", "implicit declaration of function 'use'")
    for line, refused in (
        ('#include "use.h"\n', False),
        ("int unrelated;\n", True),
        ('#include "use.h"\nint z;\n', True),
    ):
        assert bool(breaches(text, line + text, FixCandidate("", (), "test", finding), "c")) is refused


@pytest.mark.parametrize("language", TEXTS)
def test_a_megabyte_is_refused_by_its_size_alone(language: str) -> None:
    assert said(language, WORDS[language], "x " * 500_000)[0].startswith("adds ")
    assert not said("verilog", "= a\n", "= a;" + " " * (GROWTH // 2) + "\n")


@pytest.mark.parametrize(
    "after", ["", "Sure! Here is the code:\n```verilog\nmodule top; endmodule\n```", "\ud800", "\r\r\n"]
)
def test_any_text_has_an_answer(after: str) -> None:
    finding = finding_at(HDL, "= a\n", "ExpectedToken", "expected ';'")
    for language in TEXTS:
        assert isinstance(breaches(HDL, after, FixCandidate("", (), "test", finding), language), tuple)
        assert isinstance(breaches("", after, FixCandidate("", (), "test", finding), language), tuple)
