"""One fault is one diagnostic: by examples of what the tools say, and by properties of any findings."""

from __future__ import annotations

import random
import time
from dataclasses import replace

from hypothesis import given, settings
from hypothesis import strategies as st

from signoff.diagnostics.merge import FLOOD_CODE, merge, without
from signoff.diagnostics.taxonomy import is_syntax
from signoff.verifiers.finding import Category, Finding, Related, Severity, Span

ERROR, WARNING = Severity.ERROR, Severity.WARNING


def say(
    tool: str, code: str, message: str, line: int, column: int, severity: Severity = ERROR, length: int = 1
) -> Finding:
    return Finding("/w/a.sv", Span(line, column, line, column + length), severity, code, message, tool)


def merged(*findings: Finding, cap: int = 100) -> tuple[Finding, ...]:
    return merge(findings, cap=cap)


def test_the_same_width_said_twice_is_one_with_the_place_of_slang() -> None:
    slang = say("slang", "WidthTruncate", "implicit conversion truncates from 8 to 4 bits", 1, 15, WARNING)
    verilator = say(
        "verilator",
        "WIDTHTRUNC",
        "Operator ASSIGNW expects 4 bits on the Assign RHS, but Assign RHS's VARREF 'a' generates 8 bits.",
        1,
        11,
        WARNING,
    )
    (one,) = merged(verilator, slang)
    assert (one.span, one.code, one.tools) == (slang.span, "WidthTruncate", ("slang", "verilator"))
    assert one.category is Category.BIT_WIDTH


def test_two_widths_on_one_line_stay_two() -> None:
    def verilator(column: int, wide: int) -> Finding:
        message = (
            f"Operator ASSIGN expects 4 bits on the Assign RHS, but Assign RHS's VARREF 'a' generates {wide} bits."
        )
        return say("verilator", "WIDTHTRUNC", message, 1, column, WARNING)

    def slang(column: int, wide: int) -> Finding:
        return say("slang", "WidthTruncate", f"implicit conversion truncates from {wide} to 4 bits", 1, column, WARNING)

    both = merged(slang(10, 8), slang(30, 9), verilator(8, 8), verilator(28, 9))
    assert [one.span.start_column for one in both] == [10, 30]
    assert all(one.tools == ("slang", "verilator") for one in both)
    assert len(merged(slang(10, 8), verilator(28, 9))) == 2, "widths differ: two faults"


def test_truncation_and_expansion_are_two_faults() -> None:
    slang = say("slang", "WidthExpand", "implicit conversion expands from 3 to 4 bits", 1, 9, WARNING)
    verilator = say("verilator", "WIDTHTRUNC", "Operator ADD expects 3 bits, but generates 4 bits.", 1, 9, WARNING)
    assert len(merged(slang, verilator)) == 2


def test_a_syntax_error_that_others_meet_later_is_one() -> None:
    slang = say("slang", "ExpectedToken", "expected ';'", 3, 10)
    verilator = say("verilator", "ERROR", "syntax error, unexpected end", 5, 2)
    yosys = say("yosys", "ERROR", "syntax error, unexpected TOK_END", 5, 0)
    (one,) = merged(yosys, verilator, slang)
    assert one.tools == ("slang", "verilator", "yosys")
    assert (one.span.start_line, one.category) == (3, Category.MISSING_SEMICOLON)


def test_the_nearest_syntax_error_before_is_the_cause() -> None:
    first = say("slang", "ExpectedToken", "expected ';'", 3, 10)
    second = say("slang", "ExpectedToken", "expected ')'", 30, 10)
    both = merged(first, second, say("verilator", "ERROR", "syntax error, unexpected ';'", 30, 11))
    assert [one.tools for one in both] == [("slang",), ("slang", "verilator")]


def test_slangs_own_stumbling_on_one_line_is_one() -> None:
    said = [
        say("slang", "UndeclaredIdentifier", "use of undeclared identifier 'posdge'", 1, 11),
        say("slang", "ExpectedToken", "expected ')'", 1, 17),
        say("slang", "ExpectedDeclarator", "expected a declaration name", 1, 25),
    ]
    (one,) = merged(*said)
    assert (one.code, one.category) == ("UndeclaredIdentifier", Category.ILLEGAL_KEYWORD)


def test_ports_are_told_apart_by_name() -> None:
    said = [
        say("slang", "UnconnectedInputPort", "input port 'a' has no connection", 1, 4, WARNING),
        say("slang", "PortDoesNotExist", "port 'aa' does not exist in 's'", 1, 7),
        say("verilator", "PINMISSING", "Instance has missing pin: 'a'", 1, 4, WARNING),
        say("verilator", "PINMISSING", "Instance has missing pin: 'b'", 1, 4, WARNING),
        say("verilator", "PINNOTFOUND", "Pin not found: 'aa'", 1, 7),
    ]
    assert sorted((one.code, one.tools) for one in merged(*said)) == [
        ("PINMISSING", ("verilator",)),
        ("PortDoesNotExist", ("slang", "verilator")),
        ("UnconnectedInputPort", ("slang", "verilator")),
    ]


def test_a_latch_is_one_wherever_the_tools_point() -> None:
    said = [
        say(
            "slang",
            "InferredLatch",
            "latch inferred for 'b' because it is not assigned on all control paths",
            9,
            22,
            WARNING,
        ),
        say("verilator", "LATCH", "Latch inferred for signal 'b' (not all control paths of ...)", 7, 2, WARNING),
        say("verilator", "LATCH", "Latch inferred for signal 'c' (not all control paths of ...)", 7, 2, WARNING),
        say("yosys", "LatchInferred", "Latch inferred for signal `\\t.\\b' from process", 2, 0, WARNING),
    ]
    assert [(one.span.start_line, one.tools) for one in merged(*said)] == [
        (7, ("verilator",)),
        (9, ("slang", "verilator", "yosys")),
    ]


def test_latches_of_one_name_in_two_modules_join_the_nearest() -> None:
    def slang(line: int) -> Finding:
        return say("slang", "InferredLatch", "latch inferred for 'y' because ...", line, 8, WARNING)

    def verilator(line: int) -> Finding:
        return say("verilator", "LATCH", "Latch inferred for signal 'y' (...)", line, 2, WARNING)

    both = merged(slang(45), verilator(5), verilator(44))
    assert [(one.span.start_line, one.tools) for one in both] == [(5, ("verilator",)), (45, ("slang", "verilator"))]


def test_an_error_without_a_name_joins_the_error_of_its_line() -> None:
    slang = say("slang", "UndeclaredIdentifier", "use of undeclared identifier 'cc'", 2, 13)
    verilator = say("verilator", "ERROR", "Can't find definition of variable: 'cc'", 2, 13)
    (one,) = merged(slang, verilator)
    assert one.tools == ("slang", "verilator")


def test_the_gravest_severity_counts_and_nothing_known_is_lost() -> None:
    slang = say("slang", "IndexOOB", "cannot refer to element 9 of 'logic[7:0]'", 1, 15, WARNING)
    place = Related("/w/b.sv", Span(1, 1, 1, 2), "declared here")
    verilator = Finding(
        slang.path, slang.span, ERROR, "SELRANGE", "out of range", "verilator", help_url="https://h", related=(place,)
    )
    (one,) = merged(slang, verilator)
    assert (one.severity, one.help_url, one.related) == (ERROR, "https://h", (place,))


def test_a_literal_that_one_tool_only_warns_of_is_one_fault() -> None:
    slang = say("slang", "VectorLiteralOverflow", "vector literal too large (4 bits needed)", 2, 21, WARNING)
    verilator = say("verilator", "LITERAL", "Too many digits for 3 bit number: '3'b1010'", 2, 18)
    (one,) = merged(slang, verilator)
    assert (one.code, one.severity, one.tools) == ("VectorLiteralOverflow", ERROR, ("slang", "verilator"))


def test_a_place_that_several_tools_name_is_told_once() -> None:
    def note(line: int, column: int, message: str) -> Related:
        return Related("/w/a.sv", Span(line, column, line, column + 1), message)

    def drivers(tool: str, code: str, message: str, *notes: Related) -> Finding:
        return replace(say(tool, code, message, 3, 28, WARNING), related=notes)

    (one,) = merged(
        drivers("slang", "MultipleDrivers", "'y' is driven by two always blocks", note(2, 28, "the other driver")),
        drivers("verilator", "MULTIDRIVEN", "'y' has multiple drivers", note(2, 3, "first driving block")),
        drivers(
            "yosys", "ConflictingDrivers", "'y' has several drivers", note(3, 3, "another"), note(0, 9, "declared here")
        ),
    )
    assert one.tools == ("slang", "verilator", "yosys")
    assert [place.message for place in one.related] == ["the other driver", "declared here"]


def test_a_module_instantiated_twice_is_reported_once() -> None:
    twice = [
        say("slang", "WidthTruncate", f"implicit conversion truncates from {width} to 4 bits", 1, 15, WARNING)
        for width in (8, 16)
    ]
    assert len(merged(*twice)) == 1


def test_a_misgrouped_condition_swallows_its_own_widths_only() -> None:
    condition = say("slang", "BitwiseRelPrecedence", "'&' has lower precedence than '=='", 1, 16, WARNING, length=9)
    inside = say("verilator", "WIDTHEXPAND", "Operator AND expects 4 bits on the RHS", 1, 18, WARNING)
    head = say("verilator", "WIDTHTRUNC", "Logical operator IF expects 1 bit on the If", 1, 12, WARNING)
    elsewhere = say("verilator", "WIDTHTRUNC", "Operator ASSIGN expects 1 bits on the Assign RHS", 1, 40, WARNING)
    assert [one.code for one in merged(condition, inside, head, elsewhere)] == ["BitwiseRelPrecedence", "WIDTHTRUNC"]


def test_a_flood_is_capped_errors_first_and_said() -> None:
    warnings = [say("slang", "UnusedNet", f"unused net 'n{n}'", n, 0, WARNING) for n in range(50)]
    late = say("slang", "UnknownMember", "no member", 99, 0)
    shown = merged(*warnings, late, cap=10)
    assert len(shown) == 11
    assert (shown[0].code, shown[0].severity) == (FLOOD_CODE, Severity.INFORMATION)
    assert "41 more" in shown[0].message
    assert shown[-1].code == "UnknownMember"
    assert merge(shown, cap=10) == shown


def test_a_code_switched_off_is_gone() -> None:
    one = say("verilator", "UNUSEDSIGNAL", "Signal is not used: 'x'", 1, 1, WARNING)
    assert without([one], ["unusedsignal"]) == ()
    assert without([one], ["UNUSED"]) == (one,)


def test_a_parser_that_lost_its_place_is_told_once() -> None:
    said = [
        say("slang", "ExpectedToken", "expected ')'", 5, 17),
        say("slang", "ExpectedDeclarator", "expected a declaration name", 8, 28),
        say("slang", "UnexpectedEndDelim", "unexpected 'end' delimiter", 9, 0),
        say("slang", "ExpectedToken", "expected ';'", 9, 10),
        say("slang", "ExpectedToken", "expected ';'", 20, 3),
    ]
    assert [one.span.start_line for one in merged(*said)] == [5, 20]


def test_a_name_wrong_twice_on_a_line_is_one_fault() -> None:
    slang = say("slang", "UnknownClassOrPackage", "unknown class or package 'p'", 3, 8)
    verilator = [say("verilator", "UNDEFINED", "Package/class not found: 'p'", 3, column) for column in (8, 30)]
    (one,) = merged(slang, *verilator)
    assert one.tools == ("slang", "verilator")


def test_an_output_port_is_wide_for_one_tool_and_narrow_for_the_other() -> None:
    slang = say(
        "slang", "PortWidthExpand", "implicit conversion of port connection expands from 4 to 32 bits", 4, 19, WARNING
    )
    message = "Output port connection 'q' expects 4 bits on the pin connection, but VARREF 'w' generates 32 bits."
    (one,) = merged(slang, say("verilator", "WIDTHTRUNC", message, 4, 7, WARNING))
    assert one.code == "PortWidthExpand"


def test_a_flood_costs_no_square_of_its_size() -> None:
    """Twenty times as many findings may take at most some hundred times as long (it would be 400 times)."""

    def seconds(number: int) -> float:
        flood = [say("slang", "ExpectedToken", "expected ';'", line, 3) for line in range(number)]
        flood += [say("verilator", "PINMISSING", f"missing pin: 'p{pin}'", 0, 0, WARNING) for pin in range(number)]
        start = time.process_time()
        merge(flood, cap=100)
        return time.process_time() - start

    assert seconds(4000) < 100 * max(seconds(200), 0.005)


SAYINGS = st.sampled_from(
    [
        ("slang", "ExpectedToken", "expected ';'", ERROR),
        ("slang", "WidthTruncate", "implicit conversion truncates from 8 to 4 bits", WARNING),
        ("slang", "InferredLatch", "latch inferred for 'y' because", WARNING),
        ("slang", "UndeclaredIdentifier", "use of undeclared identifier 'asign'", ERROR),
        ("slang", "PortDoesNotExist", "port 'q' does not exist in 's'", ERROR),
        ("verilator", "ERROR", "syntax error, unexpected end", ERROR),
        ("verilator", "WIDTHTRUNC", "expects 4 bits on the RHS, generates 8 bits", WARNING),
        ("verilator", "LATCH", "Latch inferred for signal 'y'", WARNING),
        ("verilator", "PINNOTFOUND", "Pin not found: 'q'", ERROR),
        ("verilator", "PINMISSING", "Instance has missing pin: 'p'", WARNING),
        ("yosys", "ERROR", "syntax error, unexpected TOK_END", ERROR),
        ("yosys", "LatchInferred", "Latch inferred for signal `\\y'", WARNING),
        ("yosys", "ConflictingDrivers", "multiple conflicting drivers for t.\\y", WARNING),
    ]
)


@st.composite
def any_findings(draw: st.DrawFn) -> list[Finding]:
    def one() -> Finding:
        tool, code, message, severity = draw(SAYINGS)
        line, column, length = (draw(st.integers(0, top)) for top in (6, 9, 3))
        return say(tool, code, message, line, column, severity, length)

    return [one() for _ in range(draw(st.integers(0, 14)))]


@settings(max_examples=300, deadline=None)
@given(any_findings(), st.integers(1, 20))
def test_merging_again_changes_nothing(findings: list[Finding], cap: int) -> None:
    once = merge(findings, cap=cap)
    assert merge(once, cap=cap) == once


@settings(max_examples=300, deadline=None)
@given(any_findings(), st.randoms(use_true_random=False), st.integers(1, 20))
def test_the_order_does_not_matter(findings: list[Finding], rng: random.Random, cap: int) -> None:
    shuffled = list(findings)
    rng.shuffle(shuffled)
    assert merge(shuffled, cap=cap) == merge(findings, cap=cap)


@settings(max_examples=300, deadline=None)
@given(any_findings())
def test_every_error_has_a_representative(findings: list[Finding]) -> None:
    """Its line keeps an error that names its tool; a syntax error may be told where it began."""
    shown = merge(findings, cap=1000)
    for finding in findings:
        if finding.severity is ERROR:
            assert any(
                one.severity is ERROR
                and finding.tool in one.tools
                and (one.span.start_line == finding.span.start_line or is_syntax(finding))
                for one in shown
            )


def test_what_two_compilers_say_word_for_word_is_one() -> None:
    said = [say(tool, "#177", 'variable "unused" was declared but never referenced', 4, 6, WARNING) for tool in "ba"]
    assert [one.tools for one in merged(*said)] == [("a", "b")]
    elsewhere = say("b", "#177", 'variable "unused" was declared but never referenced', 4, 20, WARNING)
    assert len(merged(said[1], elsewhere)) == 2
