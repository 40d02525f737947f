"""Which files are projects of which build system, who reads them, and which of many are read for a document."""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib import import_module

from signoff.verifiers.file_kinds import CMAKE_CACHE, CUBEIDE, EIDE, IAR_ENDING, KEIL_ENDING, MAKEFILES, PLATFORMIO
from signoff.verifiers.mcu.build.reading import Reading

Reader = Callable[[str], Reading]

# A workspace with more projects than this is a collection: each is read when one of its files is opened.
READ_AT_ONCE = 40
# Of the projects beside a document so many are read at a time, and this often the next folder up is looked at.
READ_FOR_ONE = 12
TRIES = 4
# So many are read when a whole folder is asked for.
READ_FOR_FOLDER = 200
# A project lies in the folder of its sources, or up to two below (STM32CubeIDE/.cproject, MDK-ARM/x.uvprojx,
# SW4STM32/BOARD/.cproject).
DEPTH = 2


@dataclass(frozen=True, slots=True)
class Kind:
    """One build system: the names or the ending of its project files, and what reads one ("module:function")."""

    name: str
    target: str
    names: tuple[str, ...] = ()
    ending: str = ""

    def read(self, path: str) -> Reading:
        """The images of a project file. What reads it is loaded when the first is read."""
        module, _, name = self.target.partition(":")
        read: Reader = getattr(import_module(f"signoff.verifiers.mcu.build.{module}"), name)
        return read(path)


CMAKE = Kind("CMake", "cmake:read_cmake", (CMAKE_CACHE,))
# Most trustworthy first: of one program in several builds the first counts.
KINDS = (
    Kind("PlatformIO", "platformio:read_platformio", (PLATFORMIO,)),
    Kind("STM32CubeIDE", "cubeide:read_cubeide", (CUBEIDE,)),
    Kind("Makefile", "makefile:read_makefile", MAKEFILES),
    Kind("EIDE", "eide:read_eide", EIDE),
    Kind("Keil", "keil:read_keil", ending=KEIL_ENDING),
    Kind("IAR", "iar:read_iar", ending=IAR_ENDING),
)
_BY_NAME = {name: kind for kind in (CMAKE, *KINDS) for name in kind.names}
_BY_ENDING = {kind.ending: kind for kind in KINDS if kind.ending}
# Projects of compilers whose dialect gcc does not know are only looked at where nothing else is.
LAST_RESORT = frozenset({"Keil", "IAR"})


def kind_of(path: str) -> Kind | None:
    """The build system whose project a file is; None where it is none."""
    name = os.path.basename(path)
    return _BY_NAME.get(name) or _BY_ENDING.get(os.path.splitext(name)[1].lower())


def split(build_files: Iterable[str], asked: frozenset[str]) -> tuple[dict[str, list[str]], tuple[str, ...]]:
    """(the project files to read, by the name of their kind; those that are only read once they are asked for)."""
    by_kind: dict[str, list[str]] = {}
    unread: list[str] = []
    projects = [(kind, path) for path in build_files if (kind := kind_of(path)) is not None]
    at_once = len(projects) <= READ_AT_ONCE
    for kind, path in projects:
        if at_once or path in asked:
            by_kind.setdefault(kind.name, []).append(path)
        else:
            unread.append(path)
    return by_kind, tuple(unread)


@dataclass
class Beside:
    """The project files that were not read yet, by the folders whose files they may build."""

    by_folder: dict[str, list[str]] = field(default_factory=dict)

    @classmethod
    def of(cls, unread: Iterable[str]) -> Beside:
        """The same for some project files."""
        found = cls()
        for path in unread:
            folder = os.path.dirname(path)
            for _ in range(DEPTH + 1):
                found.by_folder.setdefault(folder, []).append(path)
                folder = os.path.dirname(folder)
        return found

    def below(self, folder: str) -> tuple[str, ...]:
        """The project files below a folder, as many as are read at once."""
        start = folder.rstrip(os.sep) + os.sep
        found = {path: None for paths in self.by_folder.values() for path in paths if path.startswith(start)}
        return tuple(sorted(found))[:READ_FOR_FOLDER]

    def next_for(self, path: str, tried: frozenset[str]) -> tuple[str, ...]:
        """The project files to try next for a document: the nearest that have not been tried; () where none is left."""
        folder = os.path.dirname(path)
        while True:
            untried = [one for one in self.by_folder.get(folder, ()) if one not in tried]
            if untried:
                return _likeliest(untried, folder)
            above = os.path.dirname(folder)
            if above == folder:
                return ()
            folder = above


def _likeliest(paths: list[str], folder: str) -> tuple[str, ...]:
    names = {path: kind.name for path in paths if (kind := kind_of(path)) is not None}
    first = [path for path in paths if names[path] not in LAST_RESORT]
    nearest = sorted(first or paths, key=lambda path: (path.count(os.sep) - folder.count(os.sep), path))
    return tuple(nearest[:READ_FOR_ONE])
