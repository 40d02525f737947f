"""From the names around a cursor to their declarations in all files of a project, by syntax alone."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache

from pyslang import syntax

from signoff.verifiers.hdl.declared import Declared, DeclaredFacts, Wanted
from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.hdl.slang_declared import FileIndex, Scope
from signoff.verifiers.hdl.slang_sources import SourceState
from signoff.verifiers.hdl.slang_world import World, macros

# Text around the cursor whose names count, in characters to each side.
REACH = 40_000
MAX_STATEMENT = 24
MAX_UNIT = 120
MAX_SIMILAR = 16
MAX_MEMBERS = 80
# How far a type is followed into the types that it is made of.
DEPTH = 3
_NAMES = re.compile(r"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|(`?[A-Za-z_][\w$]*(?:::[A-Za-z_][\w$]*)?)", re.DOTALL)
_PARAGRAPH = re.compile(r"\n[ \t]*\r?\n")
_END = re.compile(r"\bend(?:module|package|interface)\b")
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

Found = dict[tuple[str, str, str], Declared]


class Nearby:
    """Answers for one cursor. `own` is the index of its file, `offset` in bytes of that."""

    def __init__(self, state: SourceState, own: FileIndex | None, world: World, offset: int) -> None:
        self._state = state
        self._own = own
        self._world = world
        self._offset = offset
        self._here = self._around()
        here = self._here.imports if self._here is not None else []
        self._imports = tuple(dict.fromkeys((*here, *(own.loose.imports if own is not None else ()))))
        # A package of the same file is not of the world: what it declares is not remembered.
        self._alone = own is None or not any(package in own.units for package, _ in self._imports)

    def facts(self, wanted: Wanted) -> DeclaredFacts:
        """The declarations that are wanted."""
        similar = self._similar(wanted)
        module = next((one for name in similar if (one := self._defined(name)) is not None), None)
        statement: Found = {}
        for name in (wanted.owner, *wanted.names):
            self._follow(name, statement)
        if module is not None:
            # An instance's ports may have types of the package that they come from.
            self._types(module, statement, DEPTH - 1)
        unit: Found = {}
        for name in self._unit_names(wanted.typed):
            declared = self._elsewhere(name)
            if declared is not None:
                unit.setdefault((declared.path, declared.scope, declared.text), declared)
        others = sorted(unit.values(), key=lambda one: (_ORDER.get(one.kind, 8), one.path, one.scope, one.name))
        return DeclaredFacts(
            tuple(statement.values())[:MAX_STATEMENT],
            tuple(others[:MAX_UNIT]),
            module,
            tuple(name for name in similar if wanted.instance == wanted.typed),
            self._offered(wanted),
        )

    def _around(self) -> Scope | None:
        """The design unit that the cursor is in: the last that begins before it, however broken its end is."""
        if self._own is None:
            return None
        buffers = self._state.buffers_of(self._own.unit.source)
        best, found = -1, None
        for name, scope in self._own.units.items():
            start = scope.node.sourceRange.start if scope.node is not None else None
            if start is not None and start.buffer in buffers and best < start.offset <= self._offset:
                best, found = start.offset, name
        return self._own.scope(found) if found is not None else None

    def _similar(self, wanted: Wanted) -> list[str]:
        """The module of the instantiation at the cursor; those that its half-typed name may mean."""
        name = wanted.instance
        if not name or (name != wanted.typed and self._defined(name) is not None):
            return [name] if name else []
        names = {*self._world.definitions, *(self._own.units if self._own is not None else ())}
        units = [one for one in names if self._here is None or one != self._here.name]
        return self._world.like(name, [one for one in units if self._defined(one) is not None], MAX_SIMILAR)

    def _offered(self, wanted: Wanted) -> tuple[Declared, ...]:
        """The members of the package before a "::", or the macros after a "`", that begin as what is typed does."""
        if wanted.typed.startswith("`"):
            used = (name[1:] for name in self._unit_names(wanted.typed) if name.startswith("`"))
            # Those of the file's own headers come before the others.
            known = [name for name in (*used, *self._world.macros) if name in self._world.macros]
            found = [name for name in dict.fromkeys(known) if name.startswith(wanted.typed[1:])]
            return tuple(self._world.macros[name] for name in found[:MAX_MEMBERS])
        package = wanted.owner
        if not package or package not in self._world.definitions:
            return ()
        names = [name for name in self._world.members(package) if name.startswith(wanted.typed)]
        members = (self._world.member(package, name) for name in names[:MAX_MEMBERS])
        return tuple(one for one in members if one is not None)

    def _follow(self, name: str, found: Found) -> None:
        """Add what a name of the statement is declared as, then what that is made of."""
        declared = self._here_or_elsewhere(name)
        if declared is not None:
            found.setdefault((declared.path, declared.scope, declared.text), declared)
            self._types(declared, found, DEPTH - 1)

    def _types(self, declared: Declared, found: Found, depth: int) -> None:
        """Add what a declaration is made of. A name inside it means what it means there, not at the cursor."""
        for name in _inner_names(declared) if depth > 0 else ():
            inner = self._member(declared.scope, name) if declared.scope and "::" not in name else None
            inner = inner or (self._elsewhere(name) if declared.scope else self._here_or_elsewhere(name))
            if inner is None or inner.kind in ("signal", "module", "package"):
                continue
            key = (inner.path, inner.scope, inner.text)
            if key not in found:
                found[key] = inner
                self._types(inner, found, depth - 1)

    def _here_or_elsewhere(self, name: str) -> Declared | None:
        own = self._own
        if own is not None and name.startswith("`") and (text := macros(own.unit.source.text).get(name[1:])):
            return Declared(name[1:], "macro", own.unit.source.path, text)
        if own is None or self._here is None or name not in self._here.members:
            return self._elsewhere(name)
        declared = own.member(self._here, name)
        if declared is not None and isinstance(self._here.members[name], syntax.HierarchyInstantiationSyntax):
            return self._defined(declared.text)
        return declared

    def _elsewhere(self, name: str) -> Declared | None:
        """What a name means that is not declared in the unit itself; None for one that is."""
        if name.startswith("`"):
            return self._world.macros.get(name[1:])
        package, _, member = name.rpartition("::")
        if package:
            return self._member(package, member)
        if self._here is not None and name in self._here.members:
            return None
        return self._world.visible(name, self._imports) if self._alone else self._not_alone(name)

    def _not_alone(self, name: str) -> Declared | None:
        assert self._own is not None
        for package, item in self._imports:
            if item in ("*", name) and (found := self._member(package, name)) is not None:
                return found
        loose = self._own.member(self._own.loose, name)
        return loose or self._defined(name) or self._world.visible(name, ())

    def _defined(self, name: str) -> Declared | None:
        if self._own is not None and name in self._own.units:
            found = self._own.definition(name)
            return found if found is not None and found.kind != "package" else None
        return self._world.definition(name)

    def _member(self, package: str, name: str) -> Declared | None:
        scope = self._own.scope(package) if self._own is not None else None
        if self._own is not None and scope is not None:
            return self._own.member(scope, name) or self._world.imported(name, tuple(scope.imports))
        return self._world.member(package, name)

    def _unit_names(self, typed: str) -> Iterable[str]:
        """The names that the text around the cursor uses, but for the one being typed."""
        if self._own is None:
            return ()
        source = self._own.unit.source
        at = source.code_point(self._offset)
        node = self._here.node if self._here is not None else None
        start = source.code_point(node.sourceRange.start.offset) if node is not None else 0
        before, after = source.text[max(start, at - REACH) : at - len(typed)], source.text[at : at + REACH]
        end = _END.search(after)
        after = after[: end.start()] if end else after
        paragraphs = (*_PARAGRAPH.split(before), *_PARAGRAPH.split(after))
        return dict.fromkeys(name for one in paragraphs for name in _used(one))


@lru_cache(maxsize=8192)
def _used(text: str) -> tuple[str, ...]:
    """The names in a stretch of text, without keywords. Most stretches stay as they are from key to key."""
    return tuple(name for name in dict.fromkeys(_NAMES.findall(text)) if name and name not in KEYWORDS)


def _inner_names(declared: Declared) -> list[str]:
    """The names that a declaration is made of."""
    if declared.kind == "macro":
        return [name for name in _used(declared.text) if name.startswith("`") and name != "`define"]
    return [name for name in _used(declared.text) if name != declared.name]
