"""Verilator's reports, SARIF and text, as findings: golden samples written by Verilator 5.48."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.verifiers.finding import Severity, Span
from signoff.verifiers.hdl import verilator_sarif, verilator_text
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.hdl.verilator_sarif import GarbledOutput, Names

GOLDEN = Path(__file__).parent / "golden"
PATH = "/proj/faults.v"
TEXT = (GOLDEN / "faults.v").read_text("utf-8")
BROKEN = """module broken(input a, output y);
  assign y = a
endmodule
module n; wire w = 2`b2; endmodule
`include "nowhere.vh"
"""


def names(text: str = TEXT, path: str = PATH) -> Names:
    return Names({path: path}, SourceLines({path: text}))


def words(span: Span, text: str = TEXT) -> str:
    assert span.start_line == span.end_line
    return text.splitlines()[span.start_line][span.start_column : span.end_column]


# (line from 1, code, what the span covers); line 2 has a tab, a comment and letters beyond ASCII before the last one.
EXPECTED = {
    (7, "PINMISSING", "u"),
    (2, "WIDTHTRUNC", "="),
    (2, "SELRANGE", "["),
    (4, "WIDTHTRUNC", "="),
    (7, "WIDTHTRUNC", "("),
    (8, "WIDTHTRUNC", "("),
    (10, "STMTDLY", "2"),
    (2, "BLKSEQ", "="),
    (9, "MULTIDRIVEN", "q"),
    (6, "CASEINCOMPLETE", "case"),
    (6, "LATCH", "always"),
    (9, "LATCH", "always_comb"),
}


def summary(findings: tuple[verilator_sarif.Finding, ...]) -> set[tuple[int, str, str]]:
    return {(finding.span.start_line + 1, finding.code, words(finding.span)) for finding in findings}


def test_sarif() -> None:
    findings = verilator_sarif.parse((GOLDEN / "faults.sarif").read_bytes(), names())
    assert {finding.path for finding in findings} == {PATH}
    found = summary(findings)
    assert {(line, code) for line, code, _ in found} == {(line, code) for line, code, _ in EXPECTED}
    assert found & EXPECTED >= {
        row for row in EXPECTED if row[1] in ("SELRANGE", "BLKSEQ", "CASEINCOMPLETE", "LATCH", "PINMISSING")
    }
    assert not any("\n" in finding.message or "lint_off" in finding.message for finding in findings)


def test_text_says_the_same_as_sarif() -> None:
    by_sarif = verilator_sarif.parse((GOLDEN / "faults.sarif").read_bytes(), names())
    by_text = verilator_text.parse((GOLDEN / "faults.txt").read_bytes(), names())
    key = lambda one: (one.path, one.span.start_line, one.span.start_column, one.code, one.severity, one.message)  # noqa: E731
    assert {key(one) for one in by_text} == {key(one) for one in by_sarif}


def test_what_a_finding_holds() -> None:
    findings = verilator_sarif.parse((GOLDEN / "faults.sarif").read_bytes(), names())
    by_code = {finding.code: finding for finding in findings}
    pin = by_code["PINMISSING"]
    assert pin.message == "Instance has missing pin: 'y'" and pin.severity is Severity.WARNING
    assert pin.help_url.endswith("#cmdoption-arg-PINMISSING") and dict(pin.data)["arg0"] == "y"
    assert [(one.message, one.span.start_line) for one in pin.related] == [("Location of port declaration", 11)]
    assert by_code["STMTDLY"].severity is Severity.INFORMATION
    assert "Suggest using delayed assignment '<='" in by_code["BLKSEQ"].message
    drivers = by_code["MULTIDRIVEN"].related
    assert [(one.message, one.span.start_line) for one in drivers] == [("Location of other write", 1)]
    assert dict(by_code["BLKSEQ"].data)["instance"] == "faults"


def test_errors_without_a_name_get_stable_codes_and_the_line_that_the_text_tells() -> None:
    path = "/proj/broken.v"
    findings = verilator_sarif.parse((GOLDEN / "broken.sarif").read_bytes(), names(BROKEN, path))
    found = {(finding.code, finding.span.start_line + 1, finding.severity) for finding in findings}
    error = Severity.ERROR
    assert found == {("INCLUDE", 5, error), ("SYNTAX", 3, error), ("UNDEFINEDMACRO", 4, error)}
    assert not any(finding.help_url for finding in findings)


@pytest.mark.parametrize(
    "data", [b"", b"{", b"[]", b"\xff\xfe\x00", b'{"runs": [{"results": [{}]}]}', b'{"runs": 3}', b"null"]
)
def test_garbage_is_called_garbage(data: bytes) -> None:
    with pytest.raises(GarbledOutput):
        verilator_sarif.parse(data, names())


def test_text_of_any_kind_is_read_without_a_stumble() -> None:
    junk = (
        b"%Error: no place\n%Warning-: x\n\xff\xfe%\n%Error-: /proj/faults.v:999:999: far away\n  : ... In instance x\n"
    )
    findings = verilator_text.parse(junk, names())
    assert {finding.path for finding in findings} <= {"<nowhere>", PATH}


def test_json_that_is_none() -> None:
    text = verilator_sarif.repaired(b'{"a": "caf\\303\\251 \\042q\\134 \\q \\n"}            "invocations"')
    assert text.startswith('{"a": "caf\u00e9 \\u0022q\\u005c q \\n"},')
