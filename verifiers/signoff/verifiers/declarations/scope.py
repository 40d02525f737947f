"""What is declared where a document stands: plain data with look-ups."""

from __future__ import annotations

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property

from signoff.verifiers.declarations.facts import Declaration, Kind
from signoff.verifiers.mcu.source.files import Stamp


@dataclass(frozen=True, slots=True)
class Way:
    """How a document's headers are found: absolute folders in order, macros before the first line (NAME=VALUE).

    `forced` are headers in front of it (for a header, the unit that it is a part of); `undefined` are no macros.
    """

    folders: tuple[str, ...] = ()
    defines: tuple[str, ...] = ()
    undefined: tuple[str, ...] = ()
    forced: tuple[str, ...] = ()


@dataclass(frozen=True)
class Scope:
    """All that the headers of one unit declare. `files` are they, in the order in which each was met first."""

    files: tuple[str, ...]
    stamps: Mapping[str, Stamp]
    headers: tuple[tuple[Declaration, ...], ...]
    missing: tuple[str, ...] = ()
    direct: frozenset[str] = frozenset()

    @cached_property
    def names(self) -> dict[str, Declaration]:
        """The declarations by name: of several the one that says most, a definition before what only names it."""
        found: dict[str, Declaration] = {}
        for own in self.headers:
            for one in own:
                for name in (one.name, *one.tags):
                    known = found.get(name)
                    if name and (known is None or _tells_more(one, known)):
                        found[name] = one
        for own in self.headers:
            for one in own:
                if one.kind is Kind.ENUM:
                    for member in one.members:
                        found.setdefault(member.name, one)
        return found

    @cached_property
    def sorted_names(self) -> list[str]:
        """All names, in their order."""
        return sorted(self.names)

    def beginning(self, stem: str, most: int) -> list[str]:
        """The names that begin with a stem, at most so many, in their order."""
        at = bisect_left(self.sorted_names, stem)
        found = []
        for name in self.sorted_names[at : at + most]:
            if not name.startswith(stem):
                break
            found.append(name)
        return found

    @cached_property
    def groups(self) -> dict[str, tuple[Declaration, ...]]:
        """The constants of each documentation group."""
        found: dict[str, list[Declaration]] = defaultdict(list)
        for own in self.headers:
            for one in own:
                if one.group and one.kind is Kind.MACRO:
                    found[one.group].append(one)
        return {name: tuple(ones) for name, ones in found.items()}

    @cached_property
    def beside(self) -> tuple[tuple[Declaration, ...], ...]:
        """The functions of each header that the document includes itself."""
        of_files = zip(self.files, self.headers, strict=True)
        return tuple(
            tuple(one for one in own if one.kind is Kind.FUNCTION) for path, own in of_files if path in self.direct
        )


def _tells_more(one: Declaration, known: Declaration) -> bool:
    worth = {Kind.RECORD: 3, Kind.ENUM: 3, Kind.FUNCTION: 2, Kind.VARIABLE: 2, Kind.TYPE: 1, Kind.MACRO: 2}
    return (worth[one.kind], bool(one.members)) > (worth[known.kind], bool(known.members))
