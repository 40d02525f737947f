"""Widths that do not agree: a bound or a count beside it, a name of the right width, the declaration, in writing."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.templates.likeness import alike, signals
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import RANGE, bits, bits_of, entry_of, plain, select_at, value_of

FAMILY = "resizing"
CODES = (
    *("WidthTruncate", "WidthExpand", "PortWidthTruncate", "PortWidthExpand", "WIDTHTRUNC", "WIDTHEXPAND"),
    *("WIDTHXZEXPAND", "CaseOutsideRange"),
)
_SIZED = re.compile(r"(?P<size>\d+)'(?P<base>[bodhBODH])(?P<digits>[0-9a-fA-F_]+)")
# A declaration is narrowed by so many bits at most.
WIDER = 2
_FROM_TO = re.compile(r"from (\d+) to (\d+) bits")
_EXPECTS = re.compile(r"expects (\d+)(?: or \d+)? bits?.*? generates (\d+) bits")


def draft(place: Place) -> Iterator[Draft]:
    """What makes the two widths one, for a finding that says both."""
    given, wanted = said(place)
    if given <= 0 or wanted <= 0 or given == wanted:
        return
    yield from _literals(place, given, wanted)
    yield from _selects(place, given, wanted)
    yield from _counts(place, given, wanted)
    yield from _names(place, given, wanted)
    yield from _declarations(place, given, wanted)
    yield from _written_out(place, given, wanted)


def said(place: Place) -> tuple[int, int]:
    """(bits that are there, bits that are wanted), as the tool says; 0 where it does not."""
    if match := _FROM_TO.search(place.finding.message):
        return int(match[1]), int(match[2])
    if match := _EXPECTS.search(place.finding.message):
        return int(match[2]), int(match[1])
    return 0, 0


def _numbers(place: Place) -> range:
    """Where to look: the statement, of a connection its own line."""
    return place.line if place.code.startswith("PortWidth") else place.statement


def _selects(place: Place, given: int, wanted: int) -> Iterator[Draft]:
    """A range that is too long, or too short, by just what is missing; on the assigned side the other way round."""
    delta = wanted - given
    for opening in _numbers(place):
        select = select_at(place, opening)
        if select is None:
            continue
        more = -delta if 0 <= opening < place.assigns else delta
        low, high = int(place.src.word(select.low)), place.src.word(select.high)
        if select.operator != ":":
            if low + more > 0:
                yield _number(place, 0, select.low, low + more)
            continue
        for odds, (upper, lower) in enumerate(((int(high) + more, low), (int(high), low - more))):
            if upper >= lower >= 0 and int(high) >= low:
                text = f"[{upper}:{lower}]"
                edit = place.replace(opening, text, select.closing)
                yield place.draft(odds, f"Write {text} for {place.between(opening, select.closing)}", edit, FAMILY)


def _counts(place: Place, given: int, wanted: int) -> Iterator[Draft]:
    """`{4{x}}`: so many times that it fits."""
    src = place.src
    for number in _numbers(place):
        if src.word(number) == "{" and plain(src.word(number + 1)) > 0 and src.word(number + 2) == "{":
            count = plain(src.word(number + 1))
            for each in dict.fromkeys((1, abs(wanted - given), max(given // max(count, 1), 1))):
                other, rest = divmod(wanted - given, each)
                if rest == 0 and count + other > 0:
                    yield _number(place, 0 if each == 1 else 1, number + 1, count + other)


def _literals(place: Place, given: int, wanted: int) -> Iterator[Draft]:
    """A literal as wide as one of the two becomes as wide as the other, where its value fits."""
    for number in _numbers(place):
        match = _SIZED.fullmatch(place.src.word(number))
        if match is None or plain(match["size"]) not in (given, wanted):
            continue
        other = given if plain(match["size"]) == wanted else wanted
        value = value_of(match["base"], match["digits"])
        if 0 <= value < 1 << other:
            text = f"{other}'{match['base']}{match['digits']}"
            edit = place.replace(number, text)
            yield place.draft(0, f"Write {text} for {place.src.word(number)}", edit, FAMILY)


def _number(place: Place, odds: int, number: int, value: int) -> Draft:
    old = place.src.word(number)
    return place.draft(odds, f"Write {value} for {old}", place.replace(number, str(value)), FAMILY)


def _names(place: Place, given: int, wanted: int) -> Iterator[Draft]:
    """A name on the given side becomes one of the wanted width, on the other side one of the given width."""
    module = place.module
    if module is None:
        return
    for number in _numbers(place):
        name = place.src.word(number)
        width = bits_of(module, name)
        other = wanted if width == given else given if width == wanted else 0
        if other == 0 or place.src.word(number - 1) == "." or place.src.word(number + 1) == "[":
            continue
        fitting = [one for one in signals(module) if bits_of(module, one) == other]
        for odds, one in enumerate(alike(name, fitting, 3, 0.7)):
            yield place.draft(3 + odds, f"Replace '{name}' by '{one}'", place.replace(number, one), FAMILY)


def _declarations(place: Place, given: int, wanted: int) -> Iterator[Draft]:
    """The declaration of a name that has one of the two widths, with the other."""
    module = place.module
    if module is None:
        return
    names = dict.fromkeys(place.src.word(number) for number in _numbers(place) if place.src.word(number - 1) != ".")
    for name in names:
        entry = entry_of(module, name)
        width = bits(entry) if entry is not None else 0
        other = wanted if width == given else given if width == wanted else 0
        # A declaration that is much too wide is none of a slip: bits would be lost.
        if entry is None or other <= max(1, width - WIDER) or entry.siblings > 1:
            continue
        odds = 2 if other > width else 4
        if match := RANGE.fullmatch(entry.packed.replace("signed", "").strip()):
            bracket = next(n for n in range(entry.first, entry.name) if place.src.word(n) == "[")
            low = int(match[2])
            edit = place.replace(bracket + 1, str(low + other - 1))
            title = f"Declare '{name}' as [{low + other - 1}:{low}]"
        elif width == 1:
            edit = place.insert(place.src.token(entry.name).start, f"[{other - 1}:0] ")
            title = f"Declare '{name}' as [{other - 1}:0]"
        else:
            continue
        yield place.draft(odds, title, edit, FAMILY, f"'{name}' has {other} bits instead of {width}")


def _written_out(place: Place, given: int, wanted: int) -> Iterator[Draft]:
    """The conversion that takes place anyway, in writing: what is cut, and what is filled with zeros."""
    under = place.under
    first, last = under.start, under.stop - 1
    if place.code.startswith("WIDTH") or place.code == "CaseOutsideRange":
        if place.assigns < 0:
            return
        first, last = place.assigns + 1, place.statement.stop - 2
    text, token = place.between(first, last), place.src.token(first)
    if first == last and token.is_name:
        entry = entry_of(place.module, text)
        if entry is None or "signed" in entry.packed or bits(entry) != given:
            return
        low = int(match[2]) if (match := RANGE.fullmatch(entry.packed)) else 0
        if wanted < given:
            cut = f"{text}[{low}]" if wanted == 1 else f"{text}[{low + wanted - 1}:{low}]"
            yield place.draft(5, f"Write {cut} for {text}", place.replace(first, cut), FAMILY)
        else:
            filled = f"{{{wanted - given}'b0, {text}}}"
            yield place.draft(5, f"Fill with zeros: {filled}", place.replace(first, filled), FAMILY)
    if wanted == 1 and given > 1 and place.code in ("WidthTruncate", "WIDTHTRUNC"):
        inner = text if first == last else f"({text})"
        yield place.draft(4, f"Any bit of it: |{inner}", place.replace(first, f"|{inner}", last), FAMILY)
    elif wanted < given and place.snapshot.language == "systemverilog" and first != last:
        cast = f"{wanted}'({text})"
        yield place.draft(6, f"Cut in writing: {wanted}'(...)", place.replace(first, cast, last), FAMILY)
