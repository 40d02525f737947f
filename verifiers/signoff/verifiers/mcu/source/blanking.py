"""Macros and attributes that the grammar of C stumbles over are blanked byte for byte, and remembered."""

from __future__ import annotations

import re
from bisect import bisect_left, insort
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import lru_cache

from signoff.verifiers.gpu.values.macros import Definition, Macro
from signoff.verifiers.mcu.source.vocabulary import vocabulary

NOT_NEWLINE = re.compile(rb"[^\r\n]")
INSIDE_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
# A macro that stands for this is one between declarations: an attribute, a qualifier, or nothing.
DECORATION = re.compile(
    r"(?:\s*(?:__attribute__\s*\(\(.*\)\)|__declspec\s*\(.*\)|_Pragma\s*\(.*\)|volatile|inline|__inline|__inline__|"
    r"extern\s+\"C\"|__extension__|__IO|__weak))*\s*",
    re.DOTALL,
)
# An argument of an attribute that is longer has an unbalanced parenthesis before it.
LONGEST_ARGUMENT = 400


@dataclass(slots=True)
class Blanked:
    """The text to parse; `marks` are (start, what stood there), ascending."""

    data: bytes
    marks: list[tuple[int, str]] = field(default_factory=list)

    def between(self, start: int, end: int) -> list[str]:
        """What was blanked in a stretch of the text."""
        low, high = (bisect_left(self.marks, (at, "")) for at in (start, end))
        return [text for _, text in self.marks[low:high]]


def blank(data: bytes, macros: Mapping[str, Definition]) -> Blanked:
    """Blank what vocabulary.toml names, and the project's own macros that stand for attributes."""
    result, out = Blanked(data), bytearray(data)
    for word, text, call in _words(data, macros):
        for start in _places(data, word):
            end = _end(data, start + len(word)) if call else start + len(word)
            if end <= start or out[start : start + 1] == b" ":
                continue
            insort(result.marks, (start, data[start:end].decode("utf-8", "replace") if call and not text else text))
            out[start:end] = NOT_NEWLINE.sub(b" ", data[start:end])
    result.data = bytes(out)
    return result


def _words(data: bytes, macros: Mapping[str, Definition]) -> list[tuple[bytes, str, bool]]:
    """(word, what it stands for, whether it has arguments), those with arguments first."""
    known = vocabulary()
    calls = [(word.encode(), "", True) for word in known.calls]
    plain = [(word.encode(), word, False) for word in known.blanked]
    own = [(name.encode(), text, call) for name, text, call in _decorations(macros)]
    return [one for one in (*calls, *plain, *own) if one[0] in data]


def _decorations(macros: Mapping[str, Definition]) -> list[tuple[str, str, bool]]:
    known = vocabulary()
    return [
        (name, f"{name} {macro.body}", macro.parameters is not None)
        for name, macro in macros.items()
        if isinstance(macro, Macro)
        and name not in known.blanked
        and name not in known.calls
        and _decorates(macro.body, macro.parameters is None)
    ]


@lru_cache(maxsize=16384)
def _decorates(body: str, plain: bool) -> bool:
    """Whether a macro's body is an attribute; one without any text only where it has no arguments is known to be."""
    return bool(body.strip()) and DECORATION.fullmatch(body) is not None


def _places(data: bytes, word: bytes) -> list[int]:
    found, width = [], len(word)
    at = data.find(word)
    while at >= 0:
        after = data[at + width : at + width + 1]
        if (at == 0 or data[at - 1] not in INSIDE_WORD) and (not after or after[0] not in INSIDE_WORD):
            found.append(at)
        at = data.find(word, at + width)
    return found


def _end(data: bytes, at: int) -> int:
    """Where the argument in parentheses ends that begins at or after `at`; 0 where there is none."""
    while data[at : at + 1].isspace():
        at += 1
    if data[at : at + 1] != b"(":
        return 0
    depth = 0
    for end in range(at, min(at + LONGEST_ARGUMENT, len(data))):
        depth += (data[end] == OPEN) - (data[end] == CLOSE)
        if depth == 0:
            return end + 1
    return 0


OPEN, CLOSE = ord("("), ord(")")
