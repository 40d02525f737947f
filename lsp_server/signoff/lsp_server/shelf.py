"""What code actions stand for between being shown and being chosen."""

from __future__ import annotations

import itertools
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING

from signoff.verifiers.finding import Finding

if TYPE_CHECKING:
    from signoff.diagnostics.fixes.proven import ProvenFix

# An editor shows some lists at once; what is older than this many actions was not chosen.
KEPT = 512


@dataclass(frozen=True, slots=True)
class Promise:
    """An action on exactly `version` of a document: a proven `fix`; else a `finding` for the model to mend; else all of
    one `code` ("": of all codes). What a `refactoring` claims is still to be proven."""

    uri: str
    version: int
    fix: ProvenFix | None = None
    finding: Finding | None = None
    code: str = ""
    refactoring: bool = False


class Shelf:
    """The last promises by number: a list that is still shown keeps its meaning, whatever was asked since."""

    def __init__(self) -> None:
        self._numbers = itertools.count(1)
        self._promises: OrderedDict[int, Promise] = OrderedDict()

    def put(self, promise: Promise) -> int:
        """Keep a promise; its number."""
        number = next(self._numbers)
        self._promises[number] = promise
        while len(self._promises) > KEPT:
            self._promises.popitem(last=False)
        return number

    def at(self, number: object) -> Promise | None:
        """The promise of a number, or None."""
        return self._promises.get(number) if isinstance(number, int) else None

    def get(self, data: object) -> Promise | None:
        """The promise of an action by its data, as a client sends it back."""
        number = data.get("fix") if isinstance(data, dict) else getattr(data, "fix", None)
        return self.at(number)
