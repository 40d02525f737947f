"""Which lines of a Verilog text belong together: blocks, lists in parentheses, comments, `ifdef branches.

By keywords and not by a syntax tree: an editor asks for folds of half-written text, where a tree has holes. An opening
word without its end, and an end without its beginning, fold nothing and leave what is around them as it was.
"""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import NamedTuple

from signoff.verifiers.text import LineIndex

# How many open blocks are looked through for the beginning of an end: bounds the time on nonsense.
_REACH = 256
_ENDS = {
    "end": ("begin",),
    "endcase": ("case", "casex", "casez", "randcase"),
    "endmodule": ("module", "macromodule"),
    **{f"join{kind}": ("fork",) for kind in ("", "_any", "_none")},
    **{f"end{word}": (word,) for word in ("interface", "package", "program", "class", "checker", "function", "task")},
    **{f"end{word}": (word,) for word in ("generate", "primitive", "specify", "clocking", "property", "sequence")},
    **{f"end{word}": (word,) for word in ("config", "table")},
    "endgroup": ("covergroup",),
}
_BEGINS = frozenset(word for words in _ENDS.values() for word in words)
_TOKEN = re.compile(
    r'//[^\r\n]*+|/\*.*?(?:\*/|\Z)|"(?:[^"\\\r\n]|\\.)*+"?|\\\S+|`[A-Za-z_]\w*+|[()]|\b(?:'
    + "|".join(sorted({*_BEGINS, *_ENDS}))
    + r")\b",
    re.DOTALL,
)


_UNITS = frozenset({"module", "macromodule", "interface", "package", "program", "primitive"})
_UNIT_NAME = re.compile(r"\s+(?:(?:automatic|static)\s+)?((?!class\b)[A-Za-z_][\w$]*|\\\S+)")


class FoldKind(enum.StrEnum):
    """What is folded, in the protocol's words; CODE has none there."""

    CODE = ""
    COMMENT = "comment"
    REGION = "region"


@dataclass(frozen=True, slots=True)
class Fold:
    """Lines from `start_line`, which stays visible, to `end_line`, the last that is hidden; counted from 0."""

    start_line: int
    end_line: int
    kind: FoldKind = FoldKind.CODE


@dataclass(frozen=True, slots=True)
class Unit:
    """Where a module, interface, package, program or primitive begins: offsets of it and of its name."""

    word: str
    start: int
    name_start: int
    name_end: int


class _Open(NamedTuple):
    """An open block and what is open around it: a list that shares its tail, so that keeping an old one is free."""

    word: str
    line: int
    outer: _Open | None


def folds(text: str) -> tuple[Fold, ...]:
    """The folds of a text in the order of their lines, one a line at most: the longest. Never raises."""
    index = LineIndex(text)
    longest: dict[int, Fold] = {}
    for fold in (*_blocks(index), *_comments(index)):
        known = longest.get(fold.start_line)
        if fold.end_line > fold.start_line and (known is None or known.end_line < fold.end_line):
            longest[fold.start_line] = fold
    return tuple(longest[line] for line in sorted(longest))


def units(index: LineIndex) -> tuple[Unit, ...]:
    """The design units of a text by their first words, which stand first on their lines; for text that is broken."""
    found: list[Unit] = []
    for word, start, end in _tokens(index.text):
        if word in _UNITS and (name := _UNIT_NAME.match(index.text, end)):
            line_start = index.text[index.starts[index.position(start)[0]] : start]
            # In a list of ports an interface is a port.
            if not line_start.strip() and index.text[max(start - 200, 0) : start].rstrip()[-1:] not in ("(", ","):
                found.append(Unit(word, start, *name.span(1)))
    return tuple(found)


def _blocks(index: LineIndex) -> Iterator[Fold]:
    stack: _Open | None = None
    branches: list[tuple[int, _Open | None]] = []
    for word, start, _ in _tokens(index.text):
        if word in _BEGINS or word == "(":
            stack = _Open(word, index.position(start)[0], stack)
        elif word in _ENDS or word == ")":
            found = _beginning(stack, word)
            if found is not None:
                stack = found.outer
                yield Fold(found.line, index.position(start)[0] - 1)
        elif word in ("`ifdef", "`ifndef"):
            branches.append((index.position(start)[0], stack))
        elif word in ("`else", "`elsif", "`endif") and branches:
            line, before = branches.pop()
            here = index.position(start)[0]
            yield Fold(line, here - 1, FoldKind.REGION)
            if word != "`endif":
                # Each branch goes on from what was open before the first.
                stack = before
                branches.append((here, before))


def _beginning(stack: _Open | None, word: str) -> _Open | None:
    if word == ")":  # a stray one must not end the block around it
        return stack if stack is not None and stack.word == "(" else None
    wanted = _ENDS[word]
    for _ in range(_REACH):
        if stack is None or stack.word in wanted:
            return stack
        stack = stack.outer
    return None


def _comments(index: LineIndex) -> Iterator[Fold]:
    """Block comments, and line comments that follow each other with nothing before them on their lines."""
    first = last = -2
    for word, start, end in _tokens(index.text):
        if word == "/*":
            yield Fold(index.position(start)[0], index.position(end)[0], FoldKind.COMMENT)
        if word == "//":
            line, column = index.position(start)
            if not index.line(line)[:column].isspace() and column:
                continue
            if line != last + 1:
                yield Fold(first, last, FoldKind.COMMENT)
                first = line
            last = line
    yield Fold(first, last, FoldKind.COMMENT)


def _tokens(text: str) -> Iterator[tuple[str, int, int]]:
    """(word, start, end) of what folding goes by; "//" and "/*" stand for whole comments."""
    for match in _TOKEN.finditer(text):
        word, start, end = match[0], match.start(), match.end()
        if word[0] == "/":
            yield word[:2], start, end
        elif word[0] not in '"\\' and text[start - 1 : start] not in ("$", ".") and text[end : end + 1] != "$":
            yield word, start, end
