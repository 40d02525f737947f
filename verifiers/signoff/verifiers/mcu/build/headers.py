"""Which files of the workspace each unit of an image includes: resolved with the unit's own include folders.

Conditions are not evaluated: an #include counts that some condition may leave out.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any

from signoff.verifiers.gpu.units.includes import Graph
from signoff.verifiers.project import CompileUnit, Image

# The names that a file includes, by path; () where it cannot be read.
NamesOf = Callable[[str], tuple[str, ...]]
# So many files are followed for one image: more has no firmware that was seen, and a workspace may hold anything.
MOST_FILES = 20_000
# What many units of an image have in common.
SHARED = ("directory", "compiler", "include_dirs", "system_include_dirs", "defines", "forced_includes", "flags")


@dataclass
class Folders:
    """What lies in folders, each listed once: asking the disk for every name in every include folder is slow."""

    known: dict[str, frozenset[str]] = field(default_factory=dict)

    def has(self, path: str) -> bool:
        """Whether there is a file or folder of this path."""
        folder, name = os.path.split(path)
        if folder not in self.known:
            self.known[folder] = _listing(folder)
        return name in self.known[folder]


def _listing(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def graph_of(images: Iterable[Image], inside: str, names_of: NamesOf) -> Graph:
    """Who includes whom among the files below the folder `inside`, for all units of the images."""
    folders = Folders()
    found: dict[str, dict[str, None]] = {}
    by_dirs: dict[tuple[str, ...], _Resolver] = {}
    for image in images:
        for unit in image.units:
            dirs = (*unit.include_dirs, *unit.system_include_dirs)
            if dirs not in by_dirs:
                by_dirs[dirs] = _Resolver(dirs, inside.rstrip(os.sep) + os.sep, folders, names_of)
            by_dirs[dirs].follow(unit, found)
    return Graph({path: tuple(included) for path, included in found.items() if included})


class _Resolver:
    """Follows #include with one list of include folders; each file is followed once."""

    def __init__(self, dirs: tuple[str, ...], inside: str, folders: Folders, names_of: NamesOf) -> None:
        self._dirs, self._inside, self._folders, self._names_of = dirs, inside, folders, names_of
        self._done: set[str] = set()
        self._places: dict[str, str] = {}

    def follow(self, unit: CompileUnit, found: dict[str, dict[str, None]]) -> None:
        """Add what a unit includes, also through others, to `found`."""
        forced = [path for name in unit.forced_includes if (path := self._place(name, unit.directory))]
        waiting = [unit.source, *forced]
        found.setdefault(unit.source, {}).update(dict.fromkeys(forced))
        for path in waiting:
            if path in self._done or len(self._done) > MOST_FILES:
                continue
            self._done.add(path)
            targets = self._targets(path)
            found.setdefault(path, {}).update(dict.fromkeys(targets))
            waiting += targets

    def _targets(self, path: str) -> list[str]:
        folder = os.path.dirname(path)
        placed = (self._place(name, folder) for name in self._names_of(path))
        return [target for target in placed if target and target != path]

    def _place(self, name: str, folder: str) -> str:
        """The file that a name means in a file of `folder`; "" where it lies outside of the workspace or nowhere."""
        written = name.replace("\\", "/")
        beside = os.path.normpath(os.path.join(folder, written))
        if self._folders.has(beside):
            return beside if beside.startswith(self._inside) else ""
        if written not in self._places:
            self._places[written] = self._search(written)
        return self._places[written]

    def _search(self, name: str) -> str:
        for place in self._dirs:
            path = os.path.normpath(os.path.join(place, name))
            if self._folders.has(path):
                return path if path.startswith(self._inside) else ""
        return ""


def shared(images: Iterable[Image]) -> tuple[Image, ...]:
    """The images with equal values made one object: a project of 300 units pickles to a twentieth of its size."""
    seen: dict[Any, Any] = {}

    def lean(unit: CompileUnit) -> CompileUnit:
        values: dict[str, Any] = {name: getattr(unit, name) for name in SHARED}
        values = {name: seen.setdefault(value, value) for name, value in values.items()}
        return replace(unit, **values)

    return tuple(replace(image, units=tuple(lean(unit) for unit in image.units)) for image in images)
