"""Lines, positions and edits of a text. Lines end at \\n, \\r\\n or \\r and nowhere else, as the protocol has it."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable
from dataclasses import dataclass
from itertools import accumulate

from signoff.verifiers.finding import Span

LINE_END = re.compile(r"\r\n|\n|\r")
# The mark that some editors put in front of UTF-8: no part of the text, though some clients send it with it.
BOM = "\ufeff"


class LineIndex:
    """Where each line of `text` starts. Offsets and columns are Unicode code points, counted from 0."""

    __slots__ = ("starts", "text")

    def __init__(self, text: str, starts: list[int] | None = None) -> None:
        self.text = text
        self.starts = _line_starts(text) if starts is None else starts

    def replaced(self, start: int, end: int, text: str) -> LineIndex:
        """The index after replacing the text from offset `start` to `end`; lines far from it are not read again."""
        return self._replaced(start, end, text, "".join((self.text[:start], text, self.text[end:])))

    def changed(self, text: str) -> LineIndex:
        """The index of another text; of one that differs in one place only that place is read."""
        start = common(self.text, text)
        tail = common_end(self.text[start:], text[start:])
        return self._replaced(start, len(self.text) - tail, text[start : len(text) - tail], text)

    def _replaced(self, start: int, end: int, text: str, whole: str) -> LineIndex:
        if "\r" in text or "\r" in self.text[max(start - 1, 0) : end + 1]:
            return LineIndex(whole)
        first, last = bisect_right(self.starts, start), bisect_right(self.starts, end)
        shift = len(text) - (end - start)
        fresh = [start + at for at in _line_starts(text)[1:]]
        return LineIndex(whole, [*self.starts[:first], *fresh, *map(shift.__add__, self.starts[last:])])

    def offset(self, line: int, column: int) -> int:
        """The offset of a position; one beyond the line or the text is moved to its end."""
        if line < 0:
            return 0
        if line >= len(self.starts):
            return len(self.text)
        return min(self.starts[line] + max(column, 0), self.line_end(line))

    def line_end(self, line: int) -> int:
        """The offset just before the line's own line ending."""
        if line + 1 >= len(self.starts):
            return len(self.text)
        end = self.starts[line + 1] - 1
        if self.text[end] == "\n" and end > self.starts[line] and self.text[end - 1] == "\r":
            end -= 1
        return end

    def line(self, line: int) -> str:
        """The text of a line without its line ending; "" beyond the text."""
        if not 0 <= line < len(self.starts):
            return ""
        return self.text[self.starts[line] : self.line_end(line)]

    def position(self, offset: int) -> tuple[int, int]:
        """(line, column) of an offset."""
        offset = min(max(offset, 0), len(self.text))
        line = bisect_right(self.starts, offset) - 1
        return line, offset - self.starts[line]

    def span(self, start: int, end: int) -> Span:
        """The span between two offsets."""
        return Span(*self.position(start), *self.position(end))

    def offsets(self, span: Span) -> tuple[int, int]:
        """(start, end) offsets of a span."""
        return self.offset(span.start_line, span.start_column), self.offset(span.end_line, span.end_column)


def line_index(text: str) -> LineIndex:
    """The index of a text that is looked at by several in turn, as the one before it was: made once, of what is new."""
    index = _KEPT.get(text)
    if index is None:
        before = next((one for one in reversed(list(_KEPT.values())) if _alike(one.text, text)), None)
        index = LineIndex(text) if before is None else before.changed(text)
    keep(index)
    return index


def keep(index: LineIndex) -> None:
    """Have line_index() give this index for its text."""
    _KEPT.pop(index.text, None)
    _KEPT[index.text] = index
    for text in list(_KEPT)[:-KEPT]:
        _KEPT.pop(text, None)


def _alike(one: str, other: str) -> bool:
    """Whether one text may be the other after an edit."""
    return abs(len(one) - len(other)) < 2000 and (one[:100] == other[:100] or one[-100:] == other[-100:])


# Texts whose index is kept.
KEPT = 8
_KEPT: dict[str, LineIndex] = {}


def common(one: str, other: str) -> int:
    """The length of the common beginning: by halves, as comparing slices is far faster than a loop."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[low:middle] == other[low:middle]:
            low = middle
        else:
            high = middle - 1
    return low


def common_end(one: str, other: str) -> int:
    """The length of the common end."""
    low, high = 0, min(len(one), len(other))
    while low < high:
        middle = (low + high + 1) // 2
        if one[len(one) - middle : len(one) - low] == other[len(other) - middle : len(other) - low]:
            low = middle
        else:
            high = middle - 1
    return low


def unmarked(text: str) -> str:
    """The text with a blank in place of a byte order mark in front: tools know one only where a file begins."""
    return f" {text[1:]}" if text.startswith(BOM) else text


def _line_starts(text: str) -> list[int]:
    if "\r" not in text:
        return [0, *accumulate(map((1).__add__, map(len, text.split("\n")[:-1])))]
    return [0, *(match.end() for match in LINE_END.finditer(text))]


@dataclass(frozen=True, slots=True)
class Edit:
    """Replace `span` of one document by `text`."""

    span: Span
    text: str


def apply_edits(text: str, edits: Iterable[Edit]) -> str:
    """The text with all edits applied; spans refer to the text as given. Raises ValueError where they overlap."""
    index = line_index(text)
    pieces = sorted((*index.offsets(edit.span), edit.text) for edit in edits)
    result: list[str] = []
    last = 0
    for start, end, replacement in pieces:
        if start < last:
            raise ValueError("edits overlap")
        result += (text[last:start], replacement)
        last = end
    return "".join((*result, text[last:]))


def difference(before: str, after: str) -> Edit:
    """The one smallest edit that turns `before` into `after`."""
    start = common(before, after)
    tail = common_end(before[start:], after[start:])
    # A position inside a \r\n does not exist for an editor: widen the edit to whole line endings.
    if 0 < start < len(before) and before[start - 1 : start + 1] == "\r\n":
        start -= 1
    if tail and before[len(before) - tail - 1 : len(before) - tail + 1] == "\r\n":
        tail -= 1
    return Edit(LineIndex(before).span(start, len(before) - tail), after[start : len(after) - tail])
