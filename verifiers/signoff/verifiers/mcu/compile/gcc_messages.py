"""What gcc prints, as plain data: its JSON (gcc 9 to 15), and its text where JSON leaves something out.

Format: https://gcc.gnu.org/onlinedocs/gcc-12.2.0/gcc/Diagnostic-Message-Formatting-Options.html
Lines count from 1 and columns are bytes from 1, as gcc has them; -1 or 0 stands for an unknown column.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import Any

ERRORS = frozenset({"error", "fatal error", "sorry, unimplemented", "internal compiler error"})
KINDS = "|".join(("fatal error", "error", "warning", "note", "sorry, unimplemented", "internal compiler error"))
PLACE = r"(?P<file>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+)(?::(?P<column>-?\d+))?"
TEXT = re.compile(rf"{PLACE}: (?P<kind>{KINDS}): (?P<message>.*?)(?: \[(?P<option>-W[^]]+)\])?")
CHAIN = re.compile(rf"(?:In file included|\s+) from {PLACE}[,:]")
EXPANSION = re.compile(r"in (?:expansion|definition) of macro '(\w+)'")
# gcc 12's JSON glues what it says of its own options in front of the next message.
GLUED = re.compile(rf"^(?:[\w./+-]*(?:gcc|g\+\+|cc1|cc1plus)(?:\.exe)?: (?:{KINDS}): )+")
ASSEMBLER = re.compile(
    r"(?P<file>(?:[A-Za-z]:)?[^:\n]+):(?P<line>\d+): (?P<kind>Error|Warning|Fatal error): (?P<message>.+)"
)


@dataclass(frozen=True, slots=True)
class Place:
    """A stretch of one line, or only where it begins (`end` 0); `end` is the last byte column of it, inclusive."""

    file: str
    line: int
    column: int
    end: int = 0
    start: int = 0


@dataclass(frozen=True, slots=True)
class FixIt:
    """Put `text` in place of what lies from (line, column) up to but not at (end_line, end_column)."""

    file: str
    line: int
    column: int
    end_line: int
    end_column: int
    text: str


@dataclass(frozen=True, slots=True)
class Diagnostic:
    """One message. `option` is as gcc names it ("-Wformat="); `notes` belong to it, in their order.

    `expansions` are the notes about macros that it came through, innermost first, `included` the #include lines that
    lead to its file, nearest first: both from gcc's text alone.
    """

    kind: str
    message: str
    option: str = ""
    places: tuple[Place, ...] = ()
    fixits: tuple[FixIt, ...] = ()
    notes: tuple[Diagnostic, ...] = ()
    expansions: tuple[Diagnostic, ...] = ()
    included: tuple[Place, ...] = ()

    @property
    def error(self) -> bool:
        """Whether gcc gives up for it."""
        return self.kind in ERRORS


@dataclass(frozen=True, slots=True)
class Messages:
    """All that a run printed: diagnostics, the assembler's complaints (places in its own input), and other lines."""

    diagnostics: tuple[Diagnostic, ...] = ()
    assembler: tuple[Diagnostic, ...] = ()
    plain: tuple[str, ...] = ()


def parse(output: bytes) -> Messages:
    """Read standard error of `gcc -fdiagnostics-format=json`. Never raises."""
    diagnostics: list[Diagnostic] = []
    assembler: list[Diagnostic] = []
    plain: list[str] = []
    for line in output.decode("utf-8", "replace").splitlines():
        found = _array(line)
        if found is not None:
            diagnostics += found
        elif match := ASSEMBLER.fullmatch(line):
            assembler.append(_assembler(match))
        elif line.strip():
            plain.append(line)
    return Messages(tuple(_with_notes(diagnostics)), tuple(assembler), tuple(plain))


def parse_text(output: bytes) -> Messages:
    """Read standard error of `gcc -fdiagnostics-plain-output`. Never raises."""
    found: list[Diagnostic] = []
    assembler: list[Diagnostic] = []
    plain: list[str] = []
    chain: list[Place] = []
    for line in output.decode("utf-8", "replace").splitlines():
        if match := CHAIN.match(line):
            chain = ([] if line.startswith("In file") else chain) + [_place(match)]
        elif match := TEXT.fullmatch(line):
            found.append(_textual(match, chain))
            chain = []
        elif match := ASSEMBLER.fullmatch(line):
            assembler.append(_assembler(match))
        elif line.strip():
            plain.append(line)
    return Messages(tuple(_with_notes(found)), tuple(assembler), tuple(plain))


def _array(line: str) -> list[Diagnostic] | None:
    """The diagnostics of a line of JSON; None where it is none."""
    if not line.startswith("["):
        return None
    try:
        items = json.loads(line)
    except (ValueError, RecursionError):
        return None
    if not isinstance(items, list):
        return None
    return [one for item in items if isinstance(item, dict) for one in _flat(item)]


def _flat(item: dict[str, Any]) -> Iterator[Diagnostic]:
    """A message with its notes; an error that gcc has put under a warning stands for itself."""
    inner = [one for child in item.get("children") or () if isinstance(child, dict) for one in _flat(child)]
    notes = tuple(one for one in inner if one.kind == "note")
    yield replace(_diagnostic(item), notes=notes)
    yield from (one for one in inner if one.kind != "note")


def _diagnostic(item: dict[str, Any]) -> Diagnostic:
    places = tuple(one for one in map(_location, item.get("locations") or ()) if one is not None)
    fixits = tuple(one for one in map(_fixit, item.get("fixits") or ()) if one is not None)
    message = GLUED.sub("", str(item.get("message", "")))
    return Diagnostic(str(item.get("kind", "error")), message, str(item.get("option", "")), places, fixits)


def _location(item: Any) -> Place | None:
    if not isinstance(item, dict) or not isinstance(item.get("caret"), dict):
        return None
    caret, start, finish = item["caret"], item.get("start"), item.get("finish")
    line = _number(caret, "line")
    first = _column(start) if isinstance(start, dict) and _number(start, "line") == line else 0
    last = _column(finish) if isinstance(finish, dict) and _number(finish, "line") == line else 0
    return Place(str(caret.get("file", "")), line, _column(caret), last, first)


def _fixit(item: Any) -> FixIt | None:
    if not isinstance(item, dict) or not isinstance(item.get("start"), dict) or not isinstance(item.get("next"), dict):
        return None
    start, end = item["start"], item["next"]
    place = (_number(start, "line"), _column(start), _number(end, "line"), _column(end))
    return FixIt(str(start.get("file", "")), *place, str(item.get("string", "")))


def _column(item: dict[str, Any]) -> int:
    # gcc 9 and 10 know "column" only, which is in bytes there.
    return _number(item, "byte-column" if "byte-column" in item else "column")


def _number(item: dict[str, Any], key: str) -> int:
    value = item.get(key)
    return value if isinstance(value, int) else 0


def _place(match: re.Match[str]) -> Place:
    return Place(match["file"], int(match["line"]), int(match["column"] or 0))


def _textual(match: re.Match[str], chain: list[Place]) -> Diagnostic:
    return Diagnostic(match["kind"], match["message"], match["option"] or "", (_place(match),), included=tuple(chain))


def _assembler(match: re.Match[str]) -> Diagnostic:
    place = Place(match["file"], int(match["line"]), 0)
    return Diagnostic("warning" if match["kind"] == "Warning" else "error", match["message"], places=(place,))


def _with_notes(found: list[Diagnostic]) -> Iterator[Diagnostic]:
    """Notes belong to the message before them; those about macros tell how it came to be where it is."""
    whole: Diagnostic | None = None
    for one in found:
        if one.kind != "note" or whole is None:
            if whole is not None:
                yield whole
            whole = one
        elif EXPANSION.fullmatch(one.message):
            # A note's own way through macros follows the note.
            whole = whole if whole.notes else replace(whole, expansions=(*whole.expansions, one))
        else:
            whole = replace(whole, notes=(*whole.notes, one))
    if whole is not None:
        yield whole
