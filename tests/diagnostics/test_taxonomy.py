"""What a code means, and that the table knows no code that the tools do not have."""

from __future__ import annotations

from fnmatch import fnmatchcase

import pytest

from signoff.diagnostics.taxonomy import NameTable, classify, is_syntax, quoted_names, taxonomy
from signoff.verifiers.finding import GPU_CATEGORIES, MCU_CATEGORIES, Category, Finding, Severity, Span

UNSEEN = {Category.ALGORITHM, Category.GATE_LOGIC}


def said(tool: str, code: str, message: str) -> Finding:
    return Finding("/w/a.v", Span(0, 0, 0, 1), Severity.ERROR, code, message, tool)


@pytest.mark.parametrize(
    ("tool", "code", "message", "category"),
    [
        ("slang", "ExpectedToken", "expected ';'", Category.MISSING_SEMICOLON),
        ("slang", "ExpectedToken", "expected 'endmodule'", Category.MISSING_END),
        ("slang", "ExpectedToken", "expected ')'", Category.MISSING_BRACKET),
        ("slang", "ExpectedToken", "expected 'property'", Category.OTHER),
        ("slang", "UnexpectedEndDelim", "unexpected 'endgenerate' delimiter", Category.MISSING_END),
        ("slang", "UnexpectedEndDelim", "unexpected 'end' delimiter", Category.OTHER),
        ("slang", "UnexpectedEndDelim", "unexpected ')' delimiter", Category.MISSING_BRACKET),
        ("slang", "UndeclaredIdentifier", "use of undeclared identifier 'asign'", Category.ILLEGAL_KEYWORD),
        ("slang", "UndeclaredIdentifier", "use of undeclared identifier 'esle'", Category.ILLEGAL_KEYWORD),
        ("slang", "UndeclaredIdentifier", "use of undeclared identifier 'data'", Category.TYPE),
        ("slang", "BadHexDigit", "expected hexadecimal digit", Category.INVALID_LITERAL),
        ("slang", "MultipleDrivers", "'q' is driven by two blocks", Category.MULTIPLE_DRIVERS),
        ("slang", "IncompleteSensitivityList", "sensitivity list misses 'b'", Category.SENSITIVITY_LIST),
        ("slang", "NotAllowedInCU", "member not allowed at compilation unit scope", Category.ILLEGAL_KEYWORD),
        ("verilator", "WIDTHTRUNC", "Operator ASSIGNW expects 4 bits", Category.BIT_WIDTH),
        ("verilator", "WIDTHTRUNC", "Value too large for 4 bit number: 99", Category.INVALID_LITERAL),
        ("verilator", "SYNTAX", "syntax error, unexpected wire, expecting ',' or ';'", Category.MISSING_SEMICOLON),
        ("verilator", "SYNTAX", "syntax error, unexpected IDENTIFIER, expecting ']'", Category.MISSING_BRACKET),
        ("verilator", "NOSUCHWARNING", "", Category.OTHER),
        ("yosys", "LatchInferred", "Latch inferred for 'y'", Category.LATCH),
        ("other-tool", "WIDTHTRUNC", "", Category.OTHER),
    ],
)
def test_a_code_means_a_kind_of_fault(tool: str, code: str, message: str, category: Category) -> None:
    assert classify(said(tool, code, message)).category is category


def test_a_verifier_that_knows_better_is_believed() -> None:
    placed = Finding("/w/a.v", Span(0, 0, 0, 1), Severity.ERROR, "WIDTHTRUNC", "", "verilator", category=Category.RESET)
    assert classify(placed) is placed


def test_algorithm_and_gate_logic_are_never_claimed() -> None:
    table = taxonomy()
    claimed = {code for codes in table.codes.values() for name in codes.names() if (code := codes.get(name))}
    claimed |= {message.category for message in table.messages}
    assert claimed.isdisjoint(UNSEEN)
    assert claimed | UNSEEN | {Category.OTHER} | GPU_CATEGORIES | MCU_CATEGORIES == set(Category), (
        "every other kind is within reach of some tool"
    )


@pytest.mark.parametrize("message", ["port 'a' does not exist", "Pin not found: 'a'", "latch for signal `\\a'"])
def test_names_are_found_as_each_tool_quotes_them(message: str) -> None:
    assert quoted_names(message) == {"a"}


def test_exact_names_come_before_patterns() -> None:
    table = NameTable({"wide": ["Bad*"], "narrow": ["BadDigit"]})
    assert (table.get("BadDigit"), table.get("BadWord"), table.get("Good")) == ("narrow", "wide", None)


@pytest.mark.tool
def test_every_slang_code_in_the_table_exists() -> None:
    pyslang = pytest.importorskip("pyslang")
    known = [name for name in dir(pyslang.Diags) if not name.startswith("_")]
    table = taxonomy()
    for names in (table.codes["slang"], table.syntax, table.stumbles):
        for name in names.names():
            assert any(fnmatchcase(code, name) for code in known), f"slang has no {name}"


@pytest.mark.tool
def test_slangs_expected_something_is_always_a_syntax_error() -> None:
    pyslang = pytest.importorskip("pyslang")
    codes = [name for name in dir(pyslang.Diags) if name.startswith(("Expected", "Unexpected"))]
    parser = [code for code in codes if str(getattr(pyslang.Diags, code).getSubsystem()).endswith("Parser")]
    assert len(parser) > 40
    missed = [code for code in parser if not is_syntax(said("slang", code, ""))]
    assert missed == ["UnexpectedLetPortKeyword"]
