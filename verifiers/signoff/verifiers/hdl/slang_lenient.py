"""What slang says more gravely than other tools, which accept the text; the table of errors is slang_lenient.toml."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from importlib import resources

from signoff.verifiers.finding import Severity

# A negative number, and the width of the bits that it became.
_NEGATIVE = re.compile(r"-\d+")
_WIDTH = re.compile(r"(\d+)'")


# What a testbench cuts to size: a number with 32 random bits has as many of them.
_RANDOM = re.compile(r"\$u?random")


@dataclass(frozen=True, slots=True)
class Accepted:
    """One case of the table: what the message must match, and the text up to the end of the place."""

    message: re.Pattern[str]
    before: re.Pattern[str]


@cache
def accepted() -> dict[str, tuple[Accepted, ...]]:
    """The cases by slang's code."""
    data = resources.files("signoff.verifiers.hdl").joinpath("slang_lenient.toml").read_text("utf-8")
    cases: dict[str, tuple[Accepted, ...]] = {}
    for row in tomllib.loads(data)["accepted"]:
        case = Accepted(re.compile(row.get("message", "")), re.compile(row.get("before", "")))
        cases[row["code"]] = (*cases.get(row["code"], ()), case)
    return cases


def lenient(severity: Severity, code: str, message: str, before: str) -> Severity:
    """The severity of a finding where the standard is not followed to the letter; `before`: the text up to its end."""
    if severity is not Severity.ERROR or code not in accepted():
        return severity
    fits = any(case.message.search(message) and case.before.search(before) for case in accepted()[code])
    return Severity.WARNING if fits else severity


def is_harmless(code: str, arguments: Sequence[str], marked: str) -> bool:
    """True for a warning about a value that loses nothing; `marked` is the text that it is about."""
    if code == "WidthTruncate":
        return _RANDOM.match(marked) is not None
    return code == "ConstantConversion" and _keeps_its_bits(arguments)


def _keeps_its_bits(arguments: Sequence[str]) -> bool:
    """True for a conversion of a negative number that loses nothing but its sign: `~0` and `-1` mean "all ones"."""
    if len(arguments) < 4:
        return False
    value, width = _NEGATIVE.fullmatch(arguments[2]), _WIDTH.match(arguments[3])
    return value is not None and width is not None and int(value[0]) >= -(1 << (int(width[1]) - 1))
