"""Literals: another base, a digit or a quote that was lost, a size that was left out."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import replacement
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import plain, value_of

CODES = (
    *("BadBinaryDigit", "BadOctalDigit", "BadDecimalDigit", "BadHexDigit", "DecimalDigitMultipleUnknown"),
    *("ExpectedVectorDigits", "LiteralSizeIsZero", "UnsizedInConcat", "ExpectedToken", "VectorLiteralOverflow"),
    *("UndeclaredIdentifier", "WIDTHCONCAT"),
)
FAMILY = "numerals"
_BASED = re.compile(r"(\d[\d_]*)?(\s*'\s*)([sS]?)([bodhBODH])(\s*)(\w*)")
# What people write for a literal: C's 0xFF, 8hFF, 8'FF, 8'0xFF.
_SLIPS = (
    re.compile(r"(?P<size>\d+)\s*'\s*0?(?P<base>[xX])(?P<digits>[0-9a-fA-F_]+)"),
    re.compile(r"(?P<size>)\b0(?P<base>[xXbBoO])(?P<digits>[0-9a-fA-F_]+)"),
    re.compile(r"\b(?P<size>\d+)(?P<base>[bodhBODH])(?P<digits>[0-9a-fA-F_]+)\b"),
    re.compile(r"\b(?P<size>\d+)\s*'\s*(?P<base>)(?P<digits>[0-9a-fA-F_]+)\b"),
)
_DIGITS = {"b": "01", "o": "01234567", "d": "0123456789", "h": "0123456789abcdef"}
# Bits: no literal of a person's is wider.
WIDEST = 4_096


def draft(place: Place) -> Iterator[Draft]:
    """Literals on the finding's line that could be meant for another."""
    if place.code == "UnsizedInConcat":
        yield from _sized(place)
    elif place.code in ("ExpectedToken", "UndeclaredIdentifier"):
        yield from _slips(place)
    elif place.code == "VectorLiteralOverflow":
        yield from _overflow(place)
    else:
        yield from _based(place)


def _based(place: Place) -> Iterator[Draft]:
    """`4'b1021`, `8'dFF`, `8'h`: the base that the digits are of; the digits that the base has."""
    match = _literal(place)
    if match is None:
        return
    size, quote, sign, base, gap, digits = match.groups(default="")
    for number, other in enumerate(_bases(digits)):
        text = f"{size}{quote}{sign}{other}{gap}{digits}"
        if other != base.lower() and _fits(size, other, digits):
            yield _written(place, match, text, number)
    for number, mended in enumerate(_redigited(base.lower(), digits)):
        yield _written(place, match, f"{size}{quote}{sign}{base}{gap}{mended}", 3 + number)
    if not digits:
        for number, filled in enumerate(("0", "1")):
            yield _written(place, match, f"{match.group().rstrip()}{filled}", 2 + number)
    if size and plain(size) == 0 and (value := value_of(base, digits)) >= 0:
        needed = max(value.bit_length(), 1)
        for number, width in enumerate(dict.fromkeys((needed, 1, 8, 16, 32))):
            if width >= needed:
                yield _written(place, match, f"{width}{quote}{sign}{base}{gap}{digits}", 1 + number)


def _literal(place: Place) -> re.Match[str] | None:
    """The literal with a base that reaches to the place where the tool stood."""
    line = place.finding.span.start_line
    begin, end = place.index.offset(line, 0), place.index.line_end(line)
    found = [m for m in _BASED.finditer(place.text, begin, end) if m.start() <= place.spot <= m.end()]
    return found[-1] if found else None


def _bases(digits: str) -> Iterator[str]:
    own = digits.replace("_", "").lower()
    yield from (base for base in "dhob" if own and set(own) <= set(_DIGITS[base]))


def _fits(size: str, base: str, digits: str) -> bool:
    return not size or 0 <= value_of(base, digits) < 1 << max(min(plain(size), WIDEST), 0)


def _redigited(base: str, digits: str) -> Iterator[str]:
    """With the first wrong digit as another: the neighbouring keys are the likelier ones."""
    wrong = next((n for n, digit in enumerate(digits) if digit.lower() not in _DIGITS[base] + "_xz?"), -1)
    if wrong < 0:
        return
    near = {"2": "1", "8": "7", "9": "8", "g": "f", "o": "0", "l": "1", "i": "1"}.get(digits[wrong].lower(), "")
    for digit in dict.fromkeys((near, "0", "1")):
        if digit and set(digits[wrong + 1 :].lower()) <= set(_DIGITS[base] + "_xz?"):
            yield digits[:wrong] + digit + digits[wrong + 1 :]


def _slips(place: Place) -> Iterator[Draft]:
    """`0xFF`, `8hFF`, `8'FF`: the quote or the base that is missing."""
    line = place.finding.span.start_line
    begin, end = place.index.offset(line, 0), place.index.line_end(line)
    for pattern in _SLIPS:
        for match in pattern.finditer(place.text, begin, end):
            if match.start() - 2 <= place.spot <= match.end() + 1:
                given = match["base"].lower().replace("x", "h")
                bases = [given] if given else list(_bases(match["digits"]))
                for number, base in enumerate(bases):
                    yield _written(place, match, f"{match['size']}'{base}{match['digits']}", number)


def _overflow(place: Place) -> Iterator[Draft]:
    """`4'd20`, `4'b10010`: a digit too many, or the digits of another base."""
    match = _literal(place)
    if match is None or not match[1]:
        return
    size, quote, sign, base, gap, digits = match.groups(default="")
    width, odds = min(max(plain(size), 0), WIDEST), 4
    for other in _bases(digits):
        if other != base.lower() and _fits(size, other, digits):
            yield _written(place, match, f"{size}{quote}{sign}{other}{gap}{digits}", odds)
    for shorter in dict.fromkeys((digits[1:], digits[:-1])):
        if shorter.replace("_", "") and _fits(size, base.lower(), shorter):
            yield _written(place, match, f"{size}{quote}{sign}{base}{gap}{shorter}", odds + 1)
    if base.lower() == "d":
        yield _written(place, match, f"{size}{quote}{sign}{base}{gap}{(1 << width) - 1}", odds + 2)


def _sized(place: Place) -> Iterator[Draft]:
    """A number without a size in a concatenation has 32 bits, which is hardly ever meant."""
    token = place.src.token(place.at)
    if plain(token.text) < 0:
        return
    needed = max(plain(token.text).bit_length(), 1)
    for number, width in enumerate(dict.fromkeys((needed, 1, 8, 16, 32))):
        if width >= needed:
            text = f"{width}'{'b' if width == 1 else 'd'}{token.text}"
            edit = place.replace(place.at, text)
            yield place.draft(number, f"Write {text} for {token.text}", edit, FAMILY)


def _written(place: Place, match: re.Match[str], text: str, odds: int) -> Draft:
    edit = replacement(place.index, match.start(), match.end(), text)
    return place.draft(odds, f"Write {text} for {match.group().strip()}", edit, FAMILY)
