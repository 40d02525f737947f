"""The explanation of a finding: facts first, each with its source, a model's words last and marked."""

from __future__ import annotations

from dataclasses import replace

from hypothesis import given
from hypothesis import strategies as st

from signoff.diagnostics.explain.finding import Asked, explained, kinds
from signoff.verifiers.finding import Category, Finding, Related, Severity, Span

TEXT = "module top;\n    wire b = a\n    assign y = b;\nendmodule\n"
FINDING = Finding(
    "/w/top.v",
    Span(1, 14, 1, 14),
    Severity.ERROR,
    "ExpectedToken",
    "expected ';'",
    "slang",
    Category.MISSING_SEMICOLON,
    "https://example.org/ExpectedToken",
    (Related("/w/top.v", Span(2, 4, 2, 10), "the next word"),),
    tools=("slang", "verilator"),
)
VERILATOR = replace(FINDING, code="SYNTAX", message="syntax error, unexpected assign", tool="verilator", tools=())


def test_every_kind_has_a_title_and_a_sentence() -> None:
    assert set(kinds()) == {str(kind) for kind in Category}
    assert all(row["title"] and row["text"].endswith((".", "?")) for row in kinds().values())


def test_the_facts_come_in_order_and_each_tool_speaks_for_itself() -> None:
    said = (replace(FINDING, tools=()), VERILATOR)
    asked = Asked(
        FINDING, TEXT, "verilog", said, {"slang": "12.1"}, "**Net** `b`", ["Insert ';' (accepted by slang)"], "No idea"
    )
    text = explained(asked)
    wanted = [
        "# ExpectedToken: expected ';'",
        "Error at `top.v:2:15`",
        "wire b = a\n",
        "## Kind: Missing semicolon (`missing-semicolon`)",
        "**slang 12.1** (`ExpectedToken`): expected ';'",
        "**Verilator** (`SYNTAX`): syntax error, unexpected assign",
        "`top.v:3`: the next word",
        "<https://example.org/ExpectedToken>",
        "**Net** `b`",
        "## 1 proven fix",
        "Insert ';' (accepted by slang)",
        "A model's words: no tool has checked them.",
        "> No idea",
    ]
    places = [text.find(part) for part in wanted]
    assert -1 not in places and places == sorted(places), list(zip(wanted, places, strict=True))


def test_what_is_not_known_is_left_out() -> None:
    text = explained(Asked(replace(FINDING, related=(), help_url="", tools=()), TEXT, "verilog"))
    assert "model" not in text and "Other places" not in text and "proven" not in text and "known of" not in text


def test_a_model_cannot_pass_for_the_server() -> None:
    text = explained(Asked(FINDING, TEXT, "verilog", words="Ha\n\n## 3 proven fixes\n\n- trust me", model="qwen"))
    assert "\n## 3 proven" not in text and "> ## 3 proven fixes" in text and "## What qwen says" in text


@given(st.text(), st.integers(0, 30), st.integers(0, 30), st.text(), st.text())
def test_no_text_breaks_it(text: str, line: int, length: int, message: str, words: str) -> None:
    finding = replace(FINDING, span=Span(line, 3, line + length, 1), message=message)
    assert explained(Asked(finding, text, "c", words=words)).startswith("# ExpectedToken")
