"""From a tool's columns to ours: tools count bytes, and in what the preprocessor left of a line."""

from __future__ import annotations

import re
from difflib import SequenceMatcher

from signoff.verifiers.finding import Span

TOKEN = re.compile(r"\\\S+|[`$]?\w+|\s+|[<>=!~^&|*+-]=+|<<|>>|.", re.DOTALL)
# Beyond this, aligning token by token costs more than a column is worth.
LONG_LINE = 2000


def place(line: str, shown: str, number: int, start: int, end: int) -> Span:
    """The span on line `number` (from 0) that a tool means by byte columns `start` to `end` (from 0, half open).

    `line` is the line's text, `shown` what the tool had of it: comments gone, macros expanded ("": as it is).
    The span covers a whole token at the least, and nothing only on an empty line.
    """
    basis = shown or line
    first, last = characters(basis, start), characters(basis, max(end, start + 1))
    width = last - first
    if shown and line[:first] != shown[:first]:
        first = _aligned(line, shown, first)
    low, high = _token(line, first)
    wanted = line[low : low + width]
    if low == first and width > high - low and wanted.strip() == wanted and len(wanted) == width:
        high = low + width
    return Span(number, low, number, high)


def characters(text: str, column: int) -> int:
    """The code point column of a byte column in UTF-8."""
    if text.isascii():
        return max(column, 0)
    return len(text.encode("utf-8", "replace")[: max(column, 0)].decode("utf-8", "ignore"))


def _token(line: str, column: int) -> tuple[int, int]:
    """The token that begins at `column` or after it, else the last one of the line."""
    for match in TOKEN.finditer(line, min(max(column, 0), len(line))):
        if not match[0].isspace():
            return match.span()
    end = len(line.rstrip())
    last = [match for match in TOKEN.finditer(line, 0, end) if not match[0].isspace()]
    return last[-1].span() if last else (0, 0)


def _aligned(line: str, shown: str, column: int) -> int:
    """Where in `line` stands what is at `column` of `shown`."""
    tail = shown[column:].rstrip()
    if tail and line.rstrip().endswith(tail):
        return len(line.rstrip()) - len(tail)
    if len(line) > LONG_LINE or len(shown) > LONG_LINE:
        return 0
    ours, theirs = list(TOKEN.finditer(line)), list(TOKEN.finditer(shown))
    if not ours:
        return 0
    wanted = next((n for n, match in enumerate(theirs) if match.end() > column), len(theirs))
    matcher = SequenceMatcher(None, [m[0] for m in theirs], [m[0] for m in ours], autojunk=False)
    for block in matcher.get_matching_blocks():
        if wanted < block.a + block.size:
            # Inside the block: the same token. Before it: what a macro became, so the macro in front of the block.
            shift = wanted - block.a
            return ours[block.b + shift].start() if shift >= 0 else ours[max(block.b - 1, 0)].start()
    return 0
