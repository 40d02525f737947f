"""How much of what was accepted is still there a while later: spans followed through edits. Pure.

Whether a completion was accepted says little, as a text is often taken and then rewritten. What is counted is the
share of its characters (blanks aside) that stand in its place after 30 and 300 seconds.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import dataclass
from difflib import SequenceMatcher
from itertools import accumulate

from signoff.verifiers.text import common, common_end

# Seconds after the acceptance at which is looked.
MARKS = (30.0, 300.0)
# A text as long as this, in characters, is compared word by word; beyond it, only found again as a whole.
COMPARED = 40_000
_WORD = re.compile(r"\w+|[^\w\s]")


@dataclass(frozen=True, slots=True)
class Measured:
    """Of `characters` accepted ones `kept` were still there at the mark (30 or 300 seconds)."""

    language: str
    model: str
    mark: float
    characters: int
    kept: int


@dataclass(slots=True)
class _Watch:
    """One accepted text and where it lies now: offsets `start` to `end` of its document."""

    uri: str
    language: str
    model: str
    text: str
    start: int
    end: int
    since: float
    mark: int = 0

    @property
    def due(self) -> float:
        return self.since + MARKS[self.mark]


class Kept:
    """Watches accepted texts. Times are seconds of any one clock that does not go back."""

    def __init__(self) -> None:
        self._watches: list[_Watch] = []

    def accepted(self, uri: str, language: str, model: str, span: tuple[int, int], text: str, now: float) -> None:
        """`text` was accepted and lies at offsets `span` of the document."""
        if size(text):
            self._watches.append(_Watch(uri, language, model, text, *span, now))

    def watches(self, uri: str) -> bool:
        """Whether edits of the document matter."""
        return any(watch.uri == uri for watch in self._watches)

    def edited(self, uri: str, before: str, first: int, last: int, new: str) -> None:
        """The document's text `before` had offsets `first` to `last` replaced by `new`."""
        for watch in self._watches:
            if watch.uri == uri:
                watch.start, watch.end = moved((watch.start, watch.end), before, first, last, new)

    @property
    def next_due(self) -> float | None:
        """When there is something to look at; None where nothing is watched."""
        return min((watch.due for watch in self._watches), default=None)

    def due(self, now: float, text_of: Callable[[str], str | None]) -> tuple[Measured, ...]:
        """What is to be looked at by now; `text_of` gives a document's present text, None where it is not open."""
        found = []
        for watch in list(self._watches):
            while watch.mark < len(MARKS) and watch.due <= now:
                found.append(self._measure(watch, text_of(watch.uri) or ""))
        self._watches = [watch for watch in self._watches if watch.mark < len(MARKS)]
        return tuple(found)

    def closed(self, uri: str, text: str) -> tuple[Measured, ...]:
        """The document is closed with this text: what stands in it now counts for the marks that are still to come."""
        found = []
        for watch in self._watches:
            while watch.uri == uri and watch.mark < len(MARKS):
                found.append(self._measure(watch, text))
        self._watches = [watch for watch in self._watches if watch.uri != uri]
        return tuple(found)

    def _measure(self, watch: _Watch, text: str) -> Measured:
        mark, watch.mark = MARKS[watch.mark], watch.mark + 1
        kept = still_there(watch.text, text[watch.start : watch.end])
        return Measured(watch.language, watch.model, mark, size(watch.text), kept)


def size(text: str) -> int:
    """The characters of a text, blanks aside: what a formatter moves about is not lost."""
    return sum(map(len, text.split()))


def still_there(accepted: str, present: str) -> int:
    """How many characters of `accepted`, blanks aside, stand in `present` in the same order, in whole words."""
    before, after = _WORD.findall(accepted), _WORD.findall(present)
    if before == after or len(present) > COMPARED:
        return size(accepted) if before == after or accepted.strip() in present else 0
    blocks = SequenceMatcher(None, before, after, autojunk=False).get_matching_blocks()
    return sum(len(word) for block in blocks for word in before[block.a : block.a + block.size])


def moved(span: tuple[int, int], before: str, first: int, last: int, new: str) -> tuple[int, int]:
    """Where a span lies after an edit of the text `before`; what replaces a part of it belongs to it."""
    first, last, new = shrunk(before, first, last, new)
    start, end = span
    shift = len(new) - (last - first)
    if first == last == start == end:  # an undone text comes back
        return start, end + shift
    if last <= start:
        return start + shift, end + shift
    if first >= end:
        return span
    inside = start <= first and last <= end
    if inside or "\n" not in before[first:last] + new:
        return min(start, first), max(end, last) + shift
    return _within(before, first, last, new, span)


def shrunk(before: str, first: int, last: int, new: str) -> tuple[int, int, str]:
    """The same edit without what it replaces by itself at both ends: editors replace more than they change."""
    old = before[first:last]
    head = common(old, new)
    tail = common_end(old[head:], new[head:])
    return first + head, last - tail, new[head : len(new) - tail]


def _within(before: str, first: int, last: int, new: str, span: tuple[int, int]) -> tuple[int, int]:
    """Where a span went in an edit of many lines around it (a formatter's): between the equal lines around it."""
    if last - first > COMPARED or len(new) > COMPARED:
        return min(span[0], first), max(span[1] - last, 0) + first + len(new)
    # Whole lines, whatever part of the first and the last one was replaced.
    low = before.rfind("\n", 0, min(first, span[0])) + 1
    high = before.find("\n", max(last, span[1])) + 1 or len(before)
    old_lines = before[low:high].splitlines(True)
    new_lines = (before[low:first] + new + before[last:high]).splitlines(True)
    starts = list(accumulate(map(len, old_lines), initial=low))
    begin, end = 0, len(new_lines)
    for block in SequenceMatcher(None, old_lines, new_lines, autojunk=False).get_matching_blocks():
        if block.size and starts[block.a + block.size] <= span[0]:
            begin = block.b + block.size
        elif block.size and starts[block.a] >= span[1]:
            end = min(end, block.b)
    head = low + sum(map(len, new_lines[:begin]))
    return head, head + sum(map(len, new_lines[begin:end]))
