"""One file's facts, kept until the file, its flags or a header changes; after an edit, little is read again."""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass, replace

from tree_sitter import Language, Parser, Tree

from signoff.verifiers.gpu.values.macros import Macro
from signoff.verifiers.gpu.values.parsing import difference
from signoff.verifiers.gpu.values.parsing import language as cplusplus
from signoff.verifiers.mcu.source.blanking import blank
from signoff.verifiers.mcu.source.facts import SourceFacts
from signoff.verifiers.mcu.source.files import Files, Outline, Stamp, outline
from signoff.verifiers.mcu.source.outline import Bodies, Outlined, Outliner
from signoff.verifiers.mcu.source.units import Environment, Reach, UnitReader, is_cplusplus
from signoff.verifiers.mcu.source.values import c_parser
from signoff.verifiers.project import CompileUnit

PRAGMA = re.compile(rb"^[ \t]*#[ \t]*pragma[ \t]+([^\r\n]*)", re.MULTILINE)
# Texts of one file that are remembered: the present one, and those that a proof tries.
VERSIONS = 6
# Sets of headers whose macros are remembered joined.
KEPT_HEADERS = 200


@dataclass(slots=True)
class _Kept:
    stamp: Stamp
    unit: CompileUnit
    reach: Reach
    facts: SourceFacts


@dataclass(slots=True)
class _Parsed:
    data: bytes
    tree: Tree


class SourceReader:
    """Reads sources. One for a worker process."""

    def __init__(self) -> None:
        self.files = Files()
        self.units = UnitReader(self.files)
        self._kept: dict[str, list[_Kept]] = {}
        self._trees: dict[str, _Parsed] = {}
        self._bodies: dict[str, Bodies] = {}
        self._macros: dict[str, dict[str, frozenset[str]]] = {}
        self._headers: OrderedDict[tuple[tuple[str, Stamp], ...], _Brought] = OrderedDict()

    def facts(self, path: str, unit: CompileUnit) -> SourceFacts | None:
        """The facts of a file as it is now, compiled with a unit's flags; None where it cannot be read."""
        stamp = self.files.stamp(path)
        for kept in self._kept.get(path, ()):
            if kept.stamp == stamp and kept.unit == unit and self._fresh(kept.reach):
                return kept.facts
        data = self.files.data(path, stamp)
        if data is None:
            return None
        facts, reach = self._read(path, data, unit)
        self._kept[path] = [_Kept(stamp, unit, reach, facts), *self._kept.get(path, ())][:VERSIONS]
        return facts

    def knows(self, path: str) -> bool:
        """Whether a file was read before: then it is quick."""
        return path in self._kept

    def _fresh(self, reach: Reach) -> bool:
        fresh = all(self.files.stamp(path) == stamp for path, stamp in reach.headers.items())
        if not fresh:
            self.units.forget()
        return fresh

    def _read(self, path: str, data: bytes, unit: CompileUnit) -> tuple[SourceFacts, Reach]:
        text = self.units.read(path, data, unit)
        blanked = blank(text.data, text.macros)
        tree = self._tree(path, blanked.data)
        bodies = self._bodies.setdefault(path, Bodies())
        found = Outliner(path, tree, blanked, text.macros, bodies, data).read()
        own = outline(data, header=False)
        brought = self._brought(text.reach)
        own_bodies = self._own_bodies(path, own)
        reached, pasted = _closure(own, brought)
        pragmas = tuple(match[1].decode("utf-8", "replace").strip() for match in PRAGMA.finditer(data))
        facts = _facts(path, found, text.macros, own, reached, pasted, pragmas, tree)
        facts = replace(
            facts, missing=text.reach.missing, included=brought.reached, bodies=(brought.bodies, own_bodies)
        )
        return facts, text.reach

    def _own_bodies(self, path: str, own: Outline) -> Mapping[str, frozenset[str]]:
        """The bodies of a file's own macros: the same object as long as they are the same."""
        kept = self._macros.get(path)
        if kept is None or kept != own.bodies:
            kept = self._macros[path] = own.bodies
        return kept

    def _tree(self, path: str, data: bytes) -> Tree:
        parser = _cplusplus_parser() if is_cplusplus(path) else c_parser()
        before = self._trees.get(path)
        tree = None
        if before is not None and before.data == data:
            return before.tree
        # A tree with errors is made afresh: how the grammar gets out of an error depends on where it came from.
        if before is not None and not before.tree.root_node.has_error:
            tree = parser.parse(data, _edited(before, data))
        if tree is None or tree.root_node.has_error:
            tree = parser.parse(data)
        self._trees[path] = _Parsed(data, tree)
        return tree

    def _brought(self, reach: Reach) -> _Brought:
        """What a unit's headers bring in, whatever the unit's own text is."""
        key = tuple(reach.headers.items())
        kept = self._headers.pop(key, None)
        if kept is None:
            outlines = [self.files.outline(*one) for one in reach.headers.items()]
            kept = _brought([one for one in outlines if one is not None])
        self._headers[key] = kept
        while len(self._headers) > KEPT_HEADERS:
            self._headers.popitem(last=False)
        return kept


@dataclass(frozen=True, slots=True)
class _Brought:
    """The macros of a set of headers (the names in their bodies, those that ## joins), and what their code reaches."""

    bodies: Mapping[str, frozenset[str]]
    joins: Mapping[str, frozenset[str]]
    reached: frozenset[str]
    pasted: frozenset[str]


def _closure(own: Outline, base: _Brought) -> tuple[frozenset[str], frozenset[str]]:
    """All names that a file's code brings in through macros, and the pieces that these join."""
    reached: set[str] = set()
    pasted: set[str] = set(base.pasted)
    waiting = list(own.code)
    while waiting:
        name = waiting.pop()
        if name in reached:
            continue
        reached.add(name)
        for bodies, joins in ((base.bodies, base.joins), (own.bodies, own.pasted)):
            body = bodies.get(name)
            if body is not None:
                waiting.extend(body)
                pasted.update(joins.get(name, ()))
    return base.reached | reached, frozenset(pasted)


def _brought(outlines: list[Outline]) -> _Brought:
    bodies: dict[str, frozenset[str]] = {}
    joins: dict[str, frozenset[str]] = {}
    for one in outlines:
        for name, names in one.bodies.items():
            bodies[name] = bodies[name] | names if name in bodies else names
        for name, names in one.pasted.items():
            joins[name] = joins.get(name, frozenset()) | names
    reached: set[str] = set()
    waiting = [name for one in outlines for name in one.used]
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            waiting.extend(bodies.get(name, ()))
    pasted = frozenset().union(*(names for name, names in joins.items() if name in reached))
    return _Brought(bodies, joins, frozenset(reached), pasted)


def _facts(
    path: str,
    found: Outlined,
    macros: Environment,
    own: Outline,
    reached: frozenset[str],
    pasted: frozenset[str],
    pragmas: tuple[str, ...],
    tree: Tree,
) -> SourceFacts:
    return SourceFacts(
        path=path,
        functions=tuple(found.functions),
        variables=tuple(found.variables),
        declarations=tuple(found.declarations),
        macros={name: one.body for name, one in macros.items() if isinstance(one, Macro) and one.parameters is None},
        identifiers=own.code,
        reached=reached,
        pasted=pasted,
        pragmas=pragmas,
        errors=int(tree.root_node.has_error),
    )


def _cplusplus_parser() -> Parser:
    return Parser(Language(cplusplus()) if not isinstance(cplusplus(), Language) else cplusplus())


def _edited(before: _Parsed, data: bytes) -> Tree:
    place = difference(before.data, data)
    points = _point(before.data, place.start), _point(before.data, place.old_end), _point(data, place.new_end)
    copy = before.tree.copy()
    copy.edit(place.start, place.old_end, place.new_end, *points)
    return copy


def _point(data: bytes, offset: int) -> tuple[int, int]:
    return data.count(b"\n", 0, offset), offset - (data.rfind(b"\n", 0, offset) + 1)
