"""Constant expressions of linker scripts: numbers with K and M, arithmetic, ORIGIN() and LENGTH().

Grammar: sourceware.org/binutils/docs/ld/Expressions.html. What ld knows beyond that is not known here.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

_NUMBER = re.compile(r"(?P<digits>0[xX][\da-fA-F]+|\$[\da-fA-F]+|\d+)(?P<unit>[kKmM]?)")
_UNITS = {"": 1, "k": 1024, "m": 1024 * 1024}
# Binding strength, weakest first; what ld also knows (conditions, comparisons) decides no memory that was ever seen.
_LEVELS: tuple[tuple[str, ...], ...] = (("|",), ("^",), ("&",), ("<<", ">>"), ("+", "-"), ("*", "/", "%"))
_OPERATIONS: dict[str, Callable[[int, int], int]] = {
    "|": lambda left, right: left | right,
    "^": lambda left, right: left ^ right,
    "&": lambda left, right: left & right,
    "<<": lambda left, right: left << min(right, 64),
    ">>": lambda left, right: left >> min(right, 64),
    "+": lambda left, right: left + right,
    "-": lambda left, right: left - right,
    "*": lambda left, right: left * right,
    "/": lambda left, right: left // right,
    "%": lambda left, right: left % right,
}
DEPTH = 60


class Unknown(Exception):
    """An expression that is broken, or whose value is only known when linking."""


def number(word: str) -> int | None:
    """The value of a number as ld writes it (0x400, 64K, $ff); None where it is none."""
    match = _NUMBER.fullmatch(word)
    if not match:
        return None
    digits = match["digits"]
    base = 16 if digits[:1] == "$" or digits[:2].lower() == "0x" else 8 if digits.startswith("0") else 10
    try:
        return int(digits.lstrip("$"), base) * _UNITS[match["unit"].lower()]
    except ValueError:
        return None


@dataclass
class Expression:
    """Evaluates the words of one expression. `symbols` are known by name, `regions` as (origin, length) by name."""

    words: Sequence[str]
    symbols: Mapping[str, int]
    regions: Mapping[str, tuple[int, int]]
    place: int = 0

    def value(self) -> int:
        """Its value. Raises Unknown."""
        value = self._level(0, 0)
        if self.place < len(self.words):
            raise Unknown(self.words[self.place])
        return value

    def _next(self) -> str:
        word = self.words[self.place] if self.place < len(self.words) else ""
        self.place += 1
        return word

    def _level(self, level: int, depth: int) -> int:
        if depth > DEPTH:
            raise Unknown("too deep")
        if level == len(_LEVELS):
            return self._primary(depth + 1)
        value = self._level(level + 1, depth)
        while self.place < len(self.words) and self.words[self.place] in _LEVELS[level]:
            operation = _OPERATIONS[self._next()]
            right = self._level(level + 1, depth)
            try:
                value = operation(value, right)
            except (ZeroDivisionError, ValueError) as error:
                raise Unknown(str(error)) from error
        return value

    def _primary(self, depth: int) -> int:
        word = self._next()
        if word in ("-", "+", "~"):
            value = self._level(len(_LEVELS), depth)
            return {"-": -value, "+": value, "~": ~value & 0xFFFFFFFF}[word]
        if word == "(":
            value = self._level(0, depth)
            if self._next() != ")":
                raise Unknown("(")
            return value
        if word in ("ORIGIN", "org", "LENGTH", "len") and self.place < len(self.words):
            return self._of_region(word)
        known = number(word)
        if known is None:
            known = self.symbols.get(word)
        if known is None:
            raise Unknown(word)
        return known

    def _of_region(self, word: str) -> int:
        if self._next() != "(":
            raise Unknown(word)
        name = self._next()
        if self._next() != ")" or name not in self.regions:
            raise Unknown(name)
        return self.regions[name][0 if word in ("ORIGIN", "org") else 1]
