"""What of Python code stands around a cursor. A lexer's view, as the statement there is half typed. Pure."""

from __future__ import annotations

import keyword
import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import lru_cache

BEFORE, AFTER, LONGEST = 40_000, 20_000, 2_500
SILENT = re.compile(
    r"#[^\n]*|\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|\"(?:\\.|[^\"\\\n])*(?:\"|$)|'(?:\\.|[^'\\\n])*(?:'|$)",
    re.DOTALL | re.MULTILINE,
)
DOTTED = re.compile(r"(?<![\w.])[A-Za-z_]\w*(?:\.[A-Za-z_]\w*)*")
HALF = re.compile(r"(?<![\w.])[A-Za-z_][\w.]*$")
CALLEE = re.compile(r"([A-Za-z_][\w.]*)\s*(?:\[(?:[^\[\]]|\[[^\[\]]*\])*\]\s*)?$")
# Where an outermost definition begins, what may stand in front of it, and where it is over.
DEFINITION = re.compile(r"^(?:async[ \t]+)?(?:def|class)\b", re.MULTILINE)
DECORATED = re.compile(r"[@)\]}]")
NEXT = re.compile(r"^[^\s#)\]}]", re.MULTILINE)
KEYWORDS = frozenset((*keyword.kwlist, "self", "cls", "print", "range", "len", "int", "float", "bool", "str", "list"))


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place. `half` is the dotted name that touches the cursor, `names` the whole ones of its statement, in order.

    `calls` are the functions in whose arguments it stands, innermost first. `region` is the code of the outermost
    definition around it without the statement, `start` and `end` its offsets in the document.
    """

    half: str
    names: tuple[str, ...]
    calls: tuple[str, ...]
    region: str
    start: int
    end: int


def at(prefix: str, suffix: str) -> Cursor:
    """The place between two parts of a document."""
    start, end = _start(prefix), _end(suffix)
    before, after = code(prefix[start:]), code(suffix[:end])
    begin = _statement(before)
    statement = before[begin:]
    half = match[0] if (match := HALF.search(statement)) else ""
    whole = statement[: len(statement) - len(half)]
    rest, _, beyond = after.partition("\n")
    names = dict.fromkeys((*words(whole), *words(re.sub(r"^[\w.]+", "", rest))))
    return Cursor(half, tuple(names), _calls(whole), f"{before[:begin]}\n{beyond}", start, len(prefix) + end)


@lru_cache(maxsize=64)
def code(text: str) -> str:
    """The text without comments and strings."""
    return SILENT.sub(" ", text)


def words(text: str) -> list[str]:
    """The dotted names in a piece of code, in order."""
    return [word for word in DOTTED.findall(text) if word not in KEYWORDS]


def definitions(text: str) -> Iterator[str]:
    """The outermost definitions of a file, each with its decorators."""
    places = [_decorated(text, match.start()) for match in DEFINITION.finditer(text)]
    for place, following in zip(places, [*places, len(text)][1:], strict=True):
        yield text[place:following]


def _start(prefix: str) -> int:
    """Where the outermost definition begins that the end of a text is in; of code between two, where the last ends."""
    lowest = max(len(prefix) - BEFORE, 0)
    last = lowest
    for match in DEFINITION.finditer(prefix, lowest):
        last = match.start()
    over = NEXT.search(prefix, prefix.find("\n", last) + 1) if last > lowest and "\n" in prefix[last:] else None
    if over is not None and not prefix.startswith("@", over.start()) and over.start() < len(prefix):
        return over.start()
    return _decorated(prefix, last) if last > lowest else lowest


def _decorated(text: str, at: int) -> int:
    """The beginning of the decorators in front of a definition."""
    start = at
    while start:
        line = text.rfind("\n", 0, start - 1) + 1
        if DECORATED.match(text, line) or (text[line : line + 1].isspace() and _in_decorator(text, line)):
            start = line
        else:
            break
    return start


def _in_decorator(text: str, line: int) -> bool:
    """Whether a line that is indented belongs to the arguments of a decorator above it."""
    for _ in range(200):
        if not line:
            return False
        line = text.rfind("\n", 0, line - 1) + 1
        if text[line : line + 1] and not text[line].isspace():
            return text[line] == "@"
    return False


def _end(suffix: str) -> int:
    first = suffix.find("\n") + 1 or len(suffix)
    match = NEXT.search(suffix, first, AFTER)
    return match.start() if match else min(len(suffix), AFTER)


def _statement(before: str) -> int:
    """The offset of the statement that the end of a code is in: lines that a bracket keeps open are one."""
    depth = 0
    lowest = max(len(before) - LONGEST, 0)
    for place in range(len(before) - 1, lowest - 1, -1):
        letter = before[place]
        if letter in ")]}":
            depth += 1
        elif letter in "([{":
            depth -= 1
        elif letter == "\n" and depth == 0:
            return _opened(before, place, lowest)
    return lowest


def _opened(before: str, place: int, lowest: int) -> int:
    """The beginning of the line on which the bracket was opened that is still open at a line's end."""
    depth = 0
    for at in range(place, max(place - LONGEST, lowest - 1, -1), -1):
        letter = before[at]
        depth += (letter in ")]}") - (letter in "([{")
        if depth < 0:
            return before.rfind("\n", 0, at) + 1
        if letter == "\n" and at != place and re.match(r"(?:def|class|@|\S)", before[at + 1 : at + 2]):
            break
    return place + 1


def _calls(statement: str) -> tuple[str, ...]:
    found, depth = [], 0
    for place in range(len(statement) - 1, -1, -1):
        letter = statement[place]
        if letter in ")]}":
            depth += 1
        elif letter in "([{" and depth:
            depth -= 1
        elif letter == "(":
            match = CALLEE.search(statement[max(place - 200, 0) : place])
            found += [match[1]] if match and match[1] not in KEYWORDS else []
    return tuple(found[:3])
