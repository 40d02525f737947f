"""All files of a project but the one being written, as one table of names: made again only when one of them changes."""

from __future__ import annotations

import difflib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import lru_cache

from signoff.verifiers.hdl import slang_macros
from signoff.verifiers.hdl.declared import Declared
from signoff.verifiers.hdl.slang_declared import FileIndex, Scope
from signoff.verifiers.hdl.slang_sources import SourceState, Unit

MAX_MACRO = 600
Imports = tuple[tuple[str, str], ...]


class World:
    """What every other file declares. `headers` are files that only the one being written includes."""

    def __init__(self, indexes: Iterable[FileIndex], state: SourceState, headers: Iterable[str]) -> None:
        self._indexes = list(indexes)
        self.definitions = {name: one for one in self._indexes for name in one.units}
        self._loose = {name: one for one in reversed(self._indexes) for name in one.loose.members}
        sources = (path for one in self._indexes for path in (one.unit.source.path, *one.unit.includes))
        self.macros = dict(_all_macros(state, dict.fromkeys((*headers, *sources))))
        self._memo: dict[Imports, dict[str, Declared | None]] = {}

    def definition(self, name: str) -> Declared | None:
        """A module or interface as its users see it."""
        index = self.definitions.get(name)
        found = index.definition(name) if index is not None else None
        return found if found is not None and found.kind != "package" else None

    def loose(self, name: str) -> Declared | None:
        """What is declared outside of any design unit."""
        index = self._loose.get(name)
        return index.member(index.loose, name) if index is not None else None

    def member(self, package: str, name: str) -> Declared | None:
        """A package's member, or what it exports of another's."""
        for index, scope in self._with_exports(package, name):
            declared = index.member(scope, name)
            if declared is not None:
                return declared
        return None

    def members(self, package: str) -> tuple[str, ...]:
        """The names that a package or a class-like scope declares, in their order."""
        index = self.definitions.get(package)
        scope = index.scope(package) if index is not None else None
        return tuple(scope.members) if scope is not None else ()

    def visible(self, name: str, imports: Imports) -> Declared | None:
        """What a plain name means to one who imports these: a package's member, a loose name or a module."""
        known = self._memo.setdefault(imports, {})
        if name not in known:
            known[name] = self.imported(name, imports) or self.loose(name) or self.definition(name)
        return known[name]

    def imported(self, name: str, imports: Imports) -> Declared | None:
        """A member of one of the imported packages."""
        for package, item in imports:
            if item in ("*", name) and (found := self.member(package, name)) is not None:
                return found
        return None

    def like(self, typed: str, names: Iterable[str], count: int) -> list[str]:
        """Names that go on as `typed` does, the shortest first; else those that are nearly that."""
        begins = sorted((name for name in names if name.startswith(typed)), key=lambda name: (len(name), name))
        return begins[:count] or (difflib.get_close_matches(typed, names, 1, 0.8) if len(typed) > 3 else [])

    def _with_exports(self, package: str, name: str) -> Iterator[tuple[FileIndex, Scope]]:
        seen: set[str] = set()
        queue = [package]
        while queue:
            one = queue.pop(0)
            index = self.definitions.get(one)
            scope = index.scope(one) if index is not None and one not in seen else None
            seen.add(one)
            if index is not None and scope is not None:
                yield index, scope
                queue += [other for other, item in scope.imports if item in ("*", name)]


class Worlds:
    """The indexes of parsed files, each made once, and the world that they make for one file."""

    def __init__(self) -> None:
        self._known: dict[int, FileIndex] = {}
        self._world: tuple[object, World] | None = None

    def of(self, state: SourceState, units: Iterable[Unit], focus: str) -> tuple[FileIndex | None, World]:
        """(the index of the focus, the world of all others)."""
        known = {id(unit): self._known.get(id(unit)) or FileIndex(unit, state) for unit in units}
        self._known = known
        own = next((one for one in known.values() if one.unit.source.path == focus), None)
        others = [one for one in known.values() if one is not own]
        headers = tuple(own.unit.includes) if own is not None else ()
        key = ([id(one) for one in others], headers, state.serial)
        if self._world is None or self._world[0] != key:
            self._world = key, World(others, state, headers)
        return own, self._world[1]


def macros(text: str) -> Mapping[str, str]:
    """The macros that a text defines, each on one line."""
    if "`define" not in text:
        return {}
    return _macros(text)


@lru_cache(maxsize=512)
def _macros(text: str) -> Mapping[str, str]:
    found: dict[str, str] = {}
    for directive in slang_macros.scan(text).directives:
        if directive.word == "define":
            found.setdefault(directive.name, _plain(directive.text)[:MAX_MACRO])
    return found


def _plain(text: str) -> str:
    return re.sub(r"[ \t]*\\?\r?\n[ \t]*", " ", re.sub(r"//[^\n]*", "", text)).strip()


def _all_macros(state: SourceState, paths: Iterable[str]) -> Iterator[tuple[str, Declared]]:
    """Of a name that is defined twice the first counts."""
    seen: set[str] = set()
    for path in paths:
        source = state.named(path)
        for name, text in macros(source.text).items() if source is not None else ():
            if name not in seen:
                seen.add(name)
                yield name, Declared(name, "macro", path, text)
