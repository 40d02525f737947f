"""What is open at the cursor, in files of any size: a text is read in pieces, and a piece that was read is known.

A keystroke changes one piece. Those before the cursor are counted from the text's beginning, those behind it from its
end, so that all others stay what they were.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from signoff.completion import nesting
from signoff.completion.nesting import Mark

PIECE = 8192
PIECES = 2048
# Places whose rest of the text is known as a whole.
PLACES = 8


@dataclass(frozen=True, slots=True)
class Piece:
    """What is left of a piece once all is closed that it opens itself. `inside` is what its end lies in ("/*")."""

    rest: tuple[Mark, ...]
    inside: str


@dataclass(frozen=True, slots=True)
class Around:
    """The closers of what is open at the cursor, outermost first, and those that follow, innermost first.

    `inside`: the comment ("//", "/*") or string (its quote) that the cursor is in. `conditions`: how many conditions
    of the preprocessor it is under.
    """

    opened: tuple[str, ...]
    closed: tuple[str, ...]
    inside: str
    conditions: int


def around(prefix: str, suffix: str, language: str) -> Around:
    """What is open at the end of `prefix`, and what `suffix` closes of it."""
    opened: list[str] = []
    kept: list[list[str]] = []
    inside = ""
    for text in pieces(prefix):
        piece = _piece(text, language, inside)
        inside = piece.inside
        _replay(piece.rest, opened, kept)
    if inside:
        return Around(tuple(opened), (), inside, len(kept))
    return Around(tuple(opened), _closed(suffix, language), "", len(kept))


def pieces(text: str) -> Iterator[str]:
    """Pieces of whole lines, and last the line that is being written, which changes at every key."""
    start, last = 0, _line_start(text, len(text), 0)
    while start < last:
        end = _line_end(text, start + PIECE, last)
        yield text[start:end]
        start = end
    yield text[last:]


def _line_end(text: str, at: int, last: int) -> int:
    """The end of the first line from `at` on that does not go on after a backslash."""
    while at < last:
        at = text.find("\n", at) + 1
        if not 0 < at < last:
            return last
        if not _goes_on(text, at):
            return at
    return last


def _line_start(text: str, at: int, first: int) -> int:
    """The last start of a line up to `at` that does not follow a backslash; `first` where there is none."""
    at = text.rfind("\n", first, at) + 1
    while at > first and _goes_on(text, at):
        at = text.rfind("\n", first, at - 1) + 1
    return max(at, first)


def _goes_on(text: str, at: int) -> bool:
    """Whether the line that starts at `at` belongs to the one before it."""
    return text[max(at - 3, 0) : at].removesuffix("\n").removesuffix("\r").endswith("\\")


def _to_end(text: str) -> Iterator[str]:
    """The same, with the borders counted from the end."""
    borders = [len(text)]
    first = text.find("\n") + 1
    while borders[-1] - PIECE > first:
        at = _line_start(text, borders[-1] - PIECE, first)
        if at <= first:
            break
        borders.append(at)
    start = 0
    for end in reversed((*borders, first)):
        if end > start:
            yield text[start:end]
            start = end


@lru_cache(maxsize=PIECES)
def _piece(text: str, language: str, inside: str) -> Piece:
    start = 0
    if inside in ("/*", '"""', "'''"):
        closer = "*/" if inside == "/*" else inside
        at = text.find(closer)
        if at < 0:
            return Piece((), inside)
        start = at + len(closer)
    return Piece(*nesting.rest_of(text, language, start))


def _replay(found: Iterable[Mark], opened: list[str], kept: list[list[str]]) -> None:
    """Apply marks. Of the branches of a condition the last one counts: each begins with what the first began with."""
    for mark in found:
        if mark.closer:
            opened.append(mark.closer)
        elif mark.closes in opened:
            while opened.pop() != mark.closes:
                pass
        elif mark.turn == "if":
            kept.append(list(opened))
        elif mark.turn == "else" and kept:
            opened[:] = kept[-1]
        elif mark.turn == "endif" and kept:
            kept.pop()


def _closed(suffix: str, language: str) -> tuple[str, ...]:
    """The closers of what was opened before the suffix."""
    first, *others = [*_to_end(suffix), ""]
    piece = _piece(first, language, "")
    # A key changes the first piece alone, and that mostly to one that leaves the same behind.
    return _behind(_Behind().after(piece.rest), piece.inside, tuple(others), language).found


@dataclass(frozen=True, slots=True)
class _Behind:
    """What was read behind the cursor: `found` closers of what was opened before it, `stack` those that are wanted.

    `kept` are stack and found at the beginning of each condition. `depth` counts conditions that begin behind the
    cursor; other branches of the one that it is in are `skipped`.
    """

    found: tuple[str, ...] = ()
    stack: tuple[str, ...] = ()
    kept: tuple[tuple[tuple[str, ...], tuple[str, ...]], ...] = ()
    depth: int = 0
    skipped: bool = False

    def after(self, marks: Iterable[Mark]) -> _Behind:
        """The same after more marks."""
        found, stack, kept = list(self.found), list(self.stack), list(self.kept)
        depth, skipped = self.depth, self.skipped
        for mark in marks:
            depth += mark.turn == "if"
            if not depth and mark.turn in ("else", "endif"):
                skipped = mark.turn == "else"
                continue
            depth -= mark.turn == "endif"
            if skipped:
                continue
            if mark.closer:
                stack.append(mark.closer)
            elif mark.closes and mark.closes in stack:
                while stack.pop() != mark.closes:
                    pass
            elif mark.closes:
                found.append(mark.closes)
            elif mark.turn == "if":
                kept.append((tuple(stack), tuple(found)))
            elif mark.turn == "else" and kept:
                stack, found = map(list, kept[-1])
            elif mark.turn == "endif" and kept:
                kept.pop()
        return _Behind(tuple(found), tuple(stack), tuple(kept), depth, skipped)


@lru_cache(maxsize=PLACES)
def _behind(before: _Behind, inside: str, texts: tuple[str, ...], language: str) -> _Behind:
    """What was read after further pieces, of which the first begins `inside` something."""
    for text in texts:
        piece = _piece(text, language, inside)
        before, inside = before.after(piece.rest), piece.inside
    return before
