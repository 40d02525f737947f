"""What a user has silenced for Verilator is silent for every tool: pure, without tools."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.hdl.pragmas import Waiver, parse_waivers, suppress


def finding(line: int, code: str = "WidthTruncate", **more: object) -> Finding:
    fields = {"severity": Severity.WARNING, "message": "implicit conversion truncates", "tool": "slang", **more}
    return Finding(path="/p/rtl/m.v", span=Span(line, 2, line, 3), code=code, **fields)  # type: ignore[arg-type]


def lines_left(text: str, code: str = "WidthTruncate") -> list[int]:
    findings = [finding(line, code) for line in range(text.count("\n") + 1)]
    return [item.span.start_line for item in suppress(findings, {"/p/rtl/m.v": text}, ())]


def test_off_until_on():
    assert lines_left("0\n// verilator lint_off WIDTH\n2\n//verilator lint_on WIDTH\n4") == [0, 3, 4]


def test_block_comments_and_lists_of_names():
    assert lines_left("/* verilator lint_off UNUSED, WIDTHTRUNC */\n1\n") == []
    assert lines_left("/*verilator lint_off UNUSED*/\n1\n") == [0, 1, 2]


def test_save_and_restore():
    text = "// verilator lint_save\n// verilator lint_off WIDTHTRUNC\n2\n// verilator lint_restore\n4"
    assert lines_left(text) == [0, 3, 4]


@pytest.mark.parametrize("ending", ["\r\n", "\r"])
def test_every_line_ending_counts_once(ending):
    text = ending.join(["0", "// verilator lint_off WIDTH", "2", "// verilator lint_on WIDTH", "4"])
    findings = [finding(line) for line in range(5)]
    left = suppress(findings, {"/p/rtl/m.v": text}, ())
    assert [item.span.start_line for item in left] == [0, 3, 4]


def test_an_error_is_never_silenced():
    error = finding(3, "PortDoesNotExist", severity=Severity.ERROR)
    assert suppress([error], {"/p/rtl/m.v": "// verilator lint_off PINNOTFOUND\n"}, ()) == [error]


@pytest.mark.parametrize(
    ("name", "code"),
    [
        ("MULTIDRIVEN", "MultipleDrivers"),
        ("MULTIDRIVEN", "ConflictingDrivers"),
        ("LATCH", "InferredLatch"),
        ("SELRANGE", "IndexOOB"),
        ("PINMISSING", "UnconnectedInputPort"),
        ("WIDTHEXPAND", "PortWidthExpand"),
        ("COMBDLY", "COMBDLY"),
    ],
)
def test_a_name_silences_the_same_fault_of_other_tools(name, code):
    assert lines_left(f"// verilator lint_off {name}\n\n\n", code) == []
    assert lines_left("// verilator lint_off DECLFILENAME\n\n\n", code) == [0, 1, 2, 3]


WAIVERS = """// a waiver file
`verilator_config
lint_off -rule WIDTH -file "*/rtl/m.v" -lines 3-4
lint_off -rule UNUSED -file "*/x.v" -match "Signal is not used: 'abc'"
lint_off -rule LATCH -scope "top.u*"
/* lint_off -rule ALL */
lint_off -msg CASEX
lint_off
"""


def test_waivers_are_read():
    assert parse_waivers(WAIVERS) == (
        Waiver("WIDTH", "*/rtl/m.v", (3, 4)),
        Waiver("UNUSED", "*/x.v", None, "Signal is not used: 'abc'"),
        Waiver("CASEX"),
        Waiver("*"),
    )


@pytest.mark.parametrize(
    ("waiver", "left"),
    [
        ('lint_off -rule WIDTH -file "*/rtl/*.v"', 0),
        ('lint_off -rule WIDTH -file "m.v"', 0),
        ('lint_off -rule WIDTH -file "*/other.v"', 1),
        ("lint_off -rule WIDTH -lines 5", 0),
        ("lint_off -rule WIDTH -lines 6-9", 1),
        ("lint_off -rule LATCH", 1),
        ("lint_off -rule WIDTH -match \"*'count'*\"", 0),
        ("lint_off -rule WIDTH -match \"*'other'*\"", 1),
        ('lint_off -rule WIDTH -match "Operator ASSIGN expects*"', 1),
        ('lint_off -rule WIDTH -match "*"', 0),
    ],
)
def test_a_waiver_silences_what_it_names(tmp_path: Path, waiver, left):
    path = tmp_path / "w.vlt"
    path.write_text(f"`verilator_config\n{waiver}\n")
    found = finding(4, message="conversion of 'count' truncates")
    assert len(suppress([found], {}, [str(path)])) == left


def test_a_waiver_file_that_is_gone_silences_nothing(tmp_path: Path):
    assert len(suppress([finding(1)], {}, [str(tmp_path / "absent.vlt")])) == 1
