"""How a C file that belongs to no firmware image may be compiled: as compile_commands.json says, or by a guess.

The guess is the folders of the workspace in which what the file includes is found, and nothing else.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Mapping
from dataclasses import replace
from pathlib import Path

from signoff.verifiers.compile_commands import Database, choose, load
from signoff.verifiers.file_kinds import DATABASE, HOST_EXTENSIONS
from signoff.verifiers.gpu.units.includes import Places, distance, written_in
from signoff.verifiers.project import CompileUnit

# Headers that are looked into for what they include; a generated table of more bytes includes nothing.
MOST_HEADERS = 400
HUGE_BYTES = 4 * 1024 * 1024

Stamp = tuple[int, int]


class PlainUnits:
    """Answers for single files; databases that have not changed are not read again. One for a worker process."""

    def __init__(self) -> None:
        self._databases: dict[str, tuple[Stamp, Database]] = {}

    def unit(self, path: str, text: bytes, files: Mapping[str, Stamp], build_files: Iterable[str]) -> CompileUnit:
        """How `path`, whose text is `text`, may be compiled; `files` are the C files and headers that are known.

        `declared` where a database lists the file. Else its `origin` is the database that lists a neighbour, whose
        flags it is given, or "". Never raises.
        """
        databases = [self._database(one) for one in build_files if os.path.basename(one) == DATABASE]
        listed = choose(databases, path)
        if listed is not None:
            return listed
        base = _neighbour(databases, path) or CompileUnit(path, os.path.dirname(path))
        places = Places(one for one in files if one != path)
        folders = (*base.include_dirs, *_folders(path, text, places))
        return replace(base, source=path, declared=False, include_dirs=tuple(dict.fromkeys(folders)))

    def _database(self, path: str) -> Database:
        stamp = _stamp(path)
        if stamp is None:
            return Database(path)
        known = self._databases.get(path)
        if known is None or known[0] != stamp:
            known = self._databases[path] = stamp, load(path, lambda file, _: file.lower().endswith(HOST_EXTENSIONS))
        return known[1]


def _neighbour(databases: Iterable[Database], path: str) -> CompileUnit | None:
    """The unit of a file beside this one and of its language, the most alike by name."""
    folder, ending = os.path.realpath(os.path.dirname(path)), os.path.splitext(path)[1]
    beside = [(real, unit) for one in databases for real, unit in one.units.items() if os.path.dirname(real) == folder]
    best = min(beside, key=lambda pair: (not pair[0].endswith(ending), distance(pair[0], path)), default=None)
    return best[1] if best is not None else None


def _folders(path: str, text: bytes, places: Places) -> tuple[str, ...]:
    """The include folders under which all that the text includes, itself or through headers, is found."""
    folders: dict[str, None] = {}
    seen = {path}
    waiting = [(path, written_in(text))]
    for origin, names in waiting:
        for name in names:
            target, folder = places.meant(name, os.path.dirname(origin))
            if folder:
                folders[folder] = None
            if target and target not in seen and len(seen) < MOST_HEADERS:
                seen.add(target)
                waiting.append((target, _written(target)))
    return tuple(folders)


def _written(path: str) -> tuple[str, ...]:
    try:
        file = Path(path)
        return () if file.stat().st_size > HUGE_BYTES else written_in(file.read_bytes())
    except (OSError, ValueError):
        return ()


def _stamp(path: str) -> Stamp | None:
    try:
        stat = os.stat(path)
    except OSError:
        return None
    return stat.st_mtime_ns, stat.st_size
