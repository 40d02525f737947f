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
class Lookup:
    """Where the names that are included lie: folders are listed once, as asking the disk for every name is slow.

    It stands for the disk as it was; make another where files may have come or gone. `inside` is the folder beyond
    which no file counts.
    """

    inside: str
    _listed: dict[str, frozenset[str]] = field(default_factory=dict)
    _beside: dict[tuple[str, str], str | None] = field(default_factory=dict)
    _in_dirs: dict[tuple[str, ...], dict[str, str]] = field(default_factory=dict)

    def place(self, name: str, folder: str, dirs: tuple[str, ...]) -> str:
        """The file that a name means in a file of `folder`; "" where it lies outside of the workspace or nowhere."""
        key = folder, name
        if key not in self._beside:
            self._beside[key] = self._found(folder, name)
        beside = self._beside[key]
        if beside is not None:
            return beside
        known = self._in_dirs.setdefault(dirs, {})
        if name not in known:
            places = (self._found(one, name) for one in dirs)
            known[name] = next((path for path in places if path is not None), "")
        return known[name]

    def _found(self, folder: str, name: str) -> str | None:
        """The file of this name in a folder, "" where it lies outside of the workspace; None where there is none."""
        path = os.path.normpath(os.path.join(folder, name.replace("\\", "/")))
        above, base = os.path.split(path)
        if above not in self._listed:
            self._listed[above] = _listing(above)
        if base not in self._listed[above]:
            return None
        return path if path.startswith(self.inside.rstrip(os.sep) + os.sep) else ""


def _listing(folder: str) -> frozenset[str]:
    try:
        return frozenset(os.listdir(folder))
    except OSError:
        return frozenset()


def graph_of(images: Iterable[Image], lookup: Lookup, names_of: NamesOf) -> Graph:
    """Who includes whom among the files of a workspace, for all units of the images."""
    found: dict[str, dict[str, None]] = {}
    by_dirs: dict[tuple[str, ...], _Follower] = {}
    for image in images:
        for unit in image.units:
            dirs = (*unit.include_dirs, *unit.system_include_dirs)
            if dirs not in by_dirs:
                by_dirs[dirs] = _Follower(dirs, lookup, names_of)
            by_dirs[dirs].follow(unit, found)
    return Graph({path: tuple(included) for path, included in found.items() if included})


class _Follower:
    """Follows #include with one list of include folders; each file is followed once."""

    def __init__(self, dirs: tuple[str, ...], lookup: Lookup, names_of: NamesOf) -> None:
        self._dirs, self._lookup, self._names_of = dirs, lookup, names_of
        self._done: set[str] = set()

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
        return self._lookup.place(name, folder, self._dirs)


def shared(images: Iterable[Image]) -> tuple[Image, ...]:
    """The images with equal values made one object: a project of 300 units pickles to a twentieth of its size."""
    seen: dict[Any, Any] = {}

    def lean(unit: CompileUnit) -> CompileUnit:
        values: dict[str, Any] = {name: getattr(unit, name) for name in SHARED}
        values = {name: seen.setdefault(value, value) for name, value in values.items()}
        return replace(unit, **values)

    return tuple(replace(image, units=tuple(lean(unit) for unit in image.units)) for image in images)
