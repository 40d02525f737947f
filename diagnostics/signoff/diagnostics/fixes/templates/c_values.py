"""C and CUDA: literals of another base, arrays with room for what is put in, names, arguments the other way round."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.gpu.tokens import is_name
from signoff.diagnostics.fixes.templates.likeness import alike
from signoff.diagnostics.fixes.templates.place import LONGEST_STATEMENT, Draft, Place

FAMILY = "values"
NAMES = ("error", "implicit-function-declaration", "NoMember", "UndefinedIdentifier")
ARGUMENTS = ("int-conversion", "incompatible-pointer-types", "ArgumentType", "IncompatibleType", "NoMatch")
CODES = (*NAMES, *ARGUMENTS, "warning", "InvalidDigit", "Constant")
_DIGIT = re.compile(r"Invalid digit|invalid octal", re.IGNORECASE)
_UNKNOWN = re.compile(r"undeclared|has no member|is undefined|Implicit declaration|unknown type", re.IGNORECASE)
_IN_QUOTES = re.compile(r"['\"]([A-Za-z_]\w*)['\"]")


def draft(place: Place) -> Iterator[Draft]:
    """Other values and names at the place."""
    message = place.finding.message
    if _DIGIT.search(message):
        yield from _literal(place)
    if "Excess elements" in message:
        yield from _room(place)
    if _UNKNOWN.search(message):
        yield from _names(place)
    if place.code in ARGUMENTS:
        yield from _arguments(place)


def _literal(place: Place) -> Iterator[Draft]:
    """`08`: the decimal or the hexadecimal number of those digits."""
    number = next((n for n in (*place.under, *place.line) if place.src.word(n)[:1].isdigit()), -1)
    text = place.src.word(number) if number >= 0 else ""
    digits = text.lstrip("0")
    if digits.isdigit() and text[:1] == "0":
        for odds, meant in enumerate((digits, f"0x{digits}")):
            yield place.draft(odds, f"Write {meant} for {text}", place.replace(number, meant), FAMILY)


def _room(place: Place) -> Iterator[Draft]:
    """An array with as many elements as its initializer has."""
    src = place.src
    opening = next((n for n in range(place.at, max(place.at - LONGEST_STATEMENT, 0), -1) if src.word(n) == "{"), -1)
    if opening < 0 or src.word(opening - 1) != "=" or src.word(opening - 2) != "]":
        return
    depth, commas, close = 0, 0, src.closing(opening)
    for number in range(opening + 1, close):
        depth += {"(": 1, "[": 1, "{": 1, ")": -1, "]": -1, "}": -1}.get(src.word(number), 0)
        commas += src.word(number) == "," and depth == 0 and number + 1 < close
    size = opening - 3
    if src.word(size).isdigit() and src.word(size - 1) == "[":
        edit = place.replace(size, str(commas + 1))
        yield place.draft(0, f"Give the array {commas + 1} elements", edit, FAMILY, "the array is larger")


def _names(place: Place) -> Iterator[Draft]:
    """Names of the text that are like one that nothing declares; members where one is looked for."""
    found = _IN_QUOTES.findall(place.finding.message)
    member = "member" in place.finding.message
    wrong = next((name for name in found if any(place.src.word(n) == name for n in place.under)), "")
    number = next((n for n in place.under if place.src.word(n) == wrong), -1)
    if number < 0 or not wrong:
        return
    src, tokens = place.src, place.src.tokens
    pool = (
        token.text
        for n, token in enumerate(tokens)
        if is_name(token) and n != number and (not member or src.word(n - 1) in (".", "->") or src.word(n + 1) == ";")
    )
    called = src.word(number + 1) == "("
    names = dict.fromkeys(name for name in pool if not called or f"{name}(" in place.text)
    for odds, name in enumerate(alike(wrong, names, 5, 0.7)):
        if not _digits_alone(wrong, name):
            yield place.draft(odds, f"Replace '{wrong}' by '{name}'", place.replace(number, name), FAMILY)


def _digits_alone(one: str, other: str) -> bool:
    """`data1` for `data2` is another variable, not a slip."""
    return re.sub(r"\d", "", one) == re.sub(r"\d", "", other)


def _arguments(place: Place) -> Iterator[Draft]:
    """Two arguments of the call exchanged; the address, or the value, of what is given."""
    src = place.src
    opening = next((n for n in range(place.at, place.statement.start, -1) if _calls(place, n)), -1)
    if place.code == "NoMatch":
        opening = place.at + 1 if src.word(place.at + 1) == "(" else opening
    spans = _spans(place, opening) if opening >= 0 else []
    here = next((n for n, (first, last) in enumerate(spans) if first <= place.at <= last), -1)
    for number, other in enumerate(spans):
        if here >= 0 and number != here:
            one = spans[here]
            edits = (
                place.replace(one[0], place.between(*other), one[1]),
                place.replace(other[0], place.between(*one), other[1]),
            )
            yield place.draft(abs(number - here), f"Exchange arguments {here + 1} and {number + 1}", edits, FAMILY)
    targets = [spans[here]] if here >= 0 else spans[:1] if place.code == "NoMatch" else [_assigned(place)]
    for first, last in targets:
        if first <= last and is_name(src.token(first)):
            for odds, sign in enumerate(("&", "*")):
                edit = place.insert(src.token(first).start, sign)
                yield place.draft(2 + odds, f"Write {sign}{place.between(first, last)[:40]}", edit, FAMILY)


def _calls(place: Place, number: int) -> bool:
    return (
        place.src.word(number) == "(" and is_name(place.src.token(number - 1)) and place.src.closing(number) >= place.at
    )


def _assigned(place: Place) -> tuple[int, int]:
    """What the statement assigns, or what stands under the finding."""
    if place.assigns >= 0:
        return place.assigns + 1, place.statement.stop - 2
    return place.under.start, place.under.stop - 1


def _spans(place: Place, opening: int) -> list[tuple[int, int]]:
    """(first, last) token of each argument."""
    src, found, first = place.src, list[tuple[int, int]](), opening + 1
    close, number = src.closing(opening), opening + 1
    while number <= close:
        if src.word(number) in ("(", "[", "{"):
            number = src.closing(number)
        elif src.word(number) == "," or number == close:
            if number > first:
                found.append((first, number - 1))
            first = number + 1
        number += 1
    return found
