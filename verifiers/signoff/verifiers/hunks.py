"""Where two texts differ, in whole lines."""

from __future__ import annotations

from dataclasses import dataclass
from difflib import SequenceMatcher

from signoff.verifiers.text import LINE_END, LineIndex, difference

# A stretch of more lines than this is not compared line by line: it is one hunk.
LINES = 2_000


@dataclass(frozen=True, slots=True)
class Hunk:
    """One changed stretch: `old` lines from `first` on (from 0) are `new` afterwards; both without line ends."""

    first: int
    old: tuple[str, ...]
    new: tuple[str, ...]


def hunks(before: str, after: str) -> tuple[Hunk, ...]:
    """The changed stretches, the upper ones first; none where the texts are the same."""
    if before == after:
        return ()
    edit = difference(before, after)
    index = LineIndex(before)
    first, last = edit.span.start_line, edit.span.end_line
    tail = len(before) - index.line_end(last)
    old = LINE_END.split(before[index.starts[first] : index.line_end(last)])
    new = LINE_END.split(after[index.starts[first] : len(after) - tail])
    if max(len(old), len(new)) > LINES:
        return (Hunk(first, tuple(old), tuple(new)),)
    codes = SequenceMatcher(None, old, new, autojunk=False).get_opcodes()
    return tuple(Hunk(first + a, tuple(old[a:b]), tuple(new[c:d])) for kind, a, b, c, d in codes if kind != "equal")
