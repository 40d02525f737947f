"""From a model's raw text to a candidate: what is not the completion itself is cut off. Pure functions."""

from __future__ import annotations

import re

from signoff.completion import fim, nesting
from signoff.completion.context import Hole

MAX_LINES = 12
# A line of the suffix must be this long to count as repeated: `end` and `);` recur by right.
REPEAT_LENGTH = 6
# Overlap with the suffix of this length is no accident; a shorter one counts if it is closers only.
OVERLAP_LENGTH = 4
_FENCE = re.compile(r"^[ \t]*```\w*[ \t]*\r?\n?")
_CONTINUES = re.compile(r"\s*(?:else|while|catch)\b")


def trim(raw: str, hole: Hole) -> str:
    """The candidate in a model's raw text; "" where there is none."""
    text = _without_fences(_before_special(raw)).replace("\r\n", "\n")
    text = _cut(_without_line_start(text, hole), hole)
    return text if nesting.code_only(text, hole.language).strip() else ""


def _cut(text: str, hole: Hole) -> str:
    """The text up to where it leaves the hole."""
    text = _lines(text, hole)
    text = text[: overrun(text, hole)]
    text = _without_repeats(text, hole)
    return _without_overlap(text, hole.suffix).rstrip()


def finished(raw: str, hole: Hole) -> bool:
    """Whether more raw text can no longer change the candidate: the model may be cut off."""
    body = _without_opening_fence(raw)
    if "```" in body or _before_special(body) != body:
        return True
    if not hole.block:
        return "\n" in body.rstrip(" \t") and bool(body.strip())
    # The last word may go on growing (`end` to `endcase`): look at what stands before it.
    settled = _without_line_start(re.sub(r"\w+\Z", "", body), hole).rstrip()
    return settled.count("\n") >= MAX_LINES or len(_cut(settled, hole)) < len(settled) - 1


def boundaries(text: str, language: str) -> list[int]:
    """The offsets after which the text may end as whole statements, ascending."""
    depth, found = 0, []
    for mark in nesting.marks(text, language):
        depth += bool(mark.closer) - bool(mark.closes)
        word_end = mark.closes and mark.closes not in (")", "]")
        if depth <= 0 and (mark.text == ";" or word_end):
            found.append(mark.end)
    return found


def whole_statements(text: str, language: str) -> str:
    """The text up to its last statement boundary: for a text that broke off."""
    found = boundaries(text, language)
    return text[: found[-1]] if found else ""


def overrun(text: str, hole: Hole) -> int:
    """Where the text leaves its block: at a closer that the document has already, or after one whole block."""
    stack: list[str] = []
    missing = list(hole.missing)
    for mark in nesting.marks(text, hole.language):
        if mark.closer:
            stack.append(mark.closer)
        elif mark.closes and stack and stack[-1] == mark.closes:
            stack.pop()
            block = mark.closes not in (")", "]") and (mark.closes != "}" or hole.language in nesting.C_LIKE)
            if block and not stack and not _CONTINUES.match(text, mark.end):
                return _label_end(text, mark.end)
        elif mark.closes and not stack and missing and missing[0] == mark.closes:
            missing.pop(0)
        elif mark.closes:
            return mark.start
        elif hole.single and not stack and not _CONTINUES.match(text, mark.end):
            return mark.end
    return len(text)


def _label_end(text: str, end: int) -> int:
    label = re.compile(r"[ \t]*(?::[ \t]*\w+|;)").match(text, end)
    return label.end() if label else end


def _before_special(text: str) -> str:
    ends = [place for token in fim.SPECIAL if (place := text.find(token)) >= 0]
    return text[: min(ends)] if ends else text


def _without_fences(text: str) -> str:
    return _without_opening_fence(text).partition("```")[0]


def _without_opening_fence(text: str) -> str:
    opening = _FENCE.match(text.lstrip("\n"))
    return text.lstrip("\n")[opening.end() :] if opening else text


def _without_line_start(text: str, hole: Hole) -> str:
    """Drop what stands before the cursor already: the line begun anew, or its indentation."""
    before = hole.line_prefix
    if before.strip():
        again = text.lstrip()
        if len(before.strip()) >= OVERLAP_LENGTH and again.startswith(before.strip()):
            text = again[len(before.strip()) :]
        return text.lstrip(" \t") if before[-1:].isspace() else text
    text = re.sub(r"^(?:[ \t]*\n)+", "", text)
    return text.lstrip(" \t") if before else text


def _lines(text: str, hole: Hole) -> str:
    """One line where one is wanted; else at most MAX_LINES, up to a blank line outside of any block."""
    if not hole.block:
        return text.split("\n", 1)[0]
    kept: list[str] = []
    for line in text.split("\n")[:MAX_LINES]:
        started = any(known.strip() for known in kept)
        if not line.strip() and started and not nesting.unclosed("\n".join(kept), hole.language):
            break
        # A model that loops says the same line for ever; three times is the sign of it.
        if len(kept) >= 2 and line.strip() and line == kept[-1] == kept[-2]:
            return "\n".join(kept[:-1])
        kept.append(line)
    return "\n".join(kept)


def _without_repeats(text: str, hole: Hole) -> str:
    """Cut where the text begins to say what stands after the cursor already."""
    following = next((line.strip() for line in hole.suffix.split("\n")[:8] if line.strip()), "")
    if len(following) < REPEAT_LENGTH:
        return text
    lines = text.split("\n")
    for number, line in enumerate(lines):
        if line.strip() == following and (number or not hole.line_prefix.strip()):
            return "\n".join(lines[:number])
    return text


def _without_overlap(text: str, suffix: str) -> str:
    """Drop the end of the text where the suffix begins with it, whatever blanks the suffix starts with."""
    text, following = text.rstrip(), suffix.lstrip()
    for length in range(min(len(text), len(following)), 0, -1):
        tail = text[-length:]
        if following.startswith(tail) and (length >= OVERLAP_LENGTH or _closers(tail, suffix)):
            return text[:-length]
    return text


def _closers(tail: str, suffix: str) -> bool:
    """A short overlap is one where it is closers on the cursor's own line, as an editor puts them in by itself."""
    return suffix[:1] not in ("", "\n", "\r") and not tail.strip(")]};, \t")
