"""Bits of a name, of a range and of a select, as far as the text alone tells."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signoff.diagnostics.fixes.modules import Declared, Module
from signoff.diagnostics.fixes.templates.place import Place

RANGE = re.compile(r"\[\s*(\d{1,9})\s*:\s*(\d{1,9})\s*\]")
# Digits of a literal that is looked at.
LONGEST_LITERAL = 2_000
SCALARS = frozenset(("", "wire", "reg", "logic", "bit", "tri"))


@dataclass(frozen=True, slots=True)
class Select:
    """A select with plain numbers, as token indices: `[high : low]`, or `[base +: low]` by its `operator`."""

    opening: int
    high: int
    low: int
    operator: str

    @property
    def closing(self) -> int:
        """The closing bracket."""
        return self.low + 1


def select_at(place: Place, opening: int) -> Select | None:
    """The range that opens at a token, where its bounds (of `+:` its width) are plain numbers."""
    src = place.src
    operator = src.word(opening + 2)
    if src.word(opening) != "[" or operator not in (":", "+:", "-:") or src.word(opening + 4) != "]":
        return None
    known = plain(src.word(opening + 3)) >= 0 and (operator != ":" or plain(src.word(opening + 1)) >= 0)
    return Select(opening, opening + 1, opening + 3, operator) if known else None


def bits(entry: Declared) -> int:
    """Bits of a declared name; 0 where that takes more than reading."""
    packed = entry.packed.replace("signed", "").strip()
    if match := RANGE.fullmatch(packed):
        return abs(int(match[1]) - int(match[2])) + 1
    return 1 if entry.kind in SCALARS and not packed and not entry.unpacked else 0


def entry_of(module: Module | None, name: str) -> Declared | None:
    """The declaration of a name that says how wide it is: of a port that is declared twice, the one with a range."""
    entries = module.declared.get(name, []) if module is not None else []
    return next((entry for entry in entries if entry.packed), entries[0] if entries else None)


def bits_of(module: Module | None, name: str) -> int:
    """Bits of a name of the module; 0 where that is not known."""
    entry = entry_of(module, name)
    return bits(entry) if entry is not None else 0


def plain(text: str) -> int:
    """A plain number; -1 where it is none, or so long that nobody has meant it."""
    digits = text.replace("_", "")
    return int(digits) if len(digits) <= 9 and digits.isdecimal() else -1


def value_of(base: str, digits: str) -> int:
    """The value of a literal's digits; -1 where they are not of its base."""
    if len(digits) > LONGEST_LITERAL:
        return -1
    try:
        return int(digits.replace("_", ""), {"b": 2, "o": 8, "d": 10, "h": 16}[base.lower()])
    except ValueError:
        return -1
