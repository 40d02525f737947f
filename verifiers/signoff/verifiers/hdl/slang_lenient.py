"""What slang says more gravely than other tools, which accept the text; the table of errors is slang_lenient.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from functools import cache
from importlib import resources

from signoff.verifiers.finding import Severity

# A negative number, and the width of the bits that it became.
_NEGATIVE = re.compile(r"-\d+")
_WIDTH = re.compile(r"(\d+)'")


@cache
def accepted() -> dict[str, re.Pattern[str]]:
    """The codes, each with what its message must match."""
    data = resources.files("signoff.verifiers.hdl").joinpath("slang_lenient.toml").read_text("utf-8")
    return {row["code"]: re.compile(row.get("message", "")) for row in tomllib.loads(data)["accepted"]}


def lenient(severity: Severity, code: str, message: str) -> Severity:
    """The severity of a finding where the standard is not followed to the letter."""
    pattern = accepted().get(code)
    if severity is not Severity.ERROR or pattern is None or pattern.search(message) is None:
        return severity
    return Severity.WARNING


def keeps_its_bits(code: str, arguments: Sequence[str]) -> bool:
    """True for a conversion of a negative number that loses nothing but its sign: `~0` and `-1` mean "all ones"."""
    if code != "ConstantConversion" or len(arguments) < 4:
        return False
    value, width = _NEGATIVE.fullmatch(arguments[2]), _WIDTH.match(arguments[3])
    return value is not None and width is not None and int(value[0]) >= -(1 << (int(width[1]) - 1))
