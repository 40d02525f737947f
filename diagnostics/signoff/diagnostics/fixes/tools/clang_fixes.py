"""What clang-tidy writes with --export-fixes, as plain data.

Format: clang/include/clang/Tooling/DiagnosticsYaml.h. Offsets and lengths are bytes of the file that was compiled.
"""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from signoff.verifiers.finding import Span
from signoff.verifiers.text import Edit, LineIndex


@dataclass(frozen=True, slots=True)
class TidyFix:
    """One way to mend one diagnostic: `line` (from 0) is where it stands, `said` its words or those of its note."""

    check: str
    said: str
    line: int
    edits: tuple[Edit, ...]


def parse(report: bytes, path: str, text: bytes) -> tuple[TidyFix, ...]:
    """The fixes of one file: `path` as clang-tidy names it, `text` its bytes. Never raises; each fix once."""
    import yaml

    try:
        read = yaml.safe_load(report.decode("utf-8", "replace"))
    except (yaml.YAMLError, RecursionError):
        return ()
    place = _Bytes(os.path.normpath(path), text)
    diagnostics = _rows(read, "Diagnostics") if isinstance(read, dict) else []
    found = (fix for one in diagnostics for fix in _fixes(one, place))
    return tuple(dict.fromkeys(found))


class _Bytes:
    """Where bytes of the file lie in its text; spans are those of the text with whatever line ends it has."""

    def __init__(self, path: str, text: bytes) -> None:
        self.path, self._bytes = path, text
        self._index = LineIndex(text.decode("utf-8", "replace"))

    def position(self, offset: int) -> tuple[int, int]:
        return self._index.position(len(self._bytes[:offset].decode("utf-8", "replace")))

    def span(self, start: int, length: int) -> Span:
        return Span(*self.position(start), *self.position(start + length))


def _fixes(one: Mapping[str, Any], place: _Bytes) -> Iterator[TidyFix]:
    """A diagnostic's own replacements, and those of each of its notes: they are alternatives."""
    check, main = str(one.get("DiagnosticName", "")), one.get("DiagnosticMessage")
    if not isinstance(main, dict) or not _at(main, place):
        return
    line = place.position(_number(main, "FileOffset"))[0]
    for message in (main, *_rows(one, "Notes")):
        edits = _edits(_rows(message, "Replacements"), place)
        if edits:
            yield TidyFix(check, str(message.get("Message", "")), line, edits)


def _edits(rows: list[Mapping[str, Any]], place: _Bytes) -> tuple[Edit, ...]:
    """The replacements as edits; none where one of them is of another file."""
    if not rows or not all(_at(row, place) for row in rows):
        return ()
    edits = (
        Edit(place.span(_number(row, "Offset"), _number(row, "Length")), str(row.get("ReplacementText", "")))
        for row in rows
    )
    return tuple(sorted(dict.fromkeys(edits), key=lambda edit: edit.span))


def _rows(of: Mapping[str, Any], key: str) -> list[Mapping[str, Any]]:
    """A list of mappings; what else stands there is passed over."""
    found = of.get(key)
    return [row for row in found if isinstance(row, dict)] if isinstance(found, list) else []


def _at(row: Mapping[str, Any], place: _Bytes) -> bool:
    return os.path.normpath(str(row.get("FilePath", ""))) == place.path


def _number(row: Mapping[str, Any], key: str) -> int:
    value = row.get(key)
    return value if isinstance(value, int) else 0
