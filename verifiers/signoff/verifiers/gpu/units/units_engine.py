"""The worker's side of units.py: how each CUDA file of a folder is compiled, put together from all that says so."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from signoff.verifiers.compile_commands import Database, choose, is_cuda, load
from signoff.verifiers.file_kinds import (
    CMAKE_LISTS,
    DATABASE,
    MAKEFILES,
    SETUP,
    UNIT_EXTENSIONS,
    is_cuda_file,
)
from signoff.verifiers.gpu.units import builds, cmake
from signoff.verifiers.gpu.units.cmake_targets import Said, Tree
from signoff.verifiers.gpu.units.includes import Graph, resolve, written_in
from signoff.verifiers.gpu.units.units import Compiled, Units

# Generated tables of many MB include nothing.
HUGE_BYTES = 4 * 1024 * 1024

Stamp = tuple[int, int]
Buffers = Mapping[str, tuple[str, ...]]


class UnitsReader:
    """Reads what a folder says of CUDA; unchanged files are not read again.

    `buffers` are what open documents include now, which counts instead of what their files on disk include.
    """

    def __init__(self) -> None:
        self._written: dict[str, tuple[Stamp, tuple[str, ...]]] = {}
        self._databases: dict[str, tuple[Stamp, Database]] = {}
        self._used: dict[str, tuple[str, ...]] = {}

    def read(
        self, files: Mapping[str, Stamp], build_files: Iterable[str], environment: Mapping[str, str], buffers: Buffers
    ) -> Units:
        """Everything about the C, C++ and CUDA files of a folder, by their stamps, and its build files."""
        if not any(is_cuda_file(path) for path in files):
            return Units()
        written = {path: self._now(path, stamp, buffers) for path, stamp in files.items()}
        self._used.update(written)
        reading = _Reading(files, list(build_files), resolve(written), environment, self._database)
        units = replace(reading.units(), names=frozenset(os.path.basename(path) for path in files))
        own = {path: units.known_among(names) for path, names in written.items() if is_cuda_file(path)}
        return replace(units, written=own)

    def changed(self, path: str, stamp: Stamp | None, buffers: Buffers) -> bool:
        """Whether a file that was edited, written, made or deleted includes something else than at the last read()."""
        if stamp is None:
            return self._used.pop(path, None) is not None
        return self._now(path, stamp, buffers) != self._used.get(path)

    def _now(self, path: str, stamp: Stamp, buffers: Buffers) -> tuple[str, ...]:
        return buffers[path] if path in buffers else self._includes(path, stamp)

    def _includes(self, path: str, stamp: Stamp) -> tuple[str, ...]:
        known = self._written.get(path)
        if known is None or known[0] != stamp:
            known = self._written[path] = stamp, _written(path, stamp)
        return known[1]

    def _database(self, path: str) -> Database:
        try:
            stat = os.stat(path)
            stamp = stat.st_mtime_ns, stat.st_size
        except OSError:
            return Database(path)
        known = self._databases.get(path)
        if known is None or known[0] != stamp:
            known = self._databases[path] = stamp, load(path, is_cuda)
        return known[1]


def _written(path: str, stamp: Stamp) -> tuple[str, ...]:
    if stamp[1] > HUGE_BYTES:
        return ()
    try:
        with open(path, "rb") as file:
            return written_in(file.read())
    except OSError:
        return ()


class _Reading:
    def __init__(
        self,
        files: Mapping[str, Stamp],
        build_files: list[str],
        graph: Graph,
        environment: Mapping[str, str],
        load_database: Callable[[str], Database],
    ) -> None:
        self.graph = graph
        self.sources = sorted(path for path in files if path.lower().endswith(UNIT_EXTENSIONS))
        self.headers = [path for path in files if is_cuda_file(path)]
        by_name: dict[str, list[str]] = {}
        for path in build_files:
            by_name.setdefault(os.path.basename(path), []).append(path)
        self.databases = _distinct(load_database(path) for path in by_name.get(DATABASE, []))
        folders = [os.path.dirname(path) for path in by_name.get(CMAKE_LISTS, [])]
        self.tree: Tree = cmake.read(folders, self.sources)
        self.makefiles = _by_folder(builds.makefile(path) for name in MAKEFILES for path in by_name.get(name, []))
        self.setups = _by_folder(builds.setup(path, environment) for path in by_name.get(SETUP, []))
        self._is_dir: dict[str, bool] = {}

    def units(self) -> Units:
        """The answer."""
        declared = [unit.source for one in self.databases for unit in one.units.values()]
        files: dict[str, Compiled] = {}
        listed: set[str] = set(declared)
        for path in dict.fromkeys((*self.sources, *declared)):
            files[path], is_listed = self._compiled(path)
            if is_listed:
                listed.add(path)
        folders = self._folders(files)
        findings = tuple(finding for one in self.databases for finding in one.findings)
        return Units(files, folders, frozenset(listed), self.graph, findings)

    def _compiled(self, path: str) -> tuple[Compiled, bool]:
        """How a file is compiled, and whether a build names it."""
        said = self._said(path)
        unit = choose(self.databases, path)
        if unit is not None:
            if unit.architectures:
                return Compiled(unit, unit.architectures, unit.origin), True
            return Compiled(unit, said.architectures, said.named_by, said.contradictory), True
        folders = (*said.unit.include_dirs, *self.graph.include_dirs(path))
        existing = tuple(folder for folder in dict.fromkeys(folders) if self._exists(folder))
        guessed = replace(said.unit, include_dirs=existing)
        return Compiled(guessed, said.architectures, said.named_by, said.contradictory), said.listed

    def _said(self, path: str) -> Said:
        folder = os.path.dirname(path)
        other = (builds.nearest(folder, known) for known in (self.setups, self.makefiles))
        return builds.merged((self.tree.said_of(path), *other), path)

    def _folders(self, files: Mapping[str, Compiled]) -> dict[str, Compiled]:
        """For each folder, what is known of a new file there: as its neighbours, but never declared."""
        found: dict[str, Compiled] = {}
        for path, compiled in files.items():
            found.setdefault(os.path.dirname(path), compiled)
        for folder in (*self.tree.folders, *self.setups, *self.makefiles):
            if folder not in found:
                found[folder] = self._compiled(os.path.join(folder, "new.cu"))[0]
        return {
            folder: replace(one, unit=replace(one.unit, source="", declared=False)) for folder, one in found.items()
        }

    def _exists(self, folder: str) -> bool:
        if folder not in self._is_dir:
            self._is_dir[folder] = os.path.isdir(folder)
        return self._is_dir[folder]


def _by_folder(found: Iterable[Said | None]) -> dict[str, Said]:
    return {os.path.dirname(one.unit.origin): one for one in found if one is not None}


def _distinct(databases: Iterable[Database]) -> list[Database]:
    """Each database once: the one at the workspace's root is often a link to that of a build folder."""
    by_place: dict[str, Database] = {}
    for one in databases:
        known = by_place.get(os.path.realpath(one.path))
        if known is None or len(one.path) < len(known.path):
            by_place[os.path.realpath(one.path)] = one
    return list(by_place.values())
