"""Python text to syntax trees, also where a part of it is half typed. Standard library only (triton_data)."""

from __future__ import annotations

import ast
import re
import warnings
from dataclasses import dataclass

# Deeper trees than any real file's would exhaust the stack of whoever walks them.
LARGEST_TEXT = 2_000_000
BYTE_ORDER_MARK = "\ufeff"
# A statement at the outermost level: not a closing bracket, a comment or the continuation of a compound statement.
OUTERMOST = re.compile(r"(?!elif\b|else\b|except\b|finally\b)[A-Za-z_@]")
TEXT_END = re.compile(r'"""|\'\'\'')
LINE = re.compile(r"[^\r\n]*(?:\r\n|\n|\r)|[^\r\n]+$")


@dataclass(frozen=True)
class Broken:
    """A stretch of lines (from 0, half open) that Python cannot parse, and what it says of the line and column."""

    start: int
    end: int
    line: int
    column: int
    message: str


@dataclass(frozen=True)
class Parsed:
    """The statements that could be parsed, at their true lines, and the stretches that could not."""

    body: tuple[ast.stmt, ...]
    broken: tuple[Broken, ...] = ()


def lines(text: str) -> list[str]:
    """The lines with their endings, as Python's own parser counts them (str.splitlines also splits at form feeds)."""
    return LINE.findall(text)


def parse(text: str) -> Parsed:
    """The file's statements. A syntax error costs only the outermost statement that it lies in."""
    if len(text) > LARGEST_TEXT:
        return Parsed((), (Broken(0, text.count("\n") + 1, 0, 0, "the file is too large to be looked at"),))
    try:
        return Parsed(tuple(_tree(text.removeprefix(BYTE_ORDER_MARK)).body))
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        if not isinstance(error, SyntaxError):
            return Parsed((), (Broken(0, text.count("\n") + 1, 0, 0, str(error) or type(error).__name__),))
    return _piecewise(text)


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of invalid escapes: the user's Python tells of them
        return ast.parse(text)


def _piecewise(text: str) -> Parsed:
    rows = lines(text)
    body: list[ast.stmt] = []
    broken: list[Broken] = []
    for start, end in _stretches(rows):
        try:
            piece = _tree("".join(rows[start:end]))
        except SyntaxError as error:
            line = start + max((error.lineno or 1) - 1, 0)
            broken.append(Broken(start, end, line, max((error.offset or 1) - 1, 0), error.msg))
        except (ValueError, RecursionError, MemoryError) as error:
            broken.append(Broken(start, end, start, 0, str(error)))
        else:
            body.extend(ast.increment_lineno(item, start) for item in piece.body)
    return Parsed(tuple(body), tuple(broken))


def _stretches(rows: list[str]) -> list[tuple[int, int]]:
    """(start, end) lines of what looks like outermost statements; decorators stay with what they decorate."""
    starts = [0]
    quote = ""
    decorated = False
    for number, line in enumerate(rows):
        if not quote and OUTERMOST.match(line):
            if not decorated and number:
                starts.append(number)
            decorated = line.startswith("@")
        quote = _open_quote(line, quote)
    return list(zip(starts, [*starts[1:], len(rows)], strict=True))


def _open_quote(line: str, quote: str) -> str:
    """The triple quote that is open at the line's end."""
    for match in TEXT_END.finditer(line):
        if not quote:
            quote = match[0]
        elif match[0] == quote:
            quote = ""
    return quote
