"""From the names around a cursor to their declarations in all files of a project, by syntax alone."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from pyslang import syntax

from signoff.verifiers.hdl import slang_macros
from signoff.verifiers.hdl.declared import Declared, DeclaredFacts, Wanted
from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.hdl.slang_declared import FileIndex, Scope
from signoff.verifiers.hdl.slang_sources import SourceState, Unit

# Text around the cursor whose names count, in characters to each side.
REACH = 60_000
MAX_STATEMENT = 24
MAX_UNIT = 120
# How far a type is followed into the types that it is made of.
DEPTH = 3
MAX_MACRO = 600
_NAME = re.compile(r"`?[A-Za-z_][\w$]*(?:::[A-Za-z_][\w$]*)?")
_STRUCTURE = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"", re.DOTALL)
_ORDER = {
    "macro": 0,
    "package": 1,
    "parameter": 2,
    "typedef": 3,
    "function": 4,
    "class": 5,
    "interface": 6,
    "module": 7,
}


class Indexes:
    """The indexes of a project's files, each made once for a parsed file."""

    def __init__(self) -> None:
        self._known: dict[int, FileIndex] = {}

    def of(self, state: SourceState, units: Iterable[Unit]) -> list[FileIndex]:
        """One index a unit."""
        known = {id(unit): self._known.get(id(unit)) for unit in units}
        self._known = {id(unit): known[id(unit)] or FileIndex(unit, state) for unit in units}
        return list(self._known.values())


class Nearby:
    """Answers for one cursor. `offset` is in bytes of the text `focus`, the file's with the cursor."""

    def __init__(self, state: SourceState, indexes: list[FileIndex], focus: str, offset: int) -> None:
        self._state = state
        self._indexes = indexes
        self._focus = focus
        self._own = next((one for one in indexes if one.unit.source.path == focus), None)
        self._offset = offset
        self._here = self._around()
        self._definitions = {name: one for one in indexes for name in one.units}
        if self._own is not None:
            self._definitions.update(dict.fromkeys(self._own.units, self._own))

    def facts(self, wanted: Wanted) -> DeclaredFacts:
        """The declarations that are wanted."""
        module = self._module(wanted)
        statement: dict[tuple[str, str, str], Declared] = {}
        for name in (wanted.owner, *wanted.names):
            self._follow(name, statement, DEPTH)
        if module is not None:
            # An instance's ports may have types of the package that they come from.
            self._types(module, statement, DEPTH - 1)
        shown = list(statement.values())[:MAX_STATEMENT]
        unit: dict[tuple[str, str, str], Declared] = {}
        for name in self._unit_names(wanted.typed):
            self._follow(name, unit, 1, local=False)
        others = sorted(unit.values(), key=lambda one: (_ORDER.get(one.kind, 8), one.path, one.scope, one.name))
        return DeclaredFacts(tuple(shown), tuple(others[:MAX_UNIT]), module)

    def _around(self) -> Scope | None:
        """The design unit that the cursor is in: the last that begins before it, however broken its end is."""
        if self._own is None:
            return None
        buffers = self._state.buffers_of(self._own.unit.source)
        best, found = -1, None
        for name, scope in self._own.units.items():
            if scope.node is None:
                continue
            start = scope.node.sourceRange.start
            if start.buffer in buffers and best < start.offset <= self._offset:
                best, found = start.offset, name
        return self._own.scope(found) if found is not None else None

    def _module(self, wanted: Wanted) -> Declared | None:
        for name in (wanted.instance, *self._like(wanted.instance)):
            if name in self._definitions:
                return self._definitions[name].definition(name)
        return None

    def _like(self, typed: str) -> list[str]:
        """Modules whose name goes on as `typed` does, or is nearly that."""
        if len(typed) < 3:
            return []
        begins = sorted((name for name in self._definitions if name.startswith(typed)), key=len)
        return begins[:1] or difflib.get_close_matches(typed, self._definitions, 1, 0.8)

    def _follow(
        self, name: str, found: dict[tuple[str, str, str], Declared], depth: int, *, local: bool = True
    ) -> None:
        """Add what a name is declared as, then what that is made of."""
        declared = self._look_up(name, local=local)
        if declared is None or (key := (declared.path, declared.scope, declared.text)) in found:
            return
        found[key] = declared
        if depth > 1:
            self._types(declared, found, depth - 1)

    def _types(self, declared: Declared, found: dict[tuple[str, str, str], Declared], depth: int) -> None:
        for inner in _inner_names(declared):
            self._follow_type(inner, declared, found, depth)

    def _follow_type(self, name: str, owner: Declared, found: dict[tuple[str, str, str], Declared], depth: int) -> None:
        """A name inside a declaration means what it means there, not at the cursor."""
        inside = self._member_of(owner.scope, name) if owner.scope and "::" not in name else None
        declared = inside or self._look_up(name, local=not owner.scope)
        if declared is None or declared.kind in ("signal", "module", "package"):
            return
        key = (declared.path, declared.scope, declared.text)
        if key not in found:
            found[key] = declared
            if depth > 1:
                self._types(declared, found, depth - 1)

    def _look_up(self, name: str, *, local: bool) -> Declared | None:
        if name.startswith("`"):
            return self._macro(name[1:])
        package, _, member = name.rpartition("::")
        if package:
            return self._member_of(package, member)
        if self._here is not None and name in self._here.members:
            # Elsewhere in the unit it is no fact of another file, whatever else has its name.
            return self._of_here(name) if local else None
        return self._imported(name) or self._loose(name) or self._defined(name)

    def _of_here(self, name: str) -> Declared | None:
        assert self._own is not None
        assert self._here is not None
        declared = self._own.member(self._here, name)
        if declared is not None and isinstance(self._here.members[name], syntax.HierarchyInstantiationSyntax):
            return self._defined(declared.text)
        return declared

    def _defined(self, name: str) -> Declared | None:
        index = self._definitions.get(name)
        found = index.definition(name) if index is not None else None
        return found if found is not None and found.kind != "package" else None

    def _member_of(self, package: str, name: str) -> Declared | None:
        """A package's member, or what it exports of another's."""
        seen: set[str] = set()
        queue = [package]
        while queue:
            one = queue.pop(0)
            index = self._definitions.get(one)
            scope = index.scope(one) if index is not None else None
            if one in seen or index is None or scope is None:
                continue
            seen.add(one)
            declared = index.member(scope, name)
            if declared is not None:
                return declared
            queue += [other for other, item in scope.imports if item in ("*", name)]
        return None

    def _imports(self) -> Iterator[tuple[str, str]]:
        if self._here is not None:
            yield from self._here.imports
        if self._own is not None:
            yield from self._own.loose.imports

    def _imported(self, name: str) -> Declared | None:
        for package, item in self._imports():
            if item in ("*", name) and (found := self._member_of(package, name)) is not None:
                return found
        return None

    def _loose(self, name: str) -> Declared | None:
        for index in self._indexes:
            if name in index.loose.members:
                return index.member(index.loose, name)
        return None

    def _macro(self, name: str) -> Declared | None:
        for path, text in self._macro_sources():
            found = _macros(text).get(name)
            if found is not None:
                return Declared(name, "macro", path, found[:MAX_MACRO])
        return None

    def _macro_sources(self) -> Iterator[tuple[str, str]]:
        """The focus first, then its headers, then all others: a name is rarely defined in two ways."""
        ordered = [one for one in (self._own,) if one is not None] + [
            one for one in self._indexes if one is not self._own
        ]
        seen: set[str] = set()
        for index in ordered:
            for path in (index.unit.source.path, *index.unit.includes):
                source = self._state.named(path) if path not in seen else None
                seen.add(path)
                if source is not None and "`define" in source.text:
                    yield path, source.text

    def _unit_names(self, typed: str) -> list[str]:
        """The names that the text around the cursor uses, but for the one being typed."""
        if self._own is None:
            return []
        source = self._own.unit.source
        at = source.code_point(self._offset)
        start = max(at - REACH, 0)
        node = self._here.node if self._here is not None else None
        if node is not None:
            start = max(start, source.code_point(node.sourceRange.start.offset))
        before, after = source.text[start : at - len(typed)], source.text[at : at + REACH]
        end = re.search(r"\bend(?:module|package|interface)\b", after)
        after = after[: end.start()] if end else after
        return list(dict.fromkeys(_used(before + "\n" + after)))


def _used(text: str) -> Iterator[str]:
    for name in _NAME.findall(_STRUCTURE.sub(" ", text)):
        if name not in KEYWORDS:
            yield name


def _inner_names(declared: Declared) -> list[str]:
    """The names that a declaration is made of."""
    if declared.kind == "macro":
        return [name for name in _used(declared.text) if name.startswith("`") and name != "`define"]
    return [name for name in dict.fromkeys(_used(declared.text)) if name != declared.name]


@lru_cache(maxsize=512)
def _macros(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for directive in slang_macros.scan(text).directives:
        if directive.word == "define":
            found.setdefault(directive.name, _plain(directive.text))
    return found


def _plain(text: str) -> str:
    return re.sub(r"[ \t]*\\?\r?\n[ \t]*", " ", re.sub(r"//[^\n]*", "", text)).strip()
