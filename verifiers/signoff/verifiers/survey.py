"""What lies in a folder: sources, headers and the files that say how they belong together, by their names alone."""

from __future__ import annotations

import os
from dataclasses import dataclass, field

from signoff.verifiers.file_kinds import (
    CMAKE_CACHE,
    DATABASE,
    EIDE,
    EIDE_FOLDER,
    MAKEFILES,
    is_build_file,
    is_build_folder,
    is_config,
    is_cuda_file,
    is_skipped,
    is_source,
    is_unit_file,
)

MAX_FILES = 20_000
MAX_FOLDERS = 50_000
BUILD_VARIANTS = 64

Stamp = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Survey:
    """What lies in a folder: HDL files with (time in ns, size in bytes), configuration files, and what was left out.

    `units` are C, C++ and CUDA files with the same stamps, `build_files` those that say how these are compiled; `cuda`
    tells whether there is any CUDA among them.
    """

    files: dict[str, Stamp] = field(default_factory=dict)
    configs: tuple[str, ...] = ()
    left_out: str = ""
    units: dict[str, Stamp] = field(default_factory=dict)
    build_files: tuple[str, ...] = ()
    cuda: bool = False


def survey(folder: str, recursive: bool = True, max_files: int = MAX_FILES, max_folders: int = MAX_FOLDERS) -> Survey:
    """Walk a folder. Links to folders are followed once; a file that two names lead to counts once."""
    walk = _Walk(max_files, max_folders)
    walk.run(folder, recursive)
    cuda = any(is_cuda_file(path) for path in walk.units)
    left_out = walk.left_out
    if cuda and len(walk.units) >= max_files and not left_out:
        left_out = f"{folder} is too large: only {max_files} of its C, C++ and CUDA files are known, those found first."
    builds = tuple(sorted(walk.build_files))
    return Survey(walk.files, tuple(sorted(walk.configs)), left_out, walk.units, builds, cuda)


def in_build_folder(folder: str) -> tuple[str, ...]:
    """What says how a build is made, in a build folder and in the folders right below it (build/Release).

    A Makefile is one where people wrote it: CMake's own say less than its cache.
    """
    try:
        with os.scandir(folder) as items:
            below = sorted(item.path for item in items if item.is_dir())[:BUILD_VARIANTS]
    except OSError:
        return ()
    paths = (os.path.join(one, name) for one in (folder, *below) for name in (DATABASE, CMAKE_CACHE, *MAKEFILES))
    found = tuple(path for path in paths if os.path.isfile(path))
    if any(os.path.basename(path) == CMAKE_CACHE for path in found):
        return tuple(path for path in found if os.path.basename(path) not in MAKEFILES)
    return found


class _Walk:
    def __init__(self, max_files: int, max_folders: int) -> None:
        self.files: dict[str, Stamp] = {}
        self.configs: list[str] = []
        self.units: dict[str, Stamp] = {}
        self.build_files: list[str] = []
        self.left_out = ""
        self._max_files, self._max_folders = max_files, max_folders
        self._folders: set[tuple[int, int]] = set()
        self._inodes: set[tuple[int, int]] = set()

    def run(self, folder: str, recursive: bool) -> None:
        waiting = [folder]
        while waiting:
            current = waiting.pop()
            if len(self.files) >= self._max_files or len(self._folders) >= self._max_folders:
                count = len(self.files)
                self.left_out = f"{folder} is too large: only {count} of its HDL files are known, those found first."
                return
            below = self._folder(current)
            if recursive:
                waiting += reversed(below)

    def _folder(self, folder: str) -> list[str]:
        try:
            stat = os.stat(folder)
            identity = (stat.st_dev, stat.st_ino)
            if identity in self._folders and stat.st_ino:
                return []
            self._folders.add(identity)
            with os.scandir(folder) as found:
                items = sorted(found, key=lambda item: item.name)
        except OSError:
            return []
        names = {item.name for item in items}
        if "pyvenv.cfg" in names:
            return []
        return [path for item in items if (path := self._item(item))]

    def _item(self, item: os.DirEntry[str]) -> str:
        """Note a file; the path of a folder to look into, else ""."""
        try:
            if item.is_dir():
                if not is_skipped(item.name):
                    return item.path
                if is_build_folder(item.name):
                    self.build_files += in_build_folder(item.path)
                if item.name == EIDE_FOLDER:
                    projects = (os.path.join(item.path, name) for name in EIDE)
                    self.build_files += [path for path in projects if os.path.isfile(path)]
            elif is_source(item.name):
                self._note(self.files, item)
            elif is_unit_file(item.name):
                if len(self.units) < self._max_files:
                    self._note(self.units, item)
            elif is_config(item.name):
                self.configs.append(item.path)
            elif is_build_file(item.name):
                self.build_files.append(item.path)
        except OSError:
            pass
        return ""

    def _note(self, files: dict[str, Stamp], item: os.DirEntry[str]) -> None:
        stat = item.stat()
        identity = (stat.st_dev, stat.st_ino)
        if identity not in self._inodes or not stat.st_ino:
            self._inodes.add(identity)
            files[item.path] = (stat.st_mtime_ns, stat.st_size)
