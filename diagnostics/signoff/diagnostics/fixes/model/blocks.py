"""A model's answer as edits: search/replace blocks and nothing else. What is anything else is refused, with a reason
that the model can act on. Pure."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import pairwise

from signoff.diagnostics.fixes.model.excerpt import Excerpt, plain
from signoff.diagnostics.fixes.model.ground import Piece
from signoff.diagnostics.fixes.source import newline_of
from signoff.verifiers.text import LineIndex

SEARCH, MIDDLE, REPLACE = "<<<<<<< SEARCH", "=======", ">>>>>>> REPLACE"
# Characters of an answer and blocks in it: a fix of one fault is a few lines.
LONGEST, BLOCKS = 20_000, 8
QUOTED = 60


class Unusable(Exception):
    """Why an answer is no edit, as a sentence that the model is told."""


@dataclass(frozen=True, slots=True)
class _Block:
    search: list[str]
    replace: list[str]


def pieces(answer: str, shown: Excerpt, text: str) -> tuple[Piece, ...]:
    """The changes of `text` that an answer asks for, in their order. `shown` is what of it the model has seen.

    Raises Unusable for prose, fences, nothing, what changes nothing, what is too long, and edits of what was not shown
    or stands in several places.
    """
    if len(answer) > LONGEST:
        raise Unusable(f"The answer is longer than {LONGEST:,} characters.")
    if any(char == "\0" or "\ud800" <= char <= "\udfff" for char in answer):
        raise Unusable("The answer holds characters that are no text.")
    found = _blocks(plain(answer))
    changes = [_piece(block, shown, text) for block in found]
    ordered = sorted(changes, key=lambda one: one.start)
    if any(one.end > other.start for one, other in pairwise(ordered)):
        raise Unusable("Two blocks edit the same lines.")
    return tuple(ordered)


def _blocks(answer: str) -> list[_Block]:
    found: list[_Block] = []
    part: list[str] | None = None
    search: list[str] = []
    for line in answer.split("\n"):
        mark = line.strip()
        if mark == SEARCH and part is None:
            part = search = []
        elif mark == MIDDLE and part is search and part is not None:
            part = []
        elif mark == REPLACE and part is not None and part is not search:
            found.append(_Block(search, part))
            part = None
        elif mark in (SEARCH, REPLACE):
            raise Unusable(f"'{mark}' stands where it does not belong: a block is {SEARCH}, {MIDDLE}, {REPLACE}.")
        elif part is not None:
            part.append(line)
        elif mark:
            raise Unusable(_outside(mark))
    if part is not None:
        raise Unusable("The last block does not end.")
    if not found:
        raise Unusable("The answer holds no edit block.")
    if len(found) > BLOCKS:
        raise Unusable(f"The answer holds {len(found)} edit blocks; at most {BLOCKS} are read.")
    return found


def _outside(line: str) -> str:
    what = "a fence" if line.startswith(("```", "~~~")) else "text"
    return f"There is {what} outside of the edit blocks: '{line[:QUOTED]}'."


def _piece(block: _Block, shown: Excerpt, text: str) -> Piece:
    """The change of the text that a block asks for."""
    if not any(line.strip() for line in block.search):
        raise Unusable("A block searches for nothing: copy the lines that are to be changed.")
    lines = shown.text.split("\n")
    places = _places(lines, block.search)
    if not places:
        raise Unusable(_missing(block.search, text))
    if len(places) > 1:
        raise Unusable(f"The lines '{_first(block.search)}' stand in {len(places)} places: copy more lines.")
    at, shift = places[0]
    index = LineIndex(text)
    first = index.position(shown.start)[0] + at
    start, end = index.starts[first], index.line_end(first + len(block.search) - 1)
    new = newline_of(text).join(_shifted(line, shift) for line in block.replace)
    old = text[start:end]
    if [line.rstrip() for line in plain(old).split("\n")] == [line.rstrip() for line in plain(new).split("\n")]:
        raise Unusable("A block puts in what is there already.")
    if not block.replace and end < len(text):
        end = index.starts[first + len(block.search)]  # the line ends go with the lines
    return Piece(start, end, new)


def _places(lines: list[str], search: list[str]) -> list[tuple[int, tuple[str, str]]]:
    """Where the lines stand, and how they are indented there: (as in the search, as in the text)."""
    count = len(search)
    exact = [at for at in range(len(lines) - count + 1) if _alike(lines[at : at + count], search)]
    if exact:
        return [(at, ("", "")) for at in exact]
    # Models drop the indentation that all lines share.
    bare, mine = _dedented(search)
    found = []
    for at in range(len(lines) - count + 1):
        there, indent = _dedented(lines[at : at + count])
        if there == bare:
            found.append((at, (mine, indent)))
    return found


def _alike(lines: list[str], search: list[str]) -> bool:
    return [line.rstrip() for line in lines] == [line.rstrip() for line in search]


def _dedented(lines: list[str]) -> tuple[list[str], str]:
    """The lines without what indents them all, and that."""
    indents = [line[: len(line) - len(line.lstrip())] for line in lines if line.strip()]
    indent = min(indents, key=len, default="")
    if not all(one.startswith(indent) for one in indents):
        indent = ""
    return [line.rstrip()[len(indent) :] for line in lines], indent


def _shifted(line: str, shift: tuple[str, str]) -> str:
    mine, theirs = shift
    if not line.strip():
        return line
    return theirs + (line[len(mine) :] if line.startswith(mine) else line.lstrip())


def _missing(search: list[str], text: str) -> str:
    first = _first(search)
    if "\n".join(line.rstrip() for line in search) in "\n".join(line.rstrip() for line in plain(text).split("\n")):
        return f"The lines '{first}' are elsewhere in the file: only the code that was shown may be edited."
    return f"The lines '{first}' are not in the code: copy them exactly as they are."


def _first(search: list[str]) -> str:
    return next(line.strip() for line in search if line.strip())[:QUOTED]
