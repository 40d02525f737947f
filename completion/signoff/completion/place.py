"""A cursor's place in a document, and what was typed between two places of it. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass, replace

from signoff.completion import nesting
from signoff.completion.context import Hole
from signoff.verifiers.finding import Span
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import line_index

# What editors put behind the cursor by themselves as its counterpart is typed, and how many of them at most.
CLOSERS = frozenset(")]}\"'")
MOST_CLOSERS = 3
_ENDED = re.compile(r"(?:[;}]|\bend\w*(?:\s*:\s*\w+)?)\s*\Z")


@dataclass(frozen=True, slots=True)
class Place:
    """All text before and after a cursor. Line and column as in Span."""

    prefix: str
    suffix: str
    line: int
    column: int


@dataclass(frozen=True, slots=True)
class Since:
    """What happened since an earlier place: `typed` stands before the cursor now, and of what follows the cursor the
    editor has put in the first `covered` characters itself, as closers."""

    typed: str = ""
    covered: str = ""

    def rest(self, text: str) -> str:
        """What of a completion of the earlier place is still to come; "" where it disagrees, or nothing is."""
        if len(text) <= len(self.typed) or not text.startswith(self.typed):
            return ""
        rest = text[len(self.typed) :]
        # The closers will be replaced: the completion has to bring them along.
        remaining = iter(rest)
        return rest if all(closer in remaining for closer in self.covered) else ""


def place_at(snapshot: Snapshot, line: int, column: int) -> Place:
    """The place of a position; one beyond the line or the text is moved to its end."""
    index = line_index(snapshot.text)
    offset = index.offset(line, column)
    return Place(snapshot.text[:offset], snapshot.text[offset:], *index.position(offset))


def since(prefix: str, suffix: str, now: Place) -> Since | None:
    """What was typed since the cursor stood between `prefix` and `suffix`; None where anything else has changed."""
    covered = len(now.suffix) - len(suffix)
    if not 0 <= covered <= MOST_CLOSERS or not now.suffix.endswith(suffix) or not now.prefix.startswith(prefix):
        return None
    typed = now.prefix[len(prefix) :]
    if not CLOSERS.issuperset(now.suffix[:covered]) or (covered and not typed):
        return None
    return Since(typed, now.suffix[:covered])


def line_ended(before: str, after: str, language: str) -> bool:
    """Whether a line, up to the cursor and behind it, says all that it will: the next thing typed is a new line."""
    return language not in nesting.PYTHON and not after.strip() and _ENDED.search(before) is not None


def typed_between(prefix: str, suffix: str, text: str) -> str | None:
    """What stands between the two in `text`, closers of the editor's included; None where `text` is no such text."""
    if len(text) < len(prefix) + len(suffix) or not text.startswith(prefix) or not text.endswith(suffix):
        return None
    return text[len(prefix) : len(text) - len(suffix)]


def moved(hole: Hole, now: Place, typed: Since) -> Hole:
    """The hole of an earlier place as it is now: what it asks for is the same, only a part of it has been typed."""
    suffix = now.suffix[len(typed.covered) :]
    return replace(hole, prefix=now.prefix, suffix=suffix, line=now.line, column=now.column)


def span_of(now: Place, typed: Since) -> Span:
    """What a completion replaces: nothing, or the closers that it brings itself."""
    return Span(now.line, now.column, now.line, now.column + len(typed.covered))
