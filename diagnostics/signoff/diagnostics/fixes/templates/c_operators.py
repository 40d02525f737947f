"""C and CUDA: comparisons that are constant, brackets where operators bind otherwise, members, mistyped operators."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.templates.operators import around, compared, in_brackets, negated, swap
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.separators import brackets, unbalanced
from signoff.diagnostics.fixes.templates.widths import plain

FAMILY = "operators"
# gcc's warnings and errors, NVRTC's codes; CUDA's front end numbers its warnings.
ERRORS = ("error", "Expected", "Type", "OperatorOrAppliedToInstead", "NoMember", "UndefinedIdentifier")
CONSTANT = ("type-limits", "#186", "bool-compare", "tautological-compare")
NO_EFFECT = ("unused-value", "#174")
CODES = (
    *ERRORS,
    *CONSTANT,
    *NO_EFFECT,
    *("parentheses", "logical-not-parentheses", "shift-count-overflow", "aggressive-loop-optimizations"),
    *("array-bounds", "#187"),
)
WORDS = {"and": "&&", "or": "||", "not": "!", "xor": "^", "bitand": "&", "bitor": "|", "mod": "%"}
_BRACKET = re.compile(r"expected (?:a )?['\"][])}]['\"]", re.IGNORECASE)
_BINDS = re.compile(r"within|inside|in operand of")
# Tokens before an access in which the loop around it is looked for.
LOOP = 80


def draft(place: Place) -> Iterator[Draft]:
    """Other operators at the place, and other brackets around those that are there."""
    message = place.finding.message
    if place.code in CONSTANT:
        yield from compared(place)
    elif place.code in NO_EFFECT:
        yield from _without_effect(place)
    elif place.code == "logical-not-parentheses":
        yield from negated(place)
    elif place.code in ("parentheses", "#187"):
        yield from _grouped(place) if _BINDS.search(message) else _assigned(place)
    elif place.code == "shift-count-overflow":
        yield from _shifted(place)
    elif place.code in ("aggressive-loop-optimizations", "array-bounds"):
        yield from _looped(place)
    elif place.code in ERRORS:
        yield from _members(place)
        yield from _mistyped(place)
        # A compiler that has lost its way says more errors; only this one is about a bracket.
        if _BRACKET.search(message):
            yield from brackets(place)
            yield from unbalanced(place)
        yield from _for_head(place)


def _grouped(place: Place) -> Iterator[Draft]:
    """`a & b == c`, `a && b || c`, `1 << n + 1`: what may be meant, and what the compiler reads."""
    for number in place.line:
        if place.src.word(number) in ("&", "|", "^", "&&", "+", "-", "<<", ">>") and not _unary(place, number):
            yield from around(place, number)


def _unary(place: Place, number: int) -> bool:
    before = place.src.token(number - 1)
    return before.kind == "operator" and before.text not in (")", "]")


def _assigned(place: Place) -> Iterator[Draft]:
    """`if (a = b)` compares; or the assignment is meant, which brackets of its own say."""
    for number in place.line:
        if place.src.word(number) == "=":
            yield swap(place, 0, number, "==")
            first, last = place.under.start, number + 1
            opening = next((n for n in range(number, place.line.start, -1) if place.src.word(n) == "("), -1)
            if opening >= 0:
                first, last = opening + 1, place.src.closing(opening) - 1
                yield in_brackets(place, 1, first, last)
            return


def _without_effect(place: Place) -> Iterator[Draft]:
    """`a == b;` assigns; `a + 1;` adds to it."""
    for number in place.statement:
        word = place.src.word(number)
        if word == "==":
            yield swap(place, 0, number, "=")
            return
        if word in ("+", "-", "|", "&", "^", "<<", ">>", "*") and not _unary(place, number):
            yield swap(place, 1, number, f"{word}=")
            return


def _shifted(place: Place) -> Iterator[Draft]:
    """`1 << 32`: a wider one, or the highest bit that there is."""
    for number in place.line:
        if place.src.word(number) != "<<":
            continue
        before, after = place.src.token(number - 1), place.src.token(number + 1)
        if before.kind == "number" and before.text.rstrip("uUlL").isdigit():
            wide = f"{before.text.rstrip('uUlL')}ULL"
            yield place.draft(1, f"Write {wide} for {before.text}", place.replace(number - 1, wide), FAMILY)
        if after.text.isdigit():
            yield place.draft(0, f"Shift by 31 instead of {after.text}", place.replace(number + 1, "31"), FAMILY)


def _looped(place: Place) -> Iterator[Draft]:
    """The loop around an access goes one step too far: `i <= N`; a constant index is one too large."""
    src = place.src
    for number in range(place.at, max(place.at - LOOP, 0), -1):
        if src.word(number) == "for" and src.word(number + 1) == "(":
            for inside in range(number + 2, src.closing(number + 1)):
                if src.word(inside) in ("<=", ">="):
                    yield swap(place, 0, inside, src.word(inside)[0])
            break
    for number in place.under:
        if src.word(number) == "[" and plain(src.word(number + 1)) >= 0 and src.word(number + 2) == "]":
            index = plain(src.word(number + 1))
            for odds, other in enumerate((index - 1, 0)):
                if other >= 0:
                    edit = place.replace(number + 1, str(other))
                    yield place.draft(1 + odds, f"Access element {other} instead of {index}", edit, FAMILY)


def _members(place: Place) -> Iterator[Draft]:
    """A member of a pointer, or of what is none."""
    other = {".": "->", "->": "."}
    if "pointer" in place.finding.message or "'->'" in place.finding.message:
        for number in dict.fromkeys((*place.under, place.at + 1, place.at - 1)):
            if place.src.word(number) in other:
                yield swap(place, 0, number, other[place.src.word(number)])


def _mistyped(place: Place) -> Iterator[Draft]:
    """`i+)`; words for operators."""
    src = place.src
    for number in place.line:
        word, following = src.word(number), src.word(number + 1)
        if word in ("+", "-") and following in (")", ";") and src.token(number - 1).kind == "word":
            yield swap(place, 0, number, word * 2)
        before = src.token(number - 1)
        if word in WORDS and (before.kind in ("word", "number") or before.text in (")", "]", "(")):
            yield swap(place, 0, number, WORDS[word])


def _for_head(place: Place) -> Iterator[Draft]:
    """`for (a, b, c)`: its three parts stand between semicolons."""
    src = place.src
    for number in place.line:
        if src.word(number) == "for" and src.word(number + 1) == "(":
            close, depth, commas = src.closing(number + 1), 0, list[int]()
            for inside in range(number + 2, close):
                depth += {"(": 1, "[": 1, ")": -1, "]": -1}.get(src.word(inside), 0)
                commas += [inside] if src.word(inside) == "," and depth == 0 else []
            lacking = 2 - sum(src.word(inside) == ";" for inside in range(number + 2, close))
            if 0 < lacking <= len(commas):
                for chosen in dict.fromkeys((tuple(commas[:lacking]), tuple(commas[-lacking:]))):
                    edits = [place.replace(comma, ";") for comma in chosen]
                    yield place.draft(0, "Separate the parts of the loop's head by ';'", edits, FAMILY)
