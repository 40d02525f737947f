"""Bits that a name does not have: the bound beside it, the range moved or turned round, a wider declaration."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.templates.likeness import alike, signals
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import RANGE, bits_of, entry_of, plain, select_at

FAMILY = "indices"
CODES = (
    *(
        "IndexOOB",
        "RangeOOB",
        "RangeSelectReversed",
        "SELRANGE",
        "RangeWidthOOB",
        "CannotIndexScalar",
        "ColonPlusRange",
    ),
    *("ASCRANGE", "ERROR", "COLONPLUS", "BadSliceType", "IndexValueInvalid"),
)
_TYPE = re.compile(r"\[(-?\d+):(-?\d+)\]")


def draft(place: Place) -> Iterator[Draft]:
    """Other bounds in the select, another name, another declaration."""
    opening = _opening(place)
    if opening < 0:
        return
    name = place.src.word(opening - 1)
    bounds = _bounds(place, name)
    select = select_at(place, opening)
    if select is not None:
        yield from _range(place, opening, bounds)
    elif bounds is not None and place.src.word(opening + 2) == "]" and plain(place.src.word(opening + 1)) >= 0:
        yield from _bit(place, opening, bounds)
    yield from _names(place, opening, name)
    yield from _declared(place, opening, name)


def _opening(place: Place) -> int:
    """The bracket of the select: before the finding, or at it, or behind the name that it stands at."""
    src = place.src
    numbers: tuple[int, ...] = (place.at - 1, place.at, place.at + 1, *place.line)
    for number in numbers:
        if src.word(number) == "[" and src.token(number - 1).is_name and src.closing(number) >= place.at:
            return number
    return -1


def _bounds(place: Place, name: str) -> tuple[int, int] | None:
    """(first, last) index as declared: of the type that the tool names, else of the declaration."""
    entry = entry_of(place.module, name)
    said = _TYPE.findall(place.data.get("arg2", "") or place.data.get("arg1", ""))
    found: list[tuple[str, str]] = said[-1:] or (_TYPE.findall(entry.packed)[:1] if entry is not None else [])
    return (int(found[0][0]), int(found[0][1])) if found else None


def _bit(place: Place, opening: int, bounds: tuple[int, int]) -> Iterator[Draft]:
    """The nearest bit that there is; the other end."""
    index, (low, high) = plain(place.src.word(opening + 1)), sorted(bounds)
    nearest = min(max(index, low), high)
    digit = [int(str(index)[:-1] or "-1"), int(str(index)[1:] or "-1")]
    for odds, other in enumerate(dict.fromkeys((nearest, *digit, low, high))):
        if low <= other <= high:
            yield _written(place, odds, opening, f"[{other}]")


def _range(place: Place, opening: int, bounds: tuple[int, int] | None) -> Iterator[Draft]:
    """Turned round; moved to where it fits; cut; by `+:` from a lower base."""
    src = place.src
    start, second, operator = plain(src.word(opening + 1)), plain(src.word(opening + 3)), src.word(opening + 2)
    if start < 0:
        return
    if operator == ":":
        yield _written(place, 0, opening, f"[{second}:{start}]")
    if bounds is None:
        return
    low, high = sorted(bounds)
    down = bounds[0] >= bounds[1]
    for odds, (top, bottom) in enumerate(_fitting(*_ends(start, second, operator), low, high)):
        text = f"{top}:{bottom}" if down else f"{bottom}:{top}"
        if operator != ":":
            base = bottom if (operator == "+:") == down or operator == "+:" else top
            text = f"{base} {operator} {top - bottom + 1}"
        yield _written(place, odds + 1, opening, f"[{text}]")


def _ends(start: int, second: int, operator: str) -> tuple[int, int]:
    """(highest, lowest) bit that a select names."""
    if operator == "+:":
        return start + second - 1, start
    if operator == "-:":
        return start, start - second + 1
    return max(start, second), min(start, second)


def _fitting(top: int, bottom: int, low: int, high: int) -> Iterator[tuple[int, int]]:
    """Ranges inside low..high, of the same width first."""
    width = top - bottom
    shifted = (high, high - width) if top > high else (low + width, low)
    found = [shifted, (low + width, low), (min(top, high), max(bottom, low)), (min(top, high), low), (high, low)]
    for upper, lower in dict.fromkeys(found):
        if low <= lower <= upper <= high:
            yield upper, lower


def _written(place: Place, odds: int, opening: int, text: str) -> Draft:
    close = place.src.closing(opening)
    old = place.between(opening, close)
    return place.draft(odds, f"Write {text} for {old}", place.replace(opening, text, close), FAMILY)


def _names(place: Place, opening: int, name: str) -> Iterator[Draft]:
    """Another name that has such a bit."""
    if place.module is None:
        return
    width = bits_of(place.module, name)
    wider = [other for other in signals(place.module) if bits_of(place.module, other) > max(width, 1)]
    for odds, other in enumerate(alike(name, wider, 3)):
        edit = place.replace(opening - 1, other)
        yield place.draft(3 + odds, f"Replace '{name}' by '{other}'", edit, FAMILY)


def _declared(place: Place, opening: int, name: str) -> Iterator[Draft]:
    """The declaration with room for the highest bit that is selected."""
    entry = entry_of(place.module, name)
    words = [place.src.word(n) for n in range(opening + 1, place.src.closing(opening))]
    numbers = [plain(word) for word in words if plain(word) >= 0]
    if entry is None or entry.siblings > 1 or not numbers:
        return
    if match := RANGE.fullmatch(entry.packed):
        bracket = next(n for n in range(entry.first, entry.name) if place.src.word(n) == "[")
        top = max(*numbers, int(match[1]))
        edit = place.replace(bracket + 1, str(top))
        yield place.draft(4, f"Declare '{name}' as [{top}:{match[2]}]", edit, FAMILY, "one more bit is stored")
    elif not entry.packed:
        place_of = place.src.token(entry.name).start
        edit = place.insert(place_of, f"[{max(numbers)}:0] ")
        yield place.draft(4, f"Declare '{name}' as [{max(numbers)}:0]", edit, FAMILY)
