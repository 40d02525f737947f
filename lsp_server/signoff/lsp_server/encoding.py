"""Columns in the client's units (UTF-8 bytes, UTF-16 units, code points) to and from ours (code points)."""

from __future__ import annotations

from typing import Any

from signoff.verifiers.finding import Span
from signoff.verifiers.text import LineIndex

UTF8, UTF16, UTF32 = "utf-8", "utf-16", "utf-32"


def column_from_units(line: str, units: int, encoding: str) -> int:
    """The column, in code points, of a client's character offset in `line`.

    Beyond the line's end is its end; an offset inside a character is that character's start.
    """
    if units <= 0:
        return 0
    if encoding == UTF32 or line.isascii():
        return min(units, len(line))
    used = 0
    for column, character in enumerate(line):
        used += _units(character, encoding)
        if used > units:
            return column
    return len(line)


def units_from_column(line: str, column: int, encoding: str) -> int:
    """The client's character offset of a column in code points."""
    if encoding == UTF32 or line.isascii():
        return min(column, len(line))
    return sum(_units(character, encoding) for character in line[:column])


def range_json(span: Span, index: LineIndex, encoding: str) -> dict[str, Any]:
    """A span as the protocol's range."""
    return {
        "start": _position(index, span.start_line, span.start_column, encoding),
        "end": _position(index, span.end_line, span.end_column, encoding),
    }


def _position(index: LineIndex, line: int, column: int, encoding: str) -> dict[str, int]:
    last = len(index.starts) - 1
    if line > last:
        line, column = last, len(index.line(last))
    return {"line": line, "character": units_from_column(index.line(line), column, encoding)}


def _units(character: str, encoding: str) -> int:
    code = ord(character)
    if encoding == UTF16:
        return 2 if code > 0xFFFF else 1
    return 1 if code < 0x80 else 2 if code < 0x800 else 3 if code < 0x10000 else 4
