"""CMake builds as data: a configured build folder's file-API reply, build.ninja or Makefiles. Nothing is run."""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Sequence

from signoff.verifiers.file_kinds import CMAKE_CACHE, CMAKE_LISTS
from signoff.verifiers.mcu.build.cmake_files import REPLY, builds_of, cache_of, is_stale
from signoff.verifiers.mcu.build.cmake_reply import BrokenReply, has_reply, read_reply
from signoff.verifiers.mcu.build.commands import Command, Origin, images_of
from signoff.verifiers.mcu.build.ninja import Ninja
from signoff.verifiers.mcu.build.reading import NOTHING, Reading, Unreadable, chosen, problem, read_text
from signoff.verifiers.mcu.build.shell_lines import commands_in
from signoff.verifiers.project import Image

KIND = "CMake"
_STALE = "CMakeLists.txt was changed after the build folder {} was configured: run cmake again."
_MAKE_VARIABLE = re.compile(r"\$\((\w+)\)")
MOST_TARGETS = 3000


def read_cmake(folder_or_file: str, *, names: Sequence[str] = ()) -> Reading:
    """The images of a configured build folder, an executable each. Nothing is run; never raises.

    Takes a build folder or its CMakeCache.txt; or a source folder or its CMakeLists.txt, of which the build folder that
    was configured last is read.
    """
    path = os.path.abspath(folder_or_file)
    folder = path if os.path.isdir(path) else os.path.dirname(path)
    if os.path.basename(path) == CMAKE_CACHE or os.path.isfile(os.path.join(folder, CMAKE_CACHE)):
        return chosen(_read_build(folder), names)
    for build in builds_of(folder):
        reading = _read_build(build)
        if reading.images:
            return chosen(reading, names)
    return NOTHING


def _read_build(build: str) -> Reading:
    source = cache_of(build).get("CMAKE_HOME_DIRECTORY", "") or os.path.dirname(build)
    origin = os.path.join(source, CMAKE_LISTS)
    files = [os.path.join(build, CMAKE_CACHE), origin, os.path.join(build, REPLY)]
    guessed = (_STALE.format(build),) if is_stale(build, source) else ()
    if has_reply(build):
        try:
            return Reading(read_reply(build, origin, KIND, guessed), (), tuple(files))
        except BrokenReply as error:
            what = f"CMake's reply in {build} cannot be read ({error}): configure again."
            return Reading((), (problem(files[0], "CMakeReply", what),), tuple(files))
    shared = Origin(source, origin, KIND, guessed)
    ninja = os.path.join(build, "build.ninja")
    images = _of_ninja(build, ninja, shared, files) if os.path.isfile(ninja) else _of_makefiles(build, shared, files)
    return Reading(images, (), tuple(files))


def _of_ninja(build: str, path: str, shared: Origin, files: list[str]) -> tuple[Image, ...]:
    ninja = Ninja(build)
    try:
        ninja.read(path)
    except Unreadable:
        return ()
    files += ninja.files
    return images_of(commands_in("\n".join(ninja.commands()), build), shared)


def _of_makefiles(build: str, shared: Origin, files: list[str]) -> tuple[Image, ...]:
    """From CMakeFiles/<target>.dir: build.make has the compile commands, flags.make their flags, link.txt the link."""
    compiles: list[Command] = []
    links: list[Command] = []
    for folder in _target_folders(build):
        lines = list(_rules_of(folder))
        base = os.path.dirname(os.path.dirname(folder))
        compiles += commands_in("\n".join(lines), base)
        link = os.path.join(folder, "link.txt")
        links += commands_in(_text(link), base)
        files.append(os.path.join(folder, "build.make"))
    return images_of([*compiles, *links], shared)


def _target_folders(build: str) -> Iterator[str]:
    """The CMakeFiles/<target>.dir folders of a build folder and of those below it."""
    count = 0
    for at, folders, _ in os.walk(build):
        if os.path.basename(at) != "CMakeFiles":
            continue
        targets = sorted(one for one in folders if one.endswith(".dir"))
        folders[:] = []
        for name in targets:
            count += 1
            if count > MOST_TARGETS:
                return
            yield os.path.join(at, name)


def _rules_of(folder: str) -> Iterator[str]:
    """The recipe lines of a target's build.make that compile, with the flags of its flags.make."""
    flags = _flags_of(folder)
    for line in _text(os.path.join(folder, "build.make")).splitlines():
        if " -c " in line:
            yield _MAKE_VARIABLE.sub(lambda match: flags.get(match[1], match[0]), line.strip())


def _flags_of(folder: str) -> dict[str, str]:
    lines = (line.partition(" = ") for line in _text(os.path.join(folder, "flags.make")).splitlines())
    return {name.strip(): value for name, equals, value in lines if equals and not name.startswith("#")}


def _text(path: str) -> str:
    try:
        return read_text(path)
    except Unreadable:
        return ""
