"""Verilog: what stands behind a dot or `::` (fields, an interface's signals, what a package holds), and imports."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import PurePath

from signoff.completion import nesting
from signoff.completion.structural.hdl_statement import blanked, instance_at
from signoff.completion.structural.instance import Library
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Kind, Proposal
from signoff.verifiers.hdl.facts import NameFacts, SymbolKind
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project

_OWNER = re.compile(r"([A-Za-z_]\w*(?:\s*\[[^\[\]]*\])*(?:\.\w+(?:\s*\[[^\[\]]*\])*)*)\s*(\.|::)\Z")
_IMPORT = re.compile(r"\bimport\s+(?:\w+::(?:\w+|\*)\s*,\s*)*\Z")
_PACKAGE = re.compile(r"\bpackage\s+(?:automatic\s+|static\s+)?(\w+)")
MOST = 200
# Each of them is judged.
MOST_PACKAGES = 6
_KINDS = {SymbolKind.ENUM_VALUE: Kind.ENUM_VALUE, SymbolKind.FUNCTION: Kind.FUNCTION, SymbolKind.TASK: Kind.FUNCTION}
_CONSTANT = frozenset({SymbolKind.PARAMETER, SymbolKind.LOCALPARAM})


class Members:
    """Names that slang itself tells, so that none of them needs a run."""

    languages = nesting.VERILOG

    def __init__(self, slang: Slang) -> None:
        self._slang = slang

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        if _OWNER.search(place.line_before) is None:
            return False
        return not place.line_before.endswith(".") or instance_at(place.before, place.after) is None

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        found = _OWNER.search(place.line_before)
        if found is None:
            return ()
        # In place of a half-typed member the name alone: it parses wherever the member would.
        start = place.start - len(found[2])
        mended = replace(place.snapshot, text=place.snapshot.text[:start] + place.after)
        line, column = place.position
        described = (await self._slang.place(mended, project, line, column, (found[1],))).of(found[1])
        if described is None or described.enumeration:
            return ()
        return tuple(_name(place, one) for one in described.members[:MOST] if one.kind is not SymbolKind.OTHER)


class PackageImport:
    """Behind `import`: the packages of the design, and those of the workspace, which the import brings into it."""

    languages = nesting.VERILOG

    def __init__(self, slang: Slang, packages: Library) -> None:
        self._slang, self._packages = slang, packages

    def wants(self, place: Place) -> bool:
        """See StructuralKind."""
        return _IMPORT.search(place.line_before) is not None

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """See StructuralKind."""
        known = await self._slang.place(place.snapshot, project, *place.position, ())
        # A package that is not there is no fault of a guessed design: only a condition can leave the place out.
        sure = not _conditions(place.before)
        end = "" if place.line_after.lstrip().startswith((";", ",", ":")) else ";"
        return tuple(
            Proposal(
                f"{name}::*", (f"{name}::*{end}",), place.start, place.offset, Kind.MODULE, "package", asked=True,
                read=sure,
                files=(path,) if path else (),
            )
            for name, path in self._choice(place, known.scope.packages)
        )  # fmt: skip

    def _choice(self, place: Place, design: Sequence[str]) -> list[tuple[str, str]]:
        """(package, the file that would have to come into the design, or ""): those of the design and folder first."""
        here = PurePath(place.snapshot.path).parent
        own = {match[1] for match in _PACKAGE.finditer(blanked(place.snapshot.text))}
        others = self._packages(place.word, place.snapshot.path)
        found = {name: "" for name in design if name.startswith(place.word)}
        near = sorted(others, key=lambda name: PurePath(others[name]).parent != here)
        found.update({name: others[name] for name in near if name not in found and name not in own})
        return list(found.items())[:MOST_PACKAGES]


def _conditions(before: str) -> int:
    """How many conditions of the preprocessor are open at the end of a text, those of its comments among them."""
    return len(re.findall(r"`ifn?def\b", before)) - before.count("`endif")


def _name(place: Place, one: NameFacts) -> Proposal:
    kind = Kind.CONSTANT if one.kind in _CONSTANT else _KINDS.get(one.kind, Kind.FIELD)
    told = " ".join(part for part in (one.direction, one.type or one.kind, one.value and f"= {one.value}") if part)
    return Proposal(one.name, (one.name,), place.start, place.offset, kind, told, asked=True, judged=False)
