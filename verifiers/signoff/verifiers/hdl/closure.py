"""What a file needs: the guess at a design that nothing declares.

From one file downwards only: the packages, interfaces and modules that it uses, and what these use. Who instantiates
the file is not asked for, so that no testbench is drawn in.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Iterable
from dataclasses import dataclass

from signoff.verifiers.hdl.index import EMPTY, FileFacts
from signoff.verifiers.hdl.workspace_index import WorkspaceIndex, nearest, resolve_include

MAX_FILES = 2000
MAX_DEPTH = 200


@dataclass(frozen=True, slots=True)
class Closure:
    """Files in compilation order (packages before their users), include folders, and the names found nowhere.

    `uncertain` are names before "::" that no package bears and no class: types of a module's own, or packages.
    """

    files: tuple[str, ...] = ()
    include_dirs: tuple[str, ...] = ()
    missing: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    uncertain: tuple[str, ...] = ()


def closure(
    index: WorkspaceIndex,
    start: Iterable[str],
    include_dirs: Iterable[str] = (),
    known: Iterable[str] = (),
    macros: Iterable[str] = (),
    optional: bool = True,
) -> Closure:
    """Everything that the files `start` need. `known` are names not to look for, `macros` those already defined.

    `optional`: also what is used only under an `ifdef. That is never called missing.
    """
    walk = _Walk(index, include_dirs, set(known), set(macros), optional)
    start = list(start)
    for path in start:
        walk.provide(path)
    for path in start:
        walk.visit(path)
    walk.run()
    return walk.result()


class _Walk:
    def __init__(
        self, index: WorkspaceIndex, include_dirs: Iterable[str], known: set[str], macros: set[str], optional: bool
    ) -> None:
        self.index = index
        self.include_dirs: dict[str, None] = dict.fromkeys(include_dirs)
        self.files: dict[str, None] = {}
        self.front: dict[str, None] = {}
        self.headers: dict[str, None] = {}
        self.missing: dict[str, None] = {}
        self.uncertain: dict[str, None] = {}
        self.known = known
        self.optional = optional
        self.provided: dict[str, str] = {}
        self.defined = macros
        self.used: dict[str, str] = {}
        self._resolved: dict[tuple[str, str], tuple[str, str]] = {}
        self._begun: set[str] = set()
        self._wanted: deque[tuple[str, str]] = deque()

    def provide(self, path: str) -> None:
        """Note what a file defines: nothing else may define it a second time."""
        for name in self.index.facts(path).units:
            self.provided.setdefault(name, path)

    def visit(self, path: str, depth: int = 0) -> None:
        """Take a file in, after the packages that it uses."""
        if path in self._begun or len(self._begun) >= MAX_FILES:
            return
        self._begun.add(path)
        self.provide(path)
        for source, facts in self._gather(path):
            for name in self._wanted_of(facts, facts.imports):
                self._package(name, source, depth, certain=name not in facts.optional)
            for name in facts.scopes:
                self._package(name, source, depth, certain=False)
            self._wanted += [(name, source) for name in self._wanted_of(facts, facts.instances)]
            self._wanted += [(name, source) for name in facts.port_types]
        self.files[path] = None

    def run(self) -> None:
        """Take in what is instantiated, until nothing new is; then what the macros used need."""
        tried: set[str] = set()
        while True:
            while self._wanted:
                self._unit(*self._wanted.popleft())
            open_macros = {name: user for name, user in self.used.items() if name not in self.defined | tried}
            if not open_macros:
                break
            for name, user in open_macros.items():
                tried.add(name)
                self._macro(name, user)
        self._forget_found()

    def result(self) -> Closure:
        """What was found."""
        files = tuple({**self.front, **self.files})
        unknown = (tuple(self.missing), tuple(self.headers), tuple(self.uncertain))
        return Closure(files, tuple(self.include_dirs), *unknown)

    def _gather(self, path: str) -> list[tuple[str, FileFacts]]:
        """A file and all that it includes, each with its facts; include folders are added on the way."""
        found: dict[str, FileFacts] = {}
        waiting = [path]
        while waiting:
            source = waiting.pop()
            if source in found:
                continue
            facts = found[source] = self.index.facts(source)
            self.defined.update(facts.macros)
            for name in facts.macros_used:
                if f"`{name}" not in facts.optional:
                    self.used.setdefault(name, source)
            for name in self._wanted_of(facts, facts.includes):
                target, folder = self._resolve(name, source)
                if folder:
                    self.include_dirs[folder] = None
                if target:
                    self.headers[target] = None
                    waiting.append(target)
                elif name not in facts.optional:
                    self.missing[name] = None
        for source in found:
            if source != path:
                self.provide(source)
        return list(found.items())

    def _resolve(self, name: str, source: str) -> tuple[str, str]:
        """As resolve_include(); what was found once from a folder is not looked for again."""
        key = (os.path.dirname(source), name)
        found = self._resolved.get(key)
        if found is None:
            target, folder = resolve_include(name, source, self.include_dirs, self.index)
            self._resolved[key] = (target, "")
            return target, folder
        return found

    def _wanted_of(self, facts: FileFacts, names: Iterable[str]) -> Iterable[str]:
        return names if self.optional else (name for name in names if name not in facts.optional)

    def _package(self, name: str, user: str, depth: int, *, certain: bool) -> None:
        if name in self.known:
            return
        if name in self.provided:
            # Given as one of the start files, perhaps: it still comes before its user.
            if depth < MAX_DEPTH and not self.index.is_header(self.provided[name]):
                self.visit(self.provided[name], depth + 1)
            return
        chosen = self._choose(self.index.packages(name), user)
        if chosen and depth < MAX_DEPTH:
            self.visit(chosen, depth + 1)
        elif certain:
            self.missing[name] = None
        elif not self.index.classes(name):
            self.uncertain[name] = None

    def _unit(self, name: str, user: str) -> None:
        if name in self.provided or name in self.known:
            return
        chosen = self._choose(self.index.units(name), user)
        if chosen:
            self.visit(chosen)
        elif name in self.index.facts(user).instances and name not in self.index.facts(user).optional:
            self.missing[name] = None

    def _macro(self, name: str, user: str) -> None:
        """A macro that no include brings: a file of definitions, compiled first, must define it."""
        if name in self.defined:
            return
        candidates = [path for path in self.index.macros(name) if not self.index.facts(path).units]
        chosen = next((path for path in nearest(candidates, user) if path not in self.files), "")
        if not chosen:
            self.missing[f"`{name}"] = None
            return
        self._begun.add(chosen)
        self._gather(chosen)
        self.front[chosen] = None

    def _choose(self, candidates: Iterable[str], user: str) -> str:
        """The likeliest file, of those that define nothing that is there already."""
        fitting = (
            path
            for path in nearest(candidates, user)
            if not any(self.provided.get(unit, path) != path for unit in self.index.facts(path).units)
        )
        return next(fitting, "")

    def _forget_found(self) -> None:
        for name in list(self.missing):
            if name in self.provided:
                del self.missing[name]


def in_order(index: WorkspaceIndex, files: Iterable[str]) -> tuple[str, ...]:
    """The files with every package before its users, otherwise in the order given."""
    files = list(files)
    providers = {name: path for path in reversed(files) for name in index.facts(path).packages}
    placed: dict[str, None] = {}
    begun: set[str] = set()

    def place(path: str, depth: int) -> None:
        if path in begun or depth > MAX_DEPTH:
            return
        begun.add(path)
        facts = index.facts(path)
        for name in (*facts.imports, *facts.scopes):
            if name in providers:
                place(providers[name], depth + 1)
        placed[path] = None

    # Files of definitions alone first: they have no other way to come before their users.
    for path in sorted(files, key=lambda path: index.facts(path) is EMPTY or bool(index.facts(path).units)):
        place(path, 0)
    return tuple(placed)


def reachable(index: WorkspaceIndex, files: Iterable[str], top: Iterable[str]) -> frozenset[str]:
    """Those of the files that the top modules use, directly or not, and those that define nothing but macros."""
    files = list(files)
    where = {name: path for path in reversed(files) for name in index.facts(path).units}
    found = {path for path in files if not index.facts(path).units and not index.facts(path).binds}
    waiting = [where[name] for name in top if name in where]
    waiting += [path for path in files if index.facts(path).binds]
    while waiting:
        path = waiting.pop()
        if path in found:
            continue
        found.add(path)
        facts = index.facts(path)
        names = (*facts.instances, *facts.imports, *facts.scopes, *facts.port_types)
        waiting += [where[name] for name in names if name in where]
    return frozenset(found)
