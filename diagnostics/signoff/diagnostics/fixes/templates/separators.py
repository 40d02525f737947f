"""What stands where the parser expected something else: that, in its place. One keyword of a kind for another."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.blocks import END_WORDS
from signoff.diagnostics.fixes.source import Source, quoted
from signoff.diagnostics.fixes.templates.place import Draft, Place

FAMILY = "separators"
CODES = (
    *("ExpectedToken", "ExprNotStatement", "ExpectedStatement", "ExpectedIdentifier", "ExpectedDeclarator"),
    *(
        "UnexpectedEndDelim",
        "MisplacedTrailingSeparator",
        "ExpectedMember",
        "ExpectedExpression",
    ),
    *("ExpectedConditionalExpression", "ExpectedPortConnection", "AssignmentRequiresParens", "ExpectedCaseItem"),
    *("SYNTAX", "ConstEvalNonConstVariable", "NotAllowedInModule"),
)
# Tokens before a bracket that closes nothing where it may have been opened.
REACH = 12
SIGNS = frozenset((";", ",", ":", ".", "(", ")", "[", "]", "{", "}", "="))
# A brace behind one of these closes no concatenation.
STATEMENT_ENDS = (";", "end", "endcase", "begin")
BRACKETS = {"(": ")", "[": "]", "{": "}"}
# Expected by one tool or the other where lists, choices and ranges go on.
MEANT = {";": (",", ":"), ",": (";", ":"), ":": (";", ","), ".": (",",)}


def draft(place: Place) -> Iterator[Draft]:
    """Another sign, another bracket, another closing word at the place."""
    wanted = quoted(place.finding.message)[:1] if place.code == "ExpectedToken" else ()
    for number in _around(place):
        word = place.src.word(number)
        # A bracket gives way to another bracket only: without it, something is lost.
        kinds = (SIGNS - BRACKETS.keys() - {*BRACKETS.values()}, {*BRACKETS, *BRACKETS.values()}, END_WORDS)
        if wanted and word != wanted[0] and any(word in kind and wanted[0] in kind for kind in kinds):
            yield _swap(place, 0, number, wanted[0])
        for odds, other in enumerate(MEANT.get(word, ())):
            yield _swap(place, 3 + odds, number, other)
    yield from brackets(place)
    yield from unbalanced(place)
    yield from _braces(place)
    yield from _replication(place)


def _swap(place: Place, odds: int, number: int, text: str) -> Draft:
    old = place.src.word(number)
    return place.draft(odds, f"Replace '{old}' by '{text}'", place.replace(number, text), FAMILY)


def _around(place: Place) -> Iterator[int]:
    """The tokens that the parser may mean: slang stands behind the last one it took, Verilator at the next."""
    here = place.src.at(place.spot)
    yield from dict.fromkeys(n for n in (here, here + 1, here - 1) if 0 <= n < len(place.src.tokens))


def brackets(place: Place) -> Iterator[Draft]:
    """A bracket that is closed by one of another kind."""
    src, stack = place.src, list[int]()
    for number in place.statement:
        word = src.word(number)
        if word in BRACKETS:
            stack.append(number)
        elif word in BRACKETS.values() and stack:
            opening = stack.pop()
            if BRACKETS[src.word(opening)] != word:
                yield _swap(place, 1, number, BRACKETS[src.word(opening)])
                yield _swap(place, 2, opening, next(one for one, other in BRACKETS.items() if other == word))


def unbalanced(place: Place) -> Iterator[Draft]:
    """A bracket on the line without its partner: that one may stand before, or behind, any token in between."""
    src, stack = place.src, list[int]()
    for number in place.line:
        word = src.word(number)
        if word in BRACKETS:
            stack.append(number)
        elif word in BRACKETS.values() and stack and BRACKETS[src.word(stack[-1])] == word:
            stack.pop()
        elif word in BRACKETS.values():
            yield from _partner(place, number, stack[-1] if stack else -1)
            return


def _partner(place: Place, closing: int, opening: int) -> Iterator[Draft]:
    """Where the partner of a closing bracket may be missing; of the last one that is open, where there is one."""
    src = place.src
    word = next(one for one, other in BRACKETS.items() if other == src.word(closing))
    if opening < 0 and place.line.start <= place.assigns < closing:
        offset = src.token(place.assigns + 1).start
        yield place.draft(1, f"Insert '{word}' behind '{src.word(place.assigns)}'", place.insert(offset, word), FAMILY)
    before = range(closing - 1, max(place.line.start, closing - REACH, opening + 1) - 1, -1)
    for odds, number in enumerate(n for n in before if src.token(n).kind in ("word", "number")):
        if opening >= 0:
            wanted, offset = BRACKETS[src.word(opening)], src.token(number).end
            title = f"Insert '{wanted}' behind '{src.word(number)}'"
        else:
            wanted, offset = word, src.token(number).start
            title = f"Insert '{wanted}' before '{src.word(number)}'"
        yield place.draft(1 + odds, title, place.insert(offset, wanted), FAMILY)


def _braces(place: Place) -> Iterator[Draft]:
    """C's braces around statements."""
    src = place.src
    above = src.from_(place.index.offset(max(place.finding.span.start_line - 2, 0), 0))
    last = min(place.line.stop + 400, len(src.tokens))
    opened = [n for n in range(above, place.line.stop) if src.word(n) == "{" and _before_block(src, n)]
    for opening in opened[-1:]:
        yield _swap(place, 1, opening, "begin")
        depth = 0
        for number in range(opening, last):
            depth += {"{": 1, "}": -1}.get(src.word(number), 0)
            if depth == 0:
                edits = (place.replace(opening, "begin"), place.replace(number, "end"))
                yield place.draft(0, "Write begin and end for the braces", edits, FAMILY)
                break
    closing = next((n for n in range(above, last) if src.word(n) == "}" and src.word(n - 1) in STATEMENT_ENDS), -1)
    if closing >= 0:
        yield _swap(place, 1, closing, "end")


def _before_block(src: Source, number: int) -> bool:
    """Whether a statement begins at a token: behind a condition, a label, `else` or `@*`."""
    return src.word(number - 1) in (")", "else", ":") or (src.word(number - 2), src.word(number - 1)) == ("@", "*")


def _replication(place: Place) -> Iterator[Draft]:
    """`4{x}` lacks the braces around it."""
    src = place.src
    for number in place.statement:
        if src.token(number).kind == "number" and src.word(number + 1) == "{" and src.word(number - 1) != "{":
            close = src.closing(number + 1)
            edits = (place.insert(src.token(number).start, "{"), place.insert(src.token(close).end, "}"))
            yield place.draft(1, f"Put '{place.between(number, close)[:40]}' in braces", edits, FAMILY)
