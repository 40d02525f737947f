"""Asking a build's own tool (make -n, CMake, PlatformIO) for its commands: only in workspaces that the user trusts.

A Makefile and a CMakeLists.txt run what they name when they are asked, so an untrusted workspace's are only read.
"""

from __future__ import annotations

import logging
import os
from collections.abc import Awaitable, Callable, Collection
from importlib import import_module

from signoff.verifiers.file_kinds import CMAKE_LISTS, CMAKE_PRESETS, MAKEFILES, PLATFORMIO
from signoff.verifiers.mcu.build.kinds import Beside
from signoff.verifiers.mcu.build.reading import Reading, Unreadable, read_bytes
from signoff.verifiers.mcu.build.targets import HINTS

log = logging.getLogger(__name__)

Ask = Callable[..., Awaitable[Reading]]
# Who asks, by the name of the project file ("module:function").
_ASKS = {
    **dict.fromkeys(MAKEFILES, "makefile_ask:ask_make"),
    CMAKE_LISTS: "cmake_ask:ask_cmake",
    PLATFORMIO: "platformio_ask:ask_platformio",
}
# Builds that are asked for one document: its folder's and those right below, then those of the folders above.
MOST_ASKED = 3
# So many beside one another are looked at.
MOST_BESIDE = 12
# Files below a CMake project that are looked at for the name of an Arm compiler.
MOST_LOOKED_AT = 200
READ_LIMIT = 1024 * 1024


def is_askable(path: str) -> bool:
    """Whether a build's tool can be asked about a project file of this name."""
    return os.path.basename(path) in _ASKS


async def ask(path: str, workspace: str) -> Reading:
    """What the tool of a project file says; the empty reading where it cannot be asked. Runs it: trusted only."""
    module, _, name = _ASKS[os.path.basename(path)].partition(":")
    try:
        function: Ask = getattr(import_module(f"signoff.verifiers.mcu.build.{module}"), name)
        return await function(path, workspace=workspace)
    except Exception:
        # A build's tool that cannot be asked must not keep the rest of the workspace unknown.
        log.exception("asking about %s failed", path)
        return Reading(files=(path,))


def candidates(document: str, inside: str, build_files: Collection[str]) -> tuple[str, ...]:
    """The project files to ask about for a document (or folder): the nearest first, up to the folder `inside`.

    Only those that have to do with firmware: asking any C project's build would run it for nothing.
    """
    known = [path for path in build_files if is_askable(path)]
    beside = Beside.of(known)
    found: dict[str, None] = {}
    folder = document if os.path.isdir(document) else os.path.dirname(document)
    while len(found) < MOST_ASKED and (folder == inside or folder.startswith(inside.rstrip(os.sep) + os.sep)):
        here = sorted(beside.by_folder.get(folder, ()), key=lambda path: (path.count(os.sep), path))
        found |= {path: None for path in here[:MOST_BESIDE] if path not in found and _is_firmware(path, build_files)}
        folder = os.path.dirname(folder)
    return tuple(found)[:MOST_ASKED]


def _is_firmware(path: str, known: Collection[str]) -> bool:
    """Whether a build names an Arm compiler, in a file of its own or in one beside or below it."""
    name = os.path.basename(path)
    if name == PLATFORMIO:
        return True
    if name in MAKEFILES:
        from signoff.verifiers.mcu.build.makefile import makefiles_of

        return any(_is_hinted(one) for one in makefiles_of(path))
    folder = os.path.dirname(path) + os.sep
    endings = (".cmake", CMAKE_LISTS, *CMAKE_PRESETS)
    files = [one for one in known if one.startswith(folder) and one.endswith(endings)]
    return any(_is_hinted(one) for one in sorted(files, key=len)[:MOST_LOOKED_AT])


def _is_hinted(path: str) -> bool:
    try:
        return HINTS.search(read_bytes(path, READ_LIMIT)) is not None
    except Unreadable:
        return False
