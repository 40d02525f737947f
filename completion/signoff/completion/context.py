"""The hole at the cursor, and what of the document the model gets to read around it."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from signoff.completion import nesting
from signoff.completion.model.protocol import Budget
from signoff.completion.passage import Passage
from signoff.verifiers.finding import Span
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

# After these a new line is meant: an opened block or list, or the head of a statement that wants its body.
_WANTS_STATEMENT = (
    r"\belse|\binitial|\balways(?:_comb|_latch)?|"
    r"\balways(?:_ff)?\s*@\s*(?:\*|\(.*\))|\b(?:if|for|while|repeat)\s*\(.*\)"
)
_OPEN_LINE = re.compile(rf"(?:\bbegin(?:\s*:\s*\w+)?|[{{(,]|\bgenerate|{_WANTS_STATEMENT}|\bcase[xz]?\s*\(.*\))\s*$")
# The one statement that these want is their body: what follows it would not belong to them.
_ONE_STATEMENT = re.compile(rf"(?:{_WANTS_STATEMENT})\s*$")
_UNIT = re.compile(r"^[ \t]*(?:module|macromodule|interface|package|program)\b", re.MULTILINE)
_LEADING_COMMENTS = re.compile(r"(?:\s+|//[^\n]*|#[^\n]*|/\*.*?\*/)*", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Hole:
    """The place to be filled: all text before and after it. `block`: several lines may come, else one.

    `single`: one statement is wanted (after `else`), which may be a block.
    `missing` are the closers that the document lacks, innermost first: only those may a completion add.
    """

    language: str
    prefix: str
    suffix: str
    line: int
    column: int
    block: bool
    single: bool = False
    missing: tuple[str, ...] = ()

    @property
    def span(self) -> Span:
        """The empty span at the cursor."""
        return Span(self.line, self.column, self.line, self.column)

    @property
    def line_prefix(self) -> str:
        """The cursor's line up to the cursor."""
        return re.split(r"[\r\n]", self.prefix)[-1]


def hole_at(snapshot: Snapshot, line: int, column: int) -> Hole | None:
    """The hole at a position; None inside a comment or a string, where no verifier could judge."""
    index = LineIndex(snapshot.text)
    offset = index.offset(line, column)
    line, column = index.position(offset)
    prefix, suffix = snapshot.text[:offset], snapshot.text[offset:]
    if nesting.in_comment_or_string(prefix, snapshot.language):
        return None
    before, after = prefix[index.starts[line] :], index.line(line)[column:]
    block = not after.strip() and (not before.strip() or _OPEN_LINE.search(before) is not None)
    single = block and snapshot.language in nesting.VERILOG and _wants_one(prefix)
    missing = _missing(prefix, suffix, snapshot.language)
    return Hole(snapshot.language, prefix, suffix, line, column, block, single, missing)


def _wants_one(prefix: str) -> bool:
    code = [line for line in prefix[-2000:].splitlines() if line.strip() and not line.lstrip().startswith("//")]
    return bool(code and _ONE_STATEMENT.search(code[-1].partition("//")[0]))


def _missing(prefix: str, suffix: str, language: str) -> tuple[str, ...]:
    open_, closed = nesting.unclosed(prefix, language), nesting.unopened(suffix, language)
    # Which of the open ones lacks its closer nobody can tell: take the innermost, as it is being written.
    surplus = len(open_) - len(closed)
    return tuple(reversed(open_[-surplus:])) if surplus > 0 else ()


# Characters a token, until the model's own tokenizer is asked.
CHARACTERS = 3.5


def read(hole: Hole, budget: Budget, passages: Iterable[Passage] = ()) -> tuple[str, str]:
    """(prefix, suffix) for the model, within the budget.

    The beginning stays the same, byte for byte, while the user types: a model server then need not read
    it again. `passages` stand first, as comments.
    """
    leader = "# " if hole.language in nesting.PYTHON else "// "
    known = "".join(f"{leader}{line}\n" for one in passages for line in one.text.splitlines())
    room, suffix = int(budget.prefix * CHARACTERS), int(budget.suffix * CHARACTERS)
    return known + _before(hole.prefix, room), _after(hole.suffix, suffix)


def _before(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    # The window starts at a multiple of a third of the room, so it stays put while a third of it is typed.
    step = max(room // 3, 1)
    start = -(-(len(text) - (room - room // 4)) // step) * step
    start = text.find("\n", min(start, len(text))) + 1 or len(text) - room // 2
    start = min(start, len(text) - min(room // 4, len(text)))
    return _head(text[:start], room // 4) + text[start:]


def _head(text: str, room: int) -> str:
    """The first lines of the unit that the cursor is in, else of the file without its licence."""
    units = list(_UNIT.finditer(text))
    comments = _LEADING_COMMENTS.match(text)
    start = units[-1].start() if units else comments.end() if comments else 0
    head = text[start : start + room]
    return head[: head.rfind("\n") + 1]


def _after(text: str, room: int) -> str:
    if len(text) <= room:
        return text
    end = text.rfind("\n", 0, room)
    return text[: end if end > 0 else room]
