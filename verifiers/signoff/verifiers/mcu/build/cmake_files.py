"""A configured CMake build folder: its cache, its compilers, and which folders are builds of a source folder."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator
from functools import partial

from signoff.verifiers.file_kinds import CMAKE_CACHE, CMAKE_LISTS, is_build_folder
from signoff.verifiers.mcu.build.reading import Unreadable, read_text

REPLY = os.path.join(".cmake", "api", "v1", "reply")
_ENTRY = re.compile(r"^([^#/\s:][^:=\n]*):[A-Z]+=(.*)$", re.MULTILINE)
_COMPILER = r'^set\(CMAKE_{language}_COMPILER "([^"]+)"\)'
MOST_FOLDERS = 200


def cache_of(build: str) -> dict[str, str]:
    """The entries of a build folder's CMakeCache.txt; {} where it cannot be read."""
    try:
        return dict(_ENTRY.findall(read_text(os.path.join(build, CMAKE_CACHE)).replace("\r\n", "\n")))
    except Unreadable:
        return {}


def compiler_of(build: str, language: str) -> str:
    """The compiler that a build folder was configured with for a CMake language (C, CXX, ASM); "" where not known."""
    files = os.path.join(build, "CMakeFiles")
    try:
        versions = sorted(name for name in os.listdir(files) if name[:1].isdigit())
    except OSError:
        versions = []
    for version in reversed(versions):
        try:
            text = read_text(os.path.join(files, version, f"CMake{language}Compiler.cmake"))
        except Unreadable:
            continue
        if match := re.search(_COMPILER.format(language=language), text, re.MULTILINE):
            return match[1]
    return cache_of(build).get(f"CMAKE_{language}_COMPILER", "")


def builds_of(source: str) -> list[str]:
    """The build folders in (or one below) a source folder that were configured for it, the newest first."""
    found = {build for build in _folders(source) if _is_for(build, source)}
    return sorted(found, key=partial(_written), reverse=True)


def _folders(source: str) -> Iterator[str]:
    yield source
    for folder in _subfolders(source):
        if is_build_folder(os.path.basename(folder)) or os.path.isfile(os.path.join(folder, CMAKE_CACHE)):
            yield folder
            yield from _subfolders(folder)


def _subfolders(folder: str) -> list[str]:
    try:
        with os.scandir(folder) as entries:
            found = sorted(entry.path for entry in entries if entry.is_dir())
    except OSError:
        return []
    return found[:MOST_FOLDERS]


def _is_for(build: str, source: str) -> bool:
    home = cache_of(build).get("CMAKE_HOME_DIRECTORY", "")
    return bool(home) and os.path.realpath(home) == os.path.realpath(source)


def _written(build: str) -> float:
    try:
        return os.stat(os.path.join(build, CMAKE_CACHE)).st_mtime
    except OSError:
        return 0.0


def is_stale(build: str, source: str) -> bool:
    """Whether the project's CMakeLists.txt was changed after the build folder was configured."""
    try:
        return os.stat(os.path.join(source, CMAKE_LISTS)).st_mtime > _written(build) + 1.0
    except OSError:
        return False
