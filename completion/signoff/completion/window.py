"""What of the document the model reads: a window before the cursor, a little after it, still while one types.

A model's server keeps what it has read. It reads on where the new prompt leaves the old one, so the window begins
at a place that stays (a declaration, a paragraph) until it is full, and only then at a later one.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

from signoff.completion import window_head
from signoff.completion.context import Hole
from signoff.completion.model.protocol import Budget
from signoff.completion.notes import Note, written
from signoff.verifiers.hdl.slang_text import well_formed

# Characters a token where nothing has been counted yet: low, so that a guess does not overrun the budget.
CHARACTERS = 2.8
# The cursor went back so far that less than this share of a new window stands before it: it begins anew.
LEAST = 3 / 8
# What the unit around a new window may take for its first lines.
HEAD = 3 / 8
# A suffix is read as it was even if it has turned out to be so much longer than it should.
SUFFIX_LENGTH = 1.25
# A suffix that differs in less than this share of its words is read as it was.
SAME_SUFFIX = 0.9
# So many of its words are compared.
WORDS = 400
_MARK = 80
_WORD = re.compile(r"\w+|[^\w\s]")
_INDENT = re.compile(r"[ \t]*")


@dataclass(frozen=True, slots=True)
class Window:
    """What is read of one document. `head` are the first lines of what encloses `body`, the text up to the cursor.

    Line ends are \\n, whatever the document has. `start` and `mark` are where body begins in the document, and
    what stands there; `after` is the text from which `suffix` was cut, `judged` the one that it was kept for. `notes`
    are what is told above lines of the body (the Reader puts them there).
    """

    head: str = ""
    body: str = ""
    suffix: str = ""
    start: int = 0
    mark: str = ""
    after: str = ""
    judged: str = ""
    notes: tuple[Note, ...] = ()

    @property
    def prefix(self) -> str:
        """Everything of the document before the cursor."""
        return self.head + self.body

    @property
    def line(self) -> int:
        """Where the cursor's line begins in `body`."""
        return self.body.rfind("\n") + 1

    def told(self, language: str) -> str:
        """What the model reads before the cursor: the document with the notes above its lines."""
        return self.head + written(self.body, self.notes, language)


def read(previous: Window | None, hole: Hole, budget: Budget, characters: float = CHARACTERS) -> Window:
    """The window at a hole, as much the same as the `previous` one of the document as can be.

    `characters` are those of a token of this text, as far as is known.
    """
    room, fresh = (max(int(tokens * characters), 1) for tokens in (budget.prefix, budget.begin))
    text = hole.prefix
    start = _kept(previous, text, room, fresh)
    if start is None:
        start = _begin(text, fresh if budget.fresh else room, fresh, hole.language)
        head = _head(text, start, fresh, hole.language)
    else:
        head = previous.head if previous is not None else ""
    mark = text[start : start + _MARK]
    after = _behind(hole, max(int(budget.suffix * characters), 0))
    cut_from, suffix = _suffix(previous, after, max(int(budget.suffix * characters), 0))
    return Window(head, _plain(text[start:]), suffix, start, mark, cut_from, after)


def _kept(previous: Window | None, text: str, room: int, fresh: int) -> int | None:
    """Where the previous window begins now; None where it has to begin anew."""
    if previous is None:
        return None
    start = _found(previous, text)
    if start is None:
        return None
    filled = len(text) - start + len(previous.head)
    if filled > room or (start and len(text) - start < fresh * LEAST):
        return None
    return start


def _found(previous: Window, text: str) -> int | None:
    start, mark = previous.start, previous.mark
    # Close to the cursor the mark is cut off by it, or is being typed.
    if start <= len(text) and (text.startswith(mark, start) or mark.startswith(text[start : start + _MARK])):
        return start
    if start == 0 or len(mark) < _MARK:
        return start if start == 0 else None
    # Something was written above the window: it has moved.
    moved = text.find(mark, max(0, start - 20_000), start + 20_000)
    return moved if moved > 0 else None


def _begin(text: str, whole: int, fresh: int, language: str) -> int:
    """Where a window begins anew: at the file's first code where no more than `whole` characters come from there, else
    where a paragraph begins."""
    first = window_head.first_code(text, language)
    if len(text) - first <= whole:
        return first
    # In steps, so that a window without a past begins where its neighbour's does.
    step = max(fresh // 4, 1)
    aim = -(-(len(text) - int(fresh * (1 - HEAD / 3))) // step) * step
    aim = min(aim, len(text) - fresh * 3 // 8)
    return _paragraph(text, max(aim - step, first), max(aim, first + 1))


def _paragraph(text: str, low: int, high: int) -> int:
    """The line start in the stretch that best begins something: after a blank line, little indented."""
    best, place = (False, 0), high
    at = text.find("\n", low - 1, high) + 1 if low else 0
    while low <= at < high:
        line_end = text.find("\n", at)
        line = text[at : line_end if line_end >= 0 else len(text)]
        if line.strip():
            blank_before = not text[text.rfind("\n", 0, max(at - 1, 0)) + 1 : max(at - 1, 0)].strip()
            indent = _INDENT.match(line)
            score = (blank_before, -(indent.end() if indent else 0))
            if place == high or score > best:
                best, place = score, at
        if line_end < 0:
            break
        at = line_end + 1
    return place


def _head(text: str, start: int, room: int, language: str) -> str:
    return _plain(window_head.head(text, start, int(room * HEAD), language)) if start else ""


def _behind(hole: Hole, room: int) -> str:
    """The text after the cursor, as much as can matter."""
    rest, end, below = hole.suffix[: 2 * room + 200].partition("\n")
    # What is blank behind the cursor comes and goes with every key.
    return rest.rstrip() + end + below


def _suffix(previous: Window | None, after: str, room: int) -> tuple[str, str]:
    """(the text it was cut from, the suffix): the previous one where little has changed in it."""
    if previous is not None and previous.suffix and len(previous.suffix) <= room * SUFFIX_LENGTH:
        same = after in (previous.after, previous.judged)
        if same or _barely_changed(previous.after, after, room):
            return previous.after, previous.suffix
    text = _plain(after)
    if len(text) > room:
        cut = text.rfind("\n", 0, room)
        text = text[: cut if cut > 0 else room]
    return after, text


def _barely_changed(old: str, new: str, room: int) -> bool:
    """Whether the text after the cursor, as far as it is read, is nearly what it was."""
    # The rest of the cursor's line and the line below must be as they are: the model's text ends against them.
    if old.split("\n", 2)[:2] != new.split("\n", 2)[:2]:
        return False
    return similar(_WORD.findall(old[:room])[:WORDS], _WORD.findall(new[:room])[:WORDS], SAME_SUFFIX)


def similar(one: Sequence[str], other: Sequence[str], share: float) -> bool:
    """Whether so much of two sequences (0 to 1) is common to both, in the same order.

    Myers' algorithm (An O(ND) Difference Algorithm, 1986), given up where too much differs.
    """
    most = int((len(one) + len(other)) * (1 - share) + 1e-9)
    apart = Counter(one)
    apart.subtract(other)
    if sum(map(abs, apart.values())) > most:
        return False
    reach = {1: 0}
    for edits in range(most + 1):
        for diagonal in range(-edits, edits + 1, 2):
            below = diagonal == -edits or (diagonal < edits and reach[diagonal - 1] < reach[diagonal + 1])
            at = reach[diagonal + 1] if below else reach[diagonal - 1] + 1
            while at < len(one) and at - diagonal < len(other) and one[at] == other[at - diagonal]:
                at += 1
            reach[diagonal] = at
            if at >= len(one) and at - diagonal >= len(other):
                return True
    return False


def _plain(text: str) -> str:
    return well_formed(text).replace("\r\n", "\n").replace("\r", "\n").removeprefix("\ufeff")
