"""Verilator's warnings that are true but harmless, told from the message and the line: no value can be lost there.

Each was the commonest thing said about designs that work; a reading of single lines, so where it cannot tell, the
warning stays.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from signoff.verifiers.finding import Finding
from signoff.verifiers.hdl.overlay import SourceLines

# "... expects 4 bits on the Assign RHS, but Assign RHS's CONST '32'h1' generates 32 or 1 bits."
WIDTHS = re.compile(
    r"(?:operator (?P<operator>\w+)\b.*?|connection '.*?)expects (?P<expects>\d+)(?: or \d+)? bits? on the .*, "
    r"but .*? (?P<operand>[A-Z]+)"
    r"(?: '(?:\??\d+'(?P<base>s?h)(?P<value>[0-9a-f]+)|[^']*)')? generates (?P<width>\d+)",
    re.IGNORECASE,
)
# What reads two values of which one is an integer: 32 bits is what a plain number or an integer parameter has.
INTEGER = 32
CONDITIONS = frozenset({"IF", "COND", "LOOPTEST", "WHILE"})
# Where operands of different widths are meant to be extended: the result has room for the carry.
GROWING = frozenset({"ADD", "MUL", "MULS", "SHIFTL"})
COMPARISONS = {"EQ", "NEQ", "LT", "LTS", "LTE", "LTES", "GT", "GTS", "GTE", "GTES"}
ARITHMETIC = COMPARISONS | {"SUB", "DIV", "DIVS", "MODDIV", "MODDIVS"}
RANDOM = re.compile(r"\$u?random")
ZERO = r"(?:\d*\s*'\s*s?[bdho]\s*)?0+\b"
WITH_ZERO = re.compile(rf"<\s*{ZERO}|>=\s*{ZERO}|(?<![\w']){ZERO}\s*(?:>(?!=)|<=)")
TIME = re.compile(r"\btime\b|\b\d+(?:\.\d+)?\s*(?:s|ms|us|ns|ps|fs)\b")
CLAIM = re.compile(r"\b(?:assert|assume|cover|restrict|property|disable\s+iff)\b|`\w*(?:ASSERT|ASSUME|COVER)\w*", re.I)
STATEMENT = 1000


def _fits(finding: Finding, lines: SourceLines) -> bool:
    """A constant that keeps its value in fewer bits, an integer as a condition, a random number cut to size."""
    match = WIDTHS.search(finding.message)
    if RANDOM.search(_line(finding, lines)):
        return True
    if match is None:
        return False
    if finding.message.startswith("Logical operator"):
        # "if (count)" asks whether any bit is set, and says so. Of `!` and `&&` the bitwise kin may have been meant.
        return match["operator"] in CONDITIONS or int(match["width"]) == INTEGER
    return match["value"] is not None and int(match["value"], 16).bit_length() <= int(match["expects"])


def _extends(finding: Finding, lines: SourceLines) -> bool:
    """A constant in more bits is the same constant, a sum has room for its carry, an integer may meet fewer bits."""
    match = WIDTHS.search(finding.message)
    if match is None:
        return False
    if match["operand"] == "CONST":
        return match["base"] == "h"
    if match["operator"] in GROWING:
        return True
    return match["operator"] in ARITHMETIC and int(match["expects"]) == INTEGER


def _open_output(finding: Finding, lines: SourceLines) -> bool:
    """An output that nothing is connected to: left out on purpose far more often than not."""
    declared = next((item for item in finding.related if "port declaration" in item.message), None)
    if declared is None:
        return False
    before = _before(lines, declared.path, declared.span.start_line, declared.span.start_column)
    ports = re.findall(r"\b(?:input|output|inout)\b", re.split(r";|\bmodule\b", before)[-1])
    if ports:
        return bool(ports[-1] == "output")
    # A port list without directions: they follow.
    name = re.escape(dict(finding.data).get("arg0", ""))
    return re.search(rf"\boutput\b[^;]*\b{name}\b", lines.text(declared.path)) is not None if name else False


def _depends_on_a_parameter(finding: Finding, lines: SourceLines) -> bool:
    """`i < N` where N happens to be 0; what never can be true is a comparison with a 0 in the text."""
    return WITH_ZERO.search(_line(finding, lines)) is None


def _about_time(finding: Finding, lines: SourceLines) -> bool:
    """A real number that becomes a time: only a testbench has such, and means it."""
    return TIME.search(_line(finding, lines)) is not None


def _element_by_element(finding: Finding, lines: SourceLines) -> bool:
    """A vector of which one bit follows from another: none is used before it is driven."""
    return _line(finding, lines)[finding.span.end_column :].lstrip().startswith("[")


def _only_claimed(finding: Finding, lines: SourceLines) -> bool:
    """An asynchronous reset that is also read in an assertion, which makes no hardware."""
    for item in finding.related:
        if "sync usage" in item.message and "async" not in item.message:
            before = _before(lines, item.path, item.span.start_line, item.span.end_column)
            return CLAIM.search(before.rpartition(";")[2]) is not None
    return False


def _line(finding: Finding, lines: SourceLines) -> str:
    return lines(finding.path, finding.span.start_line)


def _before(lines: SourceLines, path: str, line: int, column: int) -> str:
    offset = lines.index(path).offset(line, column)
    return lines.text(path)[max(offset - STATEMENT, 0) : offset]


HARMLESS: dict[str, Callable[[Finding, SourceLines], bool]] = {
    "WIDTHTRUNC": _fits,
    "WIDTHEXPAND": _extends,
    "PINMISSING": _open_output,
    "UNSIGNED": _depends_on_a_parameter,
    "REALCVT": _about_time,
    "ALWCOMBORDER": _element_by_element,
    "SYNCASYNCNET": _only_claimed,
}
