"""The hole at the cursor: what the place asks for, found from the text as it is half written."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signoff.completion import nesting
from signoff.completion.balance import Around, around
from signoff.verifiers.finding import Span
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex, line_index

# Heads of statements that want a body, and the words before one.
_PROCEDURAL = (
    r"\belse|\binitial|\bfinal|\balways(?:_comb|_latch)?|"
    r"\balways(?:_ff)?\s*@\s*(?:\*|\(.*\))|\b(?:if|for|foreach|while|repeat)\s*\(.*\)"
)
_CASE_ITEM = r"(?:^|[;,])\s*(?:default|[\w'`,\s{}\[\]:.?-]+)\s*:"
_VERILOG_OPEN = re.compile(rf"(?:\bbegin(?:\s*:\s*\w+)?|{{|\bgenerate|{_PROCEDURAL}|\bcase[xz]?\s*\(.*\))\s*$")
_VERILOG_ONE = re.compile(rf"(?:{_PROCEDURAL})\s*$")
_VERILOG_ITEM = re.compile(rf"(?:{_CASE_ITEM})\s*$")
_C_ONE = re.compile(r"(?:\belse|\bdo|\b(?:if|for|while|switch)\s*\(.*\))\s*$")
_C_OPEN = re.compile(rf"(?:{{|{_C_ONE.pattern[:-4]}|\b(?:case\b.*|default\s*):)\s*$")
_PYTHON_OPEN = re.compile(r":\s*$")
_COMMENT = {"python": re.compile(r"\s*#.*$")}
_LINE_COMMENT = re.compile(r"\s*//.*$|/\*.*?\*/")
# An editor puts these in behind the cursor as their openers are typed.
_PAIRS = {"(": ")", "[": "]", "{": "}"}
_CLOSERS = re.compile(r"[)\]}]+\s*[;,:]?\s*")
_DONE = re.compile(r"(?:[;}]|\bend\w*(?:\s*:\s*\w+)?)\s*$")
_DIRECTIVE = re.compile(r"[ \t]*(?:#|`(?:define|include|ifdef|ifndef|elsif|undef|timescale)\b)")


@dataclass(frozen=True, slots=True)
class Hole:
    """The place to be filled: all text before and after it. `block`: several lines may come, else one.

    `single`: one statement is wanted (after `else`), which may be a block. `statement`: the rest of the statement
    that the cursor's line has begun, on as many lines as it takes.
    `missing` are the closers that the document lacks, innermost first: only those may a completion add. `inside` is
    the closer of the innermost thing that is open at the cursor ("" for none), `conditions` the number of
    preprocessor conditions it is under. `newline` is how the document ends its lines.
    """

    language: str
    prefix: str
    suffix: str
    line: int
    column: int
    block: bool
    single: bool = False
    missing: tuple[str, ...] = ()
    statement: bool = False
    inside: str = ""
    conditions: int = 0
    newline: str = "\n"

    @property
    def span(self) -> Span:
        """The empty span at the cursor."""
        return Span(self.line, self.column, self.line, self.column)

    @property
    def line_prefix(self) -> str:
        """The cursor's line up to the cursor."""
        line = self.prefix.rfind("\n") + 1
        return self.prefix[max(line, self.prefix.rfind("\r", line) + 1) :]

    @property
    def line_suffix(self) -> str:
        """The cursor's line from the cursor on."""
        return re.split(r"[\r\n]", self.suffix[: self.suffix.find("\n") + 1] or self.suffix, maxsplit=1)[0]


def hole_at(snapshot: Snapshot, line: int, column: int) -> Hole | None:
    """The hole at a position; None inside a comment or a string, where no verifier could judge."""
    index = line_index(snapshot.text)
    offset = index.offset(line, column)
    line, column = index.position(offset)
    prefix, suffix = snapshot.text[:offset], snapshot.text[offset:]
    place = around(prefix, suffix, snapshot.language)
    if place.inside:
        return None
    before, after = prefix[index.starts[line] :], index.line(line)[column:]
    block, single, statement = _wanted(prefix, before, after, place, snapshot.language)
    return Hole(
        snapshot.language,
        prefix,
        suffix,
        line,
        column,
        block,
        single,
        _missing(place),
        statement,
        place.opened[-1] if place.opened else "",
        place.conditions,
        _newline(index),
    )


def _wanted(prefix: str, before: str, after: str, place: Around, language: str) -> tuple[bool, bool, bool]:
    """(block, single, statement); see Hole."""
    if _DIRECTIVE.match(before) and language not in nesting.PYTHON:
        return False, False, False
    begun = before.strip() or (place.opened and place.opened[-1] in (")", "]"))
    # A comment behind what has been begun, or behind an item of a list, is of that: more may come.
    if (_code(after, language) if begun else after).strip():
        return _between_pair(before, after), False, False
    if not before.strip():
        return True, _one(prefix, place, language), False
    code = _code(before, language)
    if _opens(code, place, language):
        return True, _one(prefix, place, language), False
    if not code.strip() or _DONE.search(code):
        return False, False, False
    return True, False, True


def _between_pair(before: str, after: str) -> bool:
    closer = _PAIRS.get(before.rstrip()[-1:], "?")
    return after.lstrip().startswith(closer) and _CLOSERS.fullmatch(after.strip()) is not None


def _opens(code: str, place: Around, language: str) -> bool:
    """Whether a new line is meant after this one: a block or list is opened, or a statement's head wants its body."""
    if language in nesting.PYTHON:
        return _PYTHON_OPEN.search(code) is not None
    if language in nesting.VERILOG:
        return _VERILOG_OPEN.search(code) is not None or _is_item(code, place)
    return _C_OPEN.search(code) is not None


def _one(prefix: str, place: Around, language: str) -> bool:
    """Whether one statement is wanted: that of the head before it, or the rest of one with an open bracket."""
    if place.opened and place.opened[-1] in (")", "]"):
        return True
    if language in nesting.PYTHON:
        return False
    last = next((code for row in reversed(prefix[-2000:].splitlines()) if (code := _code(row, language)).strip()), "")
    if language in nesting.VERILOG:
        return _VERILOG_ONE.search(last) is not None or _is_item(last, place)
    return _C_ONE.search(last) is not None


def _is_item(code: str, place: Around) -> bool:
    return bool(place.opened and place.opened[-1] == "endcase" and _VERILOG_ITEM.search(code))


def _code(line: str, language: str) -> str:
    return _COMMENT.get(language, _LINE_COMMENT).sub("", line)


def _missing(place: Around) -> tuple[str, ...]:
    """What is open and not closed. Matched from the outside: of two alike the inner one is being written."""
    at, found = 0, list[str]()
    for closer in reversed(place.closed):
        if closer in place.opened[at:]:
            match = place.opened.index(closer, at)
            found += place.opened[at:match]
            at = match + 1
    return tuple(reversed((*found, *place.opened[at:])))


def _newline(index: LineIndex) -> str:
    return "\r\n" if len(index.starts) > 1 and index.text[: index.starts[1]].endswith("\r\n") else "\n"
