"""What a model says beside the completion itself: tokens, fences, talk, what the document has already. Pure."""

from __future__ import annotations

import re

from signoff.completion import fim, nesting
from signoff.completion.context import Hole

# A line of the document must be this long to count as repeated: `end` and `);` recur by right.
REPEAT_LENGTH = 6
# Overlap with the suffix of this length is no accident; a shorter one counts if it is closers only.
OVERLAP_LENGTH = 4
# So many lines before the cursor may be said again, and so many after it are looked at.
RESTATED_LINES = 8
FOLLOWING_LINES = 8
# Part of a name at the cursor is said again with the rest of it, if it is this long.
NAME_LENGTH = 3
_FENCE = re.compile(r"[ \t]*```[\w+#.-]*[ \t]*\n?")
_TALK = re.compile(
    r"[ \t]*(?:sure|certainly|of course|here(?:'s| is| are)|the (?:completed|following|missing|code)\b|to complete|"
    r"i(?:'ve| have| will|'ll)\b|below is|this (?:code|completes|completion)|completed? code|note(?: that|:)|"
    r"explanation|output:|answer:|in this (?:code|example))[^\n;]*(?:\n|\Z)",
    re.IGNORECASE,
)
_NAME = re.compile(r"[A-Za-z_]\w*\Z")
_SPECIAL = re.compile("|".join(map(re.escape, fim.SPECIAL)))
_ENDLESS = re.compile(r"([^\n]{2,60}?)\1{5,}\Z")


def answer(raw: str) -> str:
    """The code in a model's raw text: no special tokens, no fences, no talk around it, plain line ends."""
    text = _before_special(raw).replace("\r\n", "\n").replace("\r", "\n")
    text = re.sub(r"\n[ \t]*`{1,2}\Z", "\n", text)  # a fence that is not whole yet
    fenced = _opening_fence(text)
    if fenced:
        return text[fenced:].partition("```")[0]
    return _without_talk(text).partition("```")[0]


def open_answer(raw: str) -> tuple[str, bool]:
    """answer() for a text that may go on, and whether it is certain to have ended."""
    cut = _before_special(raw)
    text = cut.replace("\r\n", "\n")
    body = text[_opening_fence(text) :]
    return answer(raw), cut != raw or "```" in body


def _before_special(text: str) -> str:
    token = _SPECIAL.search(text)
    return text[: token.start()] if token else text


def _opening_fence(text: str) -> int:
    """Where the code begins that stands in fences, after talk at most; 0 for none."""
    lead = len(text) - len(text.lstrip("\n"))
    while talk := _TALK.match(text, lead):
        lead = talk.end() + len(text[talk.end() :]) - len(text[talk.end() :].lstrip("\n"))
    fence = _FENCE.match(text, lead)
    return fence.end() if fence else 0


def _without_talk(text: str) -> str:
    lead = len(text) - len(text.lstrip("\n"))
    talk = _TALK.match(text, lead)
    return text[talk.end() :] if talk else text


def without_begun(text: str, hole: Hole) -> str:
    """Drop what stands before the cursor already: lines said again, the line begun anew, half a name, indentation."""
    before = hole.line_prefix
    text = _without_restated(text, hole)
    if before.strip():
        return _continuing(text, before)
    text = re.sub(r"^(?:[ \t]*\n)+", "", text)
    return text.lstrip(" \t") if before else text


def _continuing(text: str, before: str) -> str:
    begun, again = before.strip(), text.lstrip()
    if len(begun) >= OVERLAP_LENGTH and again.startswith(begun):
        text = again[len(begun) :]
    elif (name := _NAME.search(before)) and len(name[0]) >= NAME_LENGTH and re.match(rf"{name[0]}\w", text):
        text = text[len(name[0]) :]
    return text.lstrip(" \t") if before[-1:].isspace() else text


def _without_restated(text: str, hole: Hole) -> str:
    """Without the lines before the cursor, where the text begins with at least two of them."""
    said = text.lstrip("\n").split("\n", RESTATED_LINES + 1)[:RESTATED_LINES]
    if len(said) < 2:
        return text
    window = hole.prefix[-4000:].replace("\r\n", "\n")
    known = [line.strip() for line in window.rsplit("\n", RESTATED_LINES + 1)[-1 - RESTATED_LINES :]]
    for length in range(min(len(said), len(known)), 1, -1):
        mine = [line.strip() for line in said[:length]]
        if mine[:-1] == known[-length:-1] and mine[0] and said[length - 1].strip().startswith(known[-1]):
            rest = "\n".join(text.lstrip("\n").split("\n")[length - 1 :])
            return rest.lstrip(" \t")[len(known[-1]) :] if known[-1] else rest
        if mine == known[-1 - length : -1] and all(mine) and not known[-1]:
            return "\n".join(text.lstrip("\n").split("\n")[length:])
    return text


def following(hole: Hole) -> list[str]:
    """The lines after the cursor's own that are not blank, stripped; the rest of the cursor's line first, if any."""
    lines = hole.suffix[:2000].replace("\r\n", "\n").split("\n", FOLLOWING_LINES)
    return [line.strip() for line in lines[:FOLLOWING_LINES] if line.strip()]


def without_repeats(text: str, hole: Hole) -> str:
    """Cut where the text begins to say what stands after the cursor already."""
    known = following(hole)
    if not known:
        return text
    lines = [line.strip() for line in text.split("\n")]
    for number in range(1 if hole.line_prefix.strip() else 0, len(lines)):
        if _again(lines[number], known[0], last=number == len(lines) - 1) or _same(lines, number, known):
            return "\n".join(text.split("\n")[:number])
    return text


def _again(line: str, known: str, *, last: bool) -> bool:
    """Whether a line is the one that follows; of the last one the beginning will do."""
    return len(line) >= REPEAT_LENGTH and (line == known or (last and known.startswith(line)))


def _same(lines: list[str], start: int, known: list[str]) -> bool:
    """Whether two lines or more are those that follow, and one of them says something."""
    if lines[start] and lines[start] != known[0]:
        return False
    mine = [line for line in lines[start:] if line][: len(known)]
    pairs = list(zip(mine, known, strict=False))
    return len(pairs) >= 2 and all(a == b for a, b in pairs) and max(len(a) for a, _ in pairs) >= REPEAT_LENGTH


def without_overlap(text: str, hole: Hole) -> str:
    """Drop the end of the text where the rest of the cursor's line begins with it."""
    text, after = text.rstrip(), hole.line_suffix.lstrip()
    if hole.block and after.startswith("//"):
        return text  # the comment is of the cursor's line, and the text may go on behind its own
    for length in range(min(len(text), len(after)), 0, -1):
        tail, rest = text[-length:], text[:-length]
        if after.startswith(tail) and (_long(tail, rest) or not tail.strip(")]};, \t")) and _balanced(tail, hole):
            return rest
    return text


def _long(tail: str, rest: str) -> bool:
    """Whether an overlap is no accident: long enough, and no half of a word."""
    return len(tail) >= OVERLAP_LENGTH and not (re.match(r"\w", tail) and re.search(r"\w\Z", rest))


def _balanced(tail: str, hole: Hole) -> bool:
    """Whether the tail closes nothing that stands before it: that would be missed."""
    depth = 0
    for mark in nesting.marks(tail, hole.language):
        depth += bool(mark.closer) - bool(mark.closes)
        if depth < 0:
            return False
    return True


def without_loop(text: str) -> str:
    """Cut where a model has begun to say the same for ever: lines three times over, or a piece of a line six times."""
    lines = [line.strip() for line in text.split("\n")]
    for number in range(len(lines) - 2):
        for period in (1, 2, 3, 4):
            if _thrice(lines, number, period):
                return "\n".join(text.split("\n")[: number + period])
    # Only the last line is looked at: to search the others takes a hundred times as long.
    endless = _ENDLESS.search(text[-800:].rpartition("\n")[2])
    return text[: len(text) - len(endless[0]) + len(endless[1])] if endless else text


def _thrice(lines: list[str], start: int, period: int) -> bool:
    if len(lines) < start + 3 * period or lines[start] != lines[start + period]:
        return False
    turn = lines[start : start + period]
    return lines[start : start + 3 * period] == 3 * turn and len("".join(turn)) > 2


def says_something(text: str, language: str) -> bool:
    """Whether there is code in the text: neither blanks nor comments only, nor a string that stands for one."""
    code = nesting.code_only(text, language).strip()
    if language in nesting.PYTHON and code[:3] in ('"""', "'''"):
        return bool(code[3:].partition(code[:3])[2].strip())
    return bool(code)
