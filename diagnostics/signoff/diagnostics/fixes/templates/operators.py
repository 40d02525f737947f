"""Operators: the neighbour of a comparison, logical for bitwise, brackets where they bind otherwise, mistyped ones."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise

from signoff.diagnostics.fixes.templates.place import Draft, Place

FAMILY = "operators"
CONSTANT = ("UNSIGNED", "CMPCONST", "ComparisonMismatch")
PRECEDENCE = ("BitwiseRelPrecedence", "LogicalOpParentheses", "BitwiseOpParentheses", "ArithInShift")
NOT = ("LogicalNotParentheses",)
CHOICE = ("ConditionalPrecedence",)
CHAIN = ("ConsecutiveComparison",)
LOGICAL = ("WIDTHTRUNC", "WIDTHEXPAND", "WidthTruncate", "WidthExpand")
MISTYPED = (
    *("ExpectedExpression", "AssignmentNotAllowed", "ExpectedToken", "ExpectedContinuousAssignment"),
    *("ExprNotStatement", "AssignmentRequiresParens", "ExpectedStatement", "ExpressionNotAssignable", "SYNTAX"),
)
# A shift or a divisor that makes no sense: what computes it may be the other operation.
ARITHMETIC = ("ShiftCountOverflow", "ShiftCountNegative", "DivideByZero")
OPPOSITE = {"+": "-", "-": "+", "<<": ">>", ">>": "<<", "*": "/", "/": "*"}
CODES = (*ARITHMETIC, *CONSTANT, *PRECEDENCE, *NOT, *CHOICE, *CHAIN, *LOGICAL, *MISTYPED)
# What a comparison that is always true (or never) was meant to be: the same one with or without equality first.
INSTEAD = {
    ">=": (">", "<=", "!=", "=="),
    "<=": ("<", ">=", "==", "!="),
    ">": (">=", "<", "==", "!="),
    "<": ("<=", ">", "!=", "=="),
    "==": ("!=", ">=", "<="),
    "!=": ("==", ">", "<"),
}
TWINS = {"&&": "&", "||": "|", "!": "~", "&": "&&", "|": "||", "~": "!"}
# Two signs in a row that are none together, as typed and as meant.
PAIRS = {("=", "<"): "<=", ("=", ">"): ">=", ("=", "!"): "!=", ("<", ">"): "!=", (":", "="): "=", ("&&", "&"): "&&"}
SINGLE = {"=>": ">=", "&&&": "&&"}
BINDING = {"*": 9, "/": 9, "%": 9, "+": 8, "-": 8, "<<": 7, ">>": 7, "<<<": 7, ">>>": 7}
ORDER = {"==": 5, "!=": 5, "===": 5, "!==": 5, "<": 6, ">": 6, "<=": 6, ">=": 6, "&": 4, "^": 3, "~^": 3, "|": 2}
LEVELS = {**BINDING, **ORDER, "&&": 1, "||": 0, "?": -1}
ENDS = frozenset((";", ",", "=", ":", "begin", "end", "else", "if", "assign", "case", "return"))


def draft(place: Place) -> Iterator[Draft]:
    """Other operators, and other brackets around those that are there."""
    if place.code in CONSTANT:
        yield from compared(place)
    if place.code in ARITHMETIC:
        near = [n for n in (*place.under, *place.line) if place.src.word(n) in OPPOSITE and not is_prefix(place, n)]
        yield from (swap(place, odds, n, OPPOSITE[place.src.word(n)]) for odds, n in enumerate(dict.fromkeys(near)))
    if place.code in PRECEDENCE:
        yield from _grouped(place)
    if place.code in NOT:
        yield from negated(place)
    if place.code in CHOICE:
        yield from _choice(place)
    if place.code in CHAIN:
        yield from _chain(place)
    if place.code in LOGICAL:
        yield from _twins(place)
    if place.code in MISTYPED:
        yield from _mistyped(place)


def swap(place: Place, odds: int, number: int, text: str) -> Draft:
    """One token for another."""
    old = place.src.word(number)
    return place.draft(odds, f"Replace '{old}' by '{text}'", place.replace(number, text), FAMILY)


def compared(place: Place) -> Iterator[Draft]:
    """The other comparisons for one that is constant."""
    # Verilator stands at the operator itself.
    for number in (place.at, place.at + 1, place.at - 1):
        others = INSTEAD.get(place.src.word(number), ())
        if others:
            yield from (swap(place, odds, number, text) for odds, text in enumerate(others))
            return


def operand(place: Place, operator: int, step: int, level: int) -> int:
    """The last token, in one direction, of what an operator of a level takes there."""
    src, number = place.src, _whole(place, operator + step, step)
    while 0 < number < len(src.tokens) - 1:
        following = src.word(number + step)
        if following in ENDS or following in (")]}" if step > 0 else "([{") or number + step == place.assigns:
            return number
        if LEVELS.get(following, level) < level and not is_prefix(place, number + step):
            return number
        number = _whole(place, number + step, step)
    return number


def _whole(place: Place, number: int, step: int) -> int:
    """The other end of a bracket that is met on the way; any other token itself."""
    word = place.src.word(number)
    if step > 0 and word in ("(", "[", "{"):
        return place.src.closing(number)
    return place.src.opening(number) if step < 0 and word in (")", "]", "}") else number


def is_prefix(place: Place, number: int) -> bool:
    """Whether an operator stands before its only operand."""
    before = place.src.token(number - 1)
    return (before.kind == "operator" and before.text not in (")", "]", "}")) or before.text in ENDS


def _grouped(place: Place) -> Iterator[Draft]:
    """`a & b == c`: the weaker operator first, or the one that is meant for conditions, or as it is, in brackets."""
    for number in place.line:
        word = place.src.word(number)
        if word not in ("&", "|", "^", "&&", "+", "-", "<<", ">>") or is_prefix(place, number):
            continue
        yield from around(place, number)
        if word in TWINS and place.code == "BitwiseRelPrecedence":
            yield swap(place, 1, number, TWINS[word])


def around(place: Place, number: int) -> Iterator[Draft]:
    """Brackets around an operator with its two operands, or around what binds closer on either side."""
    src, word = place.src, place.src.word(number)
    left, right = operand(place, number, -1, 10), operand(place, number, 1, 10)
    yield in_brackets(place, 0, left, right)
    for side, other in ((1, number + 1), (-1, number - 1)):
        end = operand(place, number, side, LEVELS[word] + 1)
        first, last = (other, end) if side > 0 else (end, other)
        if last > first and not (src.word(first) == "(" and src.closing(first) == last):
            yield in_brackets(place, 2, first, last)


def in_brackets(place: Place, odds: int, first: int, last: int) -> Draft:
    """Brackets around the tokens from one to another."""
    text = place.between(first, last)
    edits = [place.insert(place.src.token(first).start, "("), place.insert(place.src.token(last).end, ")")]
    return place.draft(odds, f"Put '{text[:40]}' in brackets", edits, FAMILY)


def negated(place: Place) -> Iterator[Draft]:
    """`!a == b`: not equal; or the negation of `a` alone, bit by bit."""
    for number in place.line:
        last = operand(place, number, 1, 5)
        if place.src.word(number) != "!" or last == _whole(place, number + 1, 1):
            continue
        yield in_brackets(place, 0, number + 1, last)
        yield swap(place, 1, number, "~")
        yield in_brackets(place, 2, number, operand(place, number, 1, 10))


def _choice(place: Place) -> Iterator[Draft]:
    """`a + b ? c : d`: the choice is one operand of the operator before it, or all before it is its condition."""
    mark = next((n for n in (*place.under, *place.line) if place.src.word(n) == "?"), -1)
    if mark < 0:
        return
    first, end = operand(place, mark, -1, 10), _choice_end(place, mark)
    if end > mark:
        yield in_brackets(place, 0, first, end)
    start = operand(place, mark, -1, 0)
    if start < first:
        yield in_brackets(place, 1, start, mark - 1)


def _choice_end(place: Place, mark: int) -> int:
    src, number = place.src, mark + 1
    while number < len(src.tokens) and src.word(number) not in (";", ")", "}", ","):
        number = _whole(place, number, 1) + 1
    return number - 1


def _chain(place: Place) -> Iterator[Draft]:
    """`a < b < c` compares a truth value with `c`: both comparisons are meant to hold."""
    src = place.src
    found = [n for n in place.line if src.word(n) in ("<", ">", "<=", ">=") and n != place.assigns]
    for first, second in pairwise(found):
        middle = place.between(first + 1, second - 1)
        if ";" not in middle:
            edit = place.insert(src.token(second - 1).end, f" && {middle.strip()}")
            yield place.draft(0, f"Compare '{middle.strip()}' with both", edit, FAMILY)


def _twins(place: Place) -> Iterator[Draft]:
    """Bitwise for logical and the other way round, where the widths show that the other is meant."""
    logical = "LOG" in place.finding.message or place.code in ("WidthTruncate", "WidthExpand")
    if not logical and place.code in ("WIDTHTRUNC", "WIDTHEXPAND"):
        return
    for number in place.statement:
        word = place.src.word(number)
        if word in TWINS and (word not in ("&", "|") or not is_prefix(place, number)):
            yield swap(place, 2, number, TWINS[word])


def _mistyped(place: Place) -> Iterator[Draft]:
    """`=<`, `=>`, `<>`, `:=`, `==` as assignment, `<=` in a continuous one, words of other languages."""
    src = place.src
    for number in place.line:
        word, following = src.word(number), src.word(number + 1)
        adjacent = src.token(number).end == src.token(number + 1).start
        meant = PAIRS.get((word, following)) if adjacent else SINGLE.get(word)
        if meant is None:
            continue
        last = number if word in SINGLE else number + 1
        shown = place.between(number, last)
        for odds, text in enumerate((meant, "<=") if shown == ":=" else (meant,)):
            edit = place.replace(number, text, last)
            yield place.draft(odds, f"Replace '{shown}' by '{text}'", edit, FAMILY)
    yield from _conditions(place)
    yield from _assigning(place)
    yield from _words(place)


def _conditions(place: Place) -> Iterator[Draft]:
    """An `=` inside brackets compares, but for those of a `for` and of parameters."""
    src, depth = place.src, 0
    for number in place.line:
        depth += {"(": 1, ")": -1}.get(src.word(number), 0)
        if src.word(number) == "=" and depth > 0 and "for" not in [src.word(n) for n in place.line]:
            yield swap(place, 1, number, "==")


def _assigning(place: Place) -> Iterator[Draft]:
    """The first operator of the statement is the one that assigns."""
    src, statement = place.src, place.statement
    number = next((n for n in statement if src.word(n) in ("==", "===", "<=", "=", "=+")), -1)
    if number < 0:
        return
    continuous = src.word(statement.start) == "assign"
    if src.word(number) in ("==", "===") or (continuous and src.word(number) == "<="):
        yield swap(place, 1, number, "=")
        if not continuous:
            yield swap(place, 0, number, "<=")


def _words(place: Place) -> Iterator[Draft]:
    words = {"and": ("&&", "&"), "or": ("||", "|"), "not": ("!", "~"), "xor": ("^",), "mod": ("%",)}
    for number in place.line:
        before = place.src.token(number - 1)
        if place.src.word(number) in words and (before.text in ("=", "(", ")", "]", "<=") or before.is_name):
            for odds, text in enumerate(words[place.src.word(number)]):
                yield swap(place, odds, number, text)
