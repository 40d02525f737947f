"""From a model's raw text to a candidate: what is not the completion itself is cut off. Pure functions."""

from __future__ import annotations

import re
from functools import lru_cache

from signoff.completion import indentation, nesting, trimming
from signoff.completion.context import Hole
from signoff.completion.extent import MAX_LINES, end_of, overrun

__all__ = ["MAX_LINES", "boundaries", "finished", "overrun", "trim", "whole_statements"]

# What may end a candidate: only when one of these has come, and a word after it, does it pay to look again.
_EVENT = re.compile(r"[\n;)\]}<`]|end|join")
_AFTER_EVENT = re.compile(r"\w*\s*(?:\w+|\S)?")


def trim(raw: str, hole: Hole) -> str:
    """The candidate in a model's raw text; "" where there is none. Its line ends are the document's."""
    text = trimming.answer(raw)
    if "```" in raw:
        text = indentation.shifted(text.lstrip("\n"), hole)
    text = _cut(indentation.adapted(trimming.without_begun(text, hole), hole), hole)
    if not trimming.says_something(text, hole.language):
        return ""
    return text if hole.newline == "\n" else text.replace("\n", hole.newline)


def _cut(text: str, hole: Hole) -> str:
    """The text up to where it leaves the hole."""
    text = trimming.without_loop(text)
    text = text[: end_of(text, hole)]
    text = trimming.without_repeats(text, hole)
    return trimming.without_overlap(text, hole).rstrip()


def finished(raw: str, hole: Hole) -> bool:
    """Whether more raw text can no longer change the candidate: the model may be cut off."""
    return Ending(hole).reached(raw)


class Ending:
    """finished() of a text that grows: only where something came that may end a candidate is it looked at again."""

    def __init__(self, hole: Hole) -> None:
        self._hole = hole
        self._read = 0
        self._event = -1
        self._looked_at = 0

    def reached(self, raw: str) -> bool:
        """Whether the text is finished; it begins with the one that was asked of last, which was not."""
        # The longest of the marks may have begun in what was read.
        start, self._read = max(self._read - 3, 0), len(raw)
        for event in _EVENT.finditer(raw, start):
            self._event = event.start()
        last = _AFTER_EVENT.match(raw, self._event + 1) if self._event >= 0 else None
        if last is None or last.end() == self._looked_at:
            return False
        self._looked_at = last.end()
        return _finished(raw[: last.end()], self._hole)


def _finished(raw: str, hole: Hole) -> bool:
    body, ended = trimming.open_answer(raw)
    if ended and body.strip():
        return True
    if not hole.block:
        return "\n" in body.lstrip().rstrip(" \t")
    # The last word may go on growing (`end` to `endcase`), and what follows decides on an `else`: leave it out.
    settled = trimming.without_begun(_without_last_word(body), hole).rstrip()
    return settled.count("\n") >= MAX_LINES or _leaves(settled, hole)


def _without_last_word(text: str) -> str:
    end = len(text)
    while end and (text[end - 1].isalnum() or text[end - 1] == "_"):
        end -= 1
    return text[:end]


@lru_cache(maxsize=16)
def _leaves(text: str, hole: Hole) -> bool:
    """Whether something of the text is no part of the candidate."""
    return len(_cut(text, hole)) < len(text) - 1


def boundaries(text: str, language: str) -> list[int]:
    """The offsets after which the text may end as whole statements, ascending."""
    if language in nesting.PYTHON:
        return _python_boundaries(text)
    depth, found = 0, []
    for mark in nesting.marks(text, language):
        depth += bool(mark.closer) - bool(mark.closes)
        word_end = mark.closes and mark.closes not in (")", "]")
        if depth <= 0 and (mark.text == ";" or word_end):
            found.append(mark.end)
    return found


def _python_boundaries(text: str) -> list[int]:
    found, at = [], 0
    for line in text.split("\n"):
        at += len(line)
        code = nesting.code_only(line, "python").rstrip()
        whole = not nesting.unclosed(text[:at], "python") and not nesting.in_comment_or_string(text[:at], "python")
        if code and whole and not code.endswith((":", "\\", ",")) and not code.lstrip().startswith("@"):
            found.append(at)
        at += 1
    return found


def items(text: str, language: str) -> list[int]:
    """The offsets after which a list (ports, arguments, values) may end, ascending: before its own commas."""
    depth, found = 0, []
    for token in re.finditer(r"//[^\n]*|\"(?:\\.|[^\"\\\n])*\"|[()\[\]{},]", text):
        depth += (token[0] in "([{") - (token[0] in ")]}")
        if token[0] == "," and depth == 0:
            found.append(token.start())
    return found


def whole_statements(text: str, language: str) -> str:
    """The text up to its last statement boundary: for a text that broke off."""
    found = boundaries(text, language)
    return text[: found[-1]] if found else ""
