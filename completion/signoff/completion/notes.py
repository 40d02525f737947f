"""What is told of a statement right above its line, as comments, and stays there while the lines below are written.

A model's server reads on where the new prompt leaves the old one. What was told above a line is therefore not taken
back as the next line begins: the prompt only grows. Pure.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

from signoff.completion import nesting
from signoff.completion.passage import Passage


@dataclass(frozen=True, slots=True)
class Note:
    """Passages above the line that begins at the offset `at` of a window's body."""

    at: int
    passages: tuple[Passage, ...]


def standing(notes: Sequence[Note], before: str, now: str) -> tuple[Note, ...]:
    """The notes of a window's body that is another one `now`: those above which nothing has changed."""
    return tuple(one for one in notes if len(now) >= one.at and now.startswith(before[: one.at]))


def add(
    notes: Sequence[Note], near: Sequence[Passage], at: int, length: Callable[[Passage], int], most: int
) -> tuple[Note, ...]:
    """The notes with what is to be told above the line at `at`; nothing is told twice.

    Where all would take more than `most` tokens (by `length`), what was told of other lines goes.
    """
    above = tuple(one for one in notes if one.at < at)
    told = {passage.text for one in above for passage in one.passages}
    fresh = tuple(one for one in near if one.text not in told)
    if above and sum(map(length, (*fresh, *(one for note in above for one in note.passages)))) > most:
        above, fresh = (), tuple(near)
    return (*above, Note(at, fresh)) if fresh else above


def written(body: str, notes: Sequence[Note], language: str) -> str:
    """The body with its notes. They are not indented: else they would change with blanks before a line's first word."""
    leader = "#" if language in nesting.PYTHON else "//"
    parts, last = [], 0
    for note in notes:
        parts.append(body[last : note.at])
        lines = (line for one in note.passages for line in one.text.rstrip("\n").split("\n"))
        parts += [f"{leader} {line}".rstrip() + "\n" for line in lines]
        last = note.at
    return "".join((*parts, body[last:]))
