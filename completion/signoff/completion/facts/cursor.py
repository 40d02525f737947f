"""What of C, C++ or CUDA code stands around a cursor. A lexer's view, as the statement there is half typed. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import lru_cache

from signoff.verifiers.declarations.spelling import vocabulary

# Characters before and after the cursor that a function may have: beyond, it is looked at in part.
BEFORE, AFTER = 24_000, 12_000
MOST_LINES, LONGEST_PREVIOUS = 400, 600
SILENT = re.compile(
    r"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:[^\"\\\n]|\\.)*(?:\"|$)|'(?:[^'\\\n]|\\.)*'|^[ \t]*#[ \t]*include[^\n]*",
    re.DOTALL | re.MULTILINE,
)
WORD = re.compile(r"(?<![\w.])[A-Za-z_]\w*|(?<=[.])[A-Za-z_]\w*")
HALF = re.compile(r"[A-Za-z_]\w*$")
CHAIN = re.compile(r"((?:[A-Za-z_]\w*)(?:\s*(?:\[[^\[\]]*\]|\([^()]*\)))*\s*(?:\.|->|::)\s*)+$")
LINK = re.compile(r"([A-Za-z_]\w*)(\s*\([^()]*\))?(?:\s*\[[^\[\]]*\])*\s*(?:\.|->|::)")
ASSIGNED = re.compile(
    r"([A-Za-z_]\w*(?:\s*\[[^\[\]]*\])*(?:\s*(?:\.|->)\s*[A-Za-z_]\w*(?:\s*\[[^\[\]]*\])*)*)\s*(?:[|&^+-]|<<|>>)?=(?!=)[^=]*$"
)
COMPARED = re.compile(r"([A-Za-z_]\w*(?:\s*(?:\.|->)\s*[A-Za-z_]\w*)+)\s*(?:==|!=|&)\s*[(~]*\s*$")
# Behind the } of a list of values, which ends no statement.
LISTED = re.compile(r"\s*[,).\]]")
OUTERMOST = re.compile(r"[A-Za-z_]")
KEYWORDS = vocabulary().keywords


@dataclass(frozen=True, slots=True)
class Cursor:
    """The place. `half` is the word that touches the cursor, `names` the whole ones of its statement, in order.

    `calls` are the functions in whose arguments it stands, innermost first, each with the argument's number. `chain`
    are the names before a member that is to come (huart, Init of `huart->Init.`), `target` those of what is assigned or
    compared to, `previous` those of what the statement before assigns to. `region` is the code of the function around
    it without the statement, `start` and `end` its offsets.
    """

    half: str
    names: tuple[str, ...]
    calls: tuple[tuple[str, int], ...]
    chain: tuple[str, ...]
    target: tuple[str, ...]
    region: str
    start: int
    end: int
    statement: str
    previous: tuple[str, ...] = ()


def at(prefix: str, suffix: str) -> Cursor:
    """The place between two parts of a document."""
    start, end = _start(prefix), _end(suffix)
    before, after = code(prefix[start:]), code(suffix[:end])
    begin = _statement(before)
    statement = before[begin:]
    half = match[0] if (match := HALF.search(statement)) else ""
    whole = statement[: len(statement) - len(half)]
    rest = re.split(r"[;{}\n]", after, maxsplit=1)[0]
    rest = re.sub(r"^\w+", "", rest)
    names = tuple(dict.fromkeys(words(whole) + words(rest)))
    chain = _chain(whole)
    region = before[:begin] + " ; " + after[len(re.split(r"[;{}\n]", after, maxsplit=1)[0]) :]
    ends = start, len(prefix) + end
    return Cursor(
        half, names, _calls(whole), chain, _target(whole), region, *ends, statement, _previous(before[:begin])
    )


@lru_cache(maxsize=64)
def code(text: str) -> str:
    """The text without comments, strings and the names of included files."""
    return SILENT.sub(" ", text)


def words(text: str) -> list[str]:
    """The names in a piece of code, members among them, in order."""
    return [word for word in WORD.findall(text) if word not in KEYWORDS]


def _start(prefix: str) -> int:
    """Where the function (or what stands between two) begins that the end of a text is in."""
    lowest = max(len(prefix) - BEFORE, 0)
    at = len(prefix)
    for _ in range(MOST_LINES):
        line_start = prefix.rfind("\n", lowest, at) + 1 if prefix.rfind("\n", lowest, at) >= 0 else lowest
        line = prefix[line_start : line_start + 200]
        if line.startswith("}") and at != len(prefix):
            return min(line_start + len(line.partition("\n")[0]) + 1, len(prefix))
        if line_start == lowest:
            return lowest
        if at != len(prefix) and OUTERMOST.match(line) and _opens(line.partition("\n")[0]):
            return line_start
        at = line_start - 1
    return max(at, lowest)


def _opens(line: str) -> bool:
    line = line.rstrip()
    return "(" in line and not line.endswith((";", ":"))


def _end(suffix: str) -> int:
    """Where the function ends that the beginning of a text is in."""
    match = re.compile(r"^\}", re.MULTILINE).search(suffix, 0, AFTER)
    return match.start() if match else min(len(suffix), AFTER)


def _statement(before: str) -> int:
    """The offset of the statement that the end of a code is in; the parts of a `for` are one."""
    depth = 0
    for at in range(len(before) - 1, max(len(before) - 3000, -1), -1):
        letter = before[at]
        if letter in ")]" or (letter == "}" and LISTED.match(before, at + 1)):
            depth += 1
        elif letter in "([" or (letter == "{" and depth > 0):
            depth -= 1
        elif letter in "{}" or (letter == ";" and depth <= 0 and not (depth == 0 and _in_for(before, at))):
            return at + 1
    return max(len(before) - 3000, 0)


def _in_for(before: str, at: int) -> bool:
    line = before[before.rfind("\n", 0, at) + 1 : at]
    return re.search(r"\bfor\s*\([^)]*$", line) is not None


def _calls(statement: str) -> tuple[tuple[str, int], ...]:
    found, depth, commas = [], 0, 0
    for at in range(len(statement) - 1, -1, -1):
        letter = statement[at]
        if letter in ")]}":
            depth += 1
        elif letter in "([{":
            if depth:
                depth -= 1
                continue
            named = re.search(r"([A-Za-z_]\w*)\s*(?:<<<.*>>>\s*)?$", statement[:at], re.DOTALL)
            if letter == "(" and named and named[1] not in KEYWORDS:
                found.append((named[1], commas))
            commas = 0
        elif letter == "," and not depth:
            commas += 1
    launch = re.search(r"([A-Za-z_]\w*)\s*(?:<[^<>]*>)?\s*<<<[^>]*$", statement)
    if launch:
        found.append((launch[1], 0))
    return tuple(found[:3])


def _chain(whole: str) -> tuple[str, ...]:
    match = CHAIN.search(whole[-300:])
    return tuple(link[1] for link in LINK.finditer(match[0])) if match else ()


def _previous(before: str) -> tuple[str, ...]:
    last = re.split(r"[;{}]", before[-LONGEST_PREVIOUS:].rstrip().removesuffix(";"))[-1]
    match = re.match(r"\s*([A-Za-z_][\w.>\[\] -]*?)\s*[|&]?=(?!=)", last)
    return tuple(re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\[\]]*\]", "", match[1]))) if match else ()


def _target(whole: str) -> tuple[str, ...]:
    match = ASSIGNED.search(whole[-400:]) or COMPARED.search(whole[-400:])
    return tuple(re.findall(r"[A-Za-z_]\w*", re.sub(r"\[[^\[\]]*\]", "", match[1]))) if match else ()
