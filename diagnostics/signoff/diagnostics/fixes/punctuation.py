"""A missing semicolon, comma or bracket, where the parser stood; a surplus bracket; a missing `assign`."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.modules import module_at
from signoff.diagnostics.fixes.source import Source, quoted, source, spot
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

INSERTED = frozenset((";", ",", ":", "(", ")", "[", "]", "{", "}", "="))
BRACKETS = {"(": ")", "[": "]", "{": "}"}
# Looked at before and after a fault for a bracket without its partner.
STATEMENT_TOKENS = 200
# A parser that has lost a semicolon often complains of what follows instead.
AFTER_LOST_SEMICOLON = re.compile(r"^(Expected|Unexpected|ExprNotStatement|MisplacedTrailing|NotAllowed)")
# What slang says where a list ends in a comma.
AFTER_TRAILING_COMMA = frozenset(
    ("MisplacedTrailingSeparator", "MixingOrderedAndNamedPorts", "ExpectedIdentifier", "ExpectedExpression")
)
_UNOPENED = (
    (
        re.compile(
            r"\b(?:reg|wire|logic|input|output|inout|parameter|localparam|signed)\s+(?=[^\[\];,]*:[^\[\];,]*\])"
        ),
        "[",
    ),
    (re.compile(r"\.\w+\s+(?=[\w'{~!&|][^()]*\))"), "("),
)
_NAME_AND_DIGITS = re.compile(r"([A-Za-z_]\w*?)(\d+)$")
_CONTINUOUS = re.compile(r"\s*(\{[^}]*\}|[A-Za-z_]\w*(\s*\[[^\]]*\])*)\s*=[^=]")


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Insert what the parser expected; then a semicolon before the line that it stumbled over."""
    src = source(index.text)
    start = spot(finding, index)
    if finding.code in AFTER_TRAILING_COMMA:
        yield from _trailing_comma(finding, src, index, start)
    if finding.severity is not Severity.ERROR:
        return
    wanted = quoted(finding.message)[:1] if finding.code == "ExpectedToken" else ()
    listed = wanted == (";",) and src.word(src.from_(start) + 1) in (",", ";", "=", ")")
    if listed or finding.code == "ExpectedIdentifier":
        yield from _insert(finding, src, index, ",", _places(src, start))
    if wanted == ("]",):
        yield from _insert(finding, src, index, "]", _after_index(src, start))
    if wanted and wanted[0] in INSERTED:
        yield from _insert(finding, src, index, wanted[0], _places(src, start))
    if finding.code.startswith("Expected"):
        yield from _unclosed(finding, src, index, start)
        yield from _unopened(finding, index)
    if finding.code.startswith("Expected") or finding.code == "TypoIdentifier":
        yield from _split_index(finding, src, index)
    if finding.code == "AssignmentRequiresParens":
        yield from _compare(finding, src, index)
    if AFTER_LOST_SEMICOLON.match(finding.code) and wanted != (";",):
        yield from _insert(finding, src, index, ";", _line_ends(src, index, start))
    if finding.code == "UnexpectedEndDelim" and quoted(finding.message)[:1] in ((")",), ("]",), ("}",)):
        token = src.token(min(src.at(start), len(src.tokens) - 1))
        edit = replacement(index, token.start, token.end, "")
        yield FixCandidate(f"Remove the surplus '{token.text}'", (edit,), "punctuation", finding)
    if finding.code == "ExpectedDeclarator" and _CONTINUOUS.match(line := index.line(finding.span.start_line)):
        place = index.offset(finding.span.start_line, len(line) - len(line.lstrip()))
        edit = replacement(index, place, place, "assign ")
        yield FixCandidate("Insert 'assign'", (edit,), "punctuation", finding)


def _trailing_comma(finding: Finding, src: Source, index: LineIndex, offset: int) -> Iterator[FixCandidate]:
    """Remove a comma right before the `)` near the place."""
    near = range(src.before(offset), src.before(offset) + 4)
    comma = next((n for n in near if src.word(n) == "," and src.word(n + 1) == ")"), None)
    if comma is not None:
        edit = replacement(index, src.token(comma).start, src.token(comma).end, "")
        yield FixCandidate("Remove the ',' before ')'", (edit,), "punctuation", finding)


def _unclosed(finding: Finding, src: Source, index: LineIndex, offset: int) -> Iterator[FixCandidate]:
    """Close a bracket of the faulty statement before the first token that cannot stand inside it."""
    number = src.at(offset)
    start = number
    while start > 0 and src.word(start - 1) not in (";", "begin", "end", "else") and number - start < STATEMENT_TOKENS:
        start -= 1
    stack: list[tuple[str, bool]] = []
    opened: list[int] = []
    for place in range(start, min(start + 2 * STATEMENT_TOKENS, len(src.tokens))):
        word = src.word(place)
        if word in BRACKETS:
            stack.append((word, False))
            opened.append(place)
        elif word == "?" and stack:
            stack[-1] = (stack[-1][0], True)
        elif stack and (_ends(word, *stack[-1]) or _next_connection(src, place, opened[-1])):
            end = src.token(place - 1 if word != "." else place - 2).end
            yield from _insert(finding, src, index, BRACKETS[stack[-1][0]], [end])
            return
        elif word in BRACKETS.values():
            if not stack:
                return
            stack.pop()
            opened.pop()
        elif word == ":" and stack:
            stack[-1] = (stack[-1][0], False)


def _after_index(src: Source, offset: int) -> list[int]:
    """After the plain number or name that an open `[` begins with: `a[1 & b` is rather `a[1] & b`."""
    last = src.before(offset)
    opening = next((n for n in range(last, max(last - STATEMENT_TOKENS, 0), -1) if src.word(n) in ("[", "]", ";")), 0)
    plain = src.word(opening) == "[" and src.token(opening + 1).kind in ("word", "number")
    return [src.token(opening + 1).end] if plain and src.word(opening + 2) not in (":", "+:", "-:", "[", ".") else []


def _next_connection(src: Source, place: int, opening: int) -> bool:
    """Whether `, .name(` begins inside the brackets of `.name(`: those of one connection are still open."""
    return src.word(place) == "." and src.word(place - 1) == "," and src.word(opening - 2) == "."


def _unopened(finding: Finding, index: LineIndex) -> Iterator[FixCandidate]:
    """The opening bracket of a range after its type, or of a connection after its port."""
    line = finding.span.start_line
    for pattern, bracket in _UNOPENED:
        if match := pattern.search(index.line(line)):
            place = index.offset(line, match.end())
            edit = replacement(index, place, place, bracket)
            yield FixCandidate(f"Insert '{bracket}'", (edit,), "punctuation", finding)


def _split_index(finding: Finding, src: Source, index: LineIndex) -> Iterator[FixCandidate]:
    """`data5]` for `data[5]`, where `data` is declared."""
    line = finding.span.start_line
    module = module_at(index.text, index.starts[min(line, len(index.starts) - 1)])
    first, last = src.from_(index.offset(line, 0)), src.from_(index.line_end(line))
    for number in range(first, last):
        match = _NAME_AND_DIGITS.match(src.word(number))
        closes = src.word(number + 1) == "]" or (src.word(number + 1) == ":" and src.word(number + 3) == "]")
        if match and closes and module is not None and match[1] in module.declared:
            place = src.token(number).start + match.end(1)
            yield FixCandidate("Insert '['", (replacement(index, place, place, "["),), "punctuation", finding)


def _ends(word: str, bracket: str, choice: bool) -> bool:
    """Whether a token cannot stand inside a bracket; `choice`: a `?` inside still waits for its `:`."""
    if word in (";", "begin", "=") or (word in BRACKETS.values() and word != BRACKETS[bracket]):
        return True
    return word == ":" and bracket in "({" and not choice


def _compare(finding: Finding, src: Source, index: LineIndex) -> Iterator[FixCandidate]:
    """`if (a = b)`: an assignment is no condition, so that a comparison was meant."""
    start, end = index.offsets(finding.span)
    equals = [token for token in src.tokens[src.at(start) : src.from_(max(end, start + 1))] if token.text == "="]
    if len(equals) == 1:
        edit = replacement(index, equals[0].start, equals[0].end, "==")
        yield FixCandidate("Compare with '==' instead of assigning", (edit,), "punctuation", finding)


def _places(src: Source, offset: int) -> list[int]:
    """Just after the token before the place, and just after the token at it: tools name either."""
    at = src.at(offset)
    ends = [src.token(number).end for number in (src.before(offset), at) if 0 <= number < len(src.tokens)]
    inside = at < len(src.tokens) and src.token(at).start < offset
    return ends[::-1] if inside else ends


def _line_ends(src: Source, index: LineIndex, offset: int) -> list[int]:
    """Ends of the last tokens of the two lines before the place: where a lost semicolon would have stood."""
    line, places = index.position(offset)[0], list[int]()
    number = src.before(index.offset(line, 0))
    at = src.at(offset)
    if at < len(src.tokens) and index.position(src.token(at).start)[0] > line:
        number = at - 1
    while number >= 0 and len(places) < 2:
        token = src.token(number)
        if token.text not in (";", ",", "(", "begin", "=", "<=") and token.kind != "directive":
            places.append(token.end)
        number = src.before(index.offset(index.position(token.start)[0], 0))
    return places


def _insert(finding: Finding, src: Source, index: LineIndex, text: str, places: list[int]) -> Iterator[FixCandidate]:
    for place in dict.fromkeys(places):
        line = index.position(place)[0] + 1
        title = (
            f"Insert '{text}'" if line == finding.span.start_line + 1 else f"Insert '{text}' at the end of line {line}"
        )
        yield FixCandidate(title, (replacement(index, place, place, text),), "punctuation", finding)
