"""What may come next at a cursor: names that functions like this one use, and names made of the same words."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import cached_property

from signoff.completion.facts.cursor import Cursor, words
from signoff.completion.facts.names import Names
from signoff.completion.facts.related import Related, around, fused
from signoff.verifiers.declarations.facts import Declaration, Kind

# CMSIS has each bit three times; the others follow from the plain one.
PARTS_OF_BITS = ("_Pos", "_Msk")
MOST_LOOKED_AT = 250
# The first line of a function has its name, the last names of a region are the nearest.
HEAD, NEAREST = 200, 40


class Likely:
    """The names that may follow, for one cursor. `used` are those of similar functions, the likeliest first."""

    def __init__(self, used: Sequence[str], related: Related, cursor: Cursor, prefix: str) -> None:
        self._used = used
        self._related = related
        self._cursor = cursor
        self._prefix = prefix

    @cached_property
    def wanted(self) -> dict[str, float]:
        """The words that lead on, with their weight."""
        region = self._cursor.region
        statement = (*self._cursor.names, *(name for name, _ in self._cursor.calls))
        return around(region[:HEAD].partition("{")[0], words(region)[-NEAREST:], statement, self._prefix)

    def next(self, names: Names, most: int) -> list[str]:
        """The names of headers that may come next, the likeliest first."""
        found = self._related.to(self.wanted, MOST_LOOKED_AT)
        found = [name for name in found if not name.endswith(PARTS_OF_BITS)]
        fit = [name for name in found if (known := names.foreign(name)) is not None and self._fits(known)][:most]
        used = (name for name in self._used if names.foreign(name) is not None)
        return fused(used, fit)[:most]

    def of(self, family: Iterable[str]) -> list[str]:
        """Names, those that fit the place best first."""
        ordered = self._related.order(family, self.wanted)
        known = set(ordered)
        return fused((name for name in self._used if name in known), ordered)

    def _fits(self, known: Declaration) -> bool:
        """Whether a statement may begin with it; in the midst of one anything may stand."""
        if self._cursor.names or known.kind is Kind.FUNCTION:
            return True
        return known.kind is Kind.MACRO and "(" in known.text.split(" ")[1]
