"""Asking CMake what a project builds, by configuring it in a folder of Signoff's own: only in trusted workspaces.

CMakeLists.txt is a program: it runs what it likes. What it writes into the workspace goes into memory (see guard).
"""

from __future__ import annotations

import asyncio
import hashlib
import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from signoff.verifiers.file_kinds import CMAKE_LISTS, CMAKE_PRESETS
from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.mcu.build.cmake import KIND
from signoff.verifiers.mcu.build.cmake_reply import BrokenReply, has_reply, inputs_of, read_reply
from signoff.verifiers.mcu.build.guard import NOT_GUARDED, guarded
from signoff.verifiers.mcu.build.reading import Reading, Unreadable, chosen, problem, read_text
from signoff.verifiers.run import Completed, ToolMissing, run, scratch_folder

SECONDS = 60.0
MEMORY_MB = 4096
MOST_TOOLCHAIN_FILES = 200
_QUERIES = ("codemodel-v2", "toolchains-v1", "cmakeFiles-v1")
_ERROR = re.compile(r"^CMake Error at (?P<file>[^\n:]+):(?P<line>\d+) .*?:\n\s*(?P<what>[^\n]+)", re.MULTILINE)
_TOOLCHAIN_FOLDERS = ("", "cmake", "toolchain", "toolchains", "CMake", os.path.join("cmake", "toolchains"))
# A toolchain file for bare-metal Arm; a project that names its compiler itself needs none.
_FOR_ARM = re.compile(r"arm-none-eabi|cortex-m|CMAKE_SYSTEM_PROCESSOR\s+arm", re.IGNORECASE)
_NAMED_BY_PROJECT = re.compile(r"^\s*set\s*\(\s*CMAKE_(?:TOOLCHAIN_FILE|C_COMPILER)\b", re.MULTILINE | re.IGNORECASE)


async def ask_cmake(
    folder_or_file: str,
    *,
    workspace: str = "",
    names: Sequence[str] = (),
    cache: Path | None = None,
    timeout: float = SECONDS,
) -> Reading:
    """The images of a CMake project, by configuring it. Only for a trusted workspace: what the project names is run.

    Takes the source folder or its CMakeLists.txt. The build folder lies below `cache` (default: the user's cache), and
    is kept, as generated headers are made in it. `workspace` is the folder that nothing may be written into (default:
    the source folder). A project that cannot be configured gives no image and CMake's error at its place.
    """
    source = _source(folder_or_file)
    cmake = shutil.which("cmake")
    listing = os.path.join(source, CMAKE_LISTS)
    files = tuple(os.path.join(source, name) for name in (CMAKE_LISTS, *CMAKE_PRESETS))
    if cmake is None or not _is_file(listing):
        return Reading(files=files)
    build = (cache or _cache()) / hashlib.sha256(source.encode()).hexdigest()[:16]
    _prepare(build)
    argv = [cmake, "-S", source, "-B", str(build), *_choices(source)]
    try:
        done = await _configure(argv, source, workspace or source, timeout)
    except ToolMissing:
        return Reading(files=files)
    if done.returncode != 0 or not has_reply(str(build)):
        return Reading((), tuple(_problems(done, source)), files)
    try:
        images = await asyncio.to_thread(read_reply, str(build), listing, KIND)
        files = (*files, *inputs_of(str(build), source))
    except BrokenReply:
        return Reading(files=files)
    return chosen(Reading(images, (), files), names)


def _is_file(path: str) -> bool:
    return os.path.isfile(path)


def _source(folder_or_file: str) -> str:
    path = os.path.abspath(folder_or_file)
    return path if os.path.isdir(path) else os.path.dirname(path)


def _cache() -> Path:
    import platformdirs

    return Path(platformdirs.user_cache_dir("signoff", appauthor=False)) / "cmake"


def _prepare(build: Path) -> None:
    """An empty build folder with the question in it: one of an earlier preset or compiler would hold on to that."""
    shutil.rmtree(build, ignore_errors=True)
    query = build / ".cmake" / "api" / "v1" / "query"
    query.mkdir(parents=True, exist_ok=True)
    for name in _QUERIES:
        (query / name).touch()


def _choices(source: str) -> list[str]:
    """The preset, generator and toolchain file that the project is to be configured with."""
    preset = arm_preset(source)
    if preset:
        return ["--preset", preset]
    generator = ["-G", "Ninja" if shutil.which("ninja") else "Unix Makefiles"]
    toolchain = toolchain_file(source)
    return [*generator, *([f"-DCMAKE_TOOLCHAIN_FILE={toolchain}"] if toolchain else []), "-DCMAKE_BUILD_TYPE=Debug"]


async def _configure(argv: list[str], source: str, workspace: str, timeout: float) -> Completed:
    with scratch_folder("cmake") as private:
        safe = guarded(argv, folder=source, workspace=workspace, private=private)
        if safe is not None:
            done = await run(safe, cwd=source, timeout=timeout, memory_limit_mb=MEMORY_MB)
            if done.returncode != NOT_GUARDED:
                return done
        return await run(argv, cwd=source, timeout=timeout, memory_limit_mb=MEMORY_MB)


def arm_preset(source: str) -> str:
    """The first configure preset that is not hidden and is for Arm, else the first of all; "" where there is none."""
    presets = {str(one.get("name")): one for name in CMAKE_PRESETS for one in _presets(os.path.join(source, name))}
    shown = [name for name, one in presets.items() if one.get("hidden") is not True]
    for name in shown:
        if _FOR_ARM.search(json.dumps([*_inherited(name, presets)])) or any(
            one.get("toolchainFile") for one in _inherited(name, presets)
        ):
            return name
    return shown[0] if shown else ""


def _inherited(name: str, presets: Mapping[str, Mapping[str, Any]]) -> Iterator[Mapping[str, Any]]:
    """A preset and those that it inherits from."""
    waiting, seen = [name], set()
    while waiting:
        one = waiting.pop()
        if one in seen or one not in presets:
            continue
        seen.add(one)
        yield presets[one]
        parents = presets[one].get("inherits", ())
        waiting += [parents] if isinstance(parents, str) else [str(parent) for parent in parents]


def _presets(path: str) -> list[Mapping[str, Any]]:
    try:
        data = json.loads(read_text(path))
    except (Unreadable, ValueError, RecursionError):
        return []
    listed = data.get("configurePresets") if isinstance(data, dict) else None
    return [one for one in listed if isinstance(one, dict)] if isinstance(listed, list) else []


def toolchain_file(source: str) -> str:
    """The one toolchain file for Arm that a project brings; "" where it names its compiler itself, or where there are
    several: then it is not known which one it wants.
    """
    if _NAMED_BY_PROJECT.search(_text(os.path.join(source, CMAKE_LISTS))):
        return ""
    found = [path for path in _cmake_files(source) if _is_toolchain(_text(path))]
    return found[0] if len(found) == 1 else ""


def _is_toolchain(text: str) -> bool:
    return "CMAKE_SYSTEM_NAME" in text and "CMAKE_C_COMPILER" in text and _FOR_ARM.search(text) is not None


def _cmake_files(source: str) -> Iterator[str]:
    for name in _TOOLCHAIN_FOLDERS:
        folder = os.path.join(source, name)
        try:
            found = sorted(os.listdir(folder))
        except OSError:
            continue
        yield from (os.path.join(folder, one) for one in found[:MOST_TOOLCHAIN_FILES] if one.endswith(".cmake"))


def _text(path: str) -> str:
    try:
        return read_text(path)
    except Unreadable:
        return ""


def _problems(done: Completed, source: str) -> Iterator[Finding]:
    listing = os.path.join(source, CMAKE_LISTS)
    if done.timed_out:
        yield problem(listing, "CMakeTimeout", "CMake did not configure the project in time.")
        return
    for match in _ERROR.finditer(done.stderr[:1_000_000].decode("utf-8", errors="replace")):
        path = os.path.normpath(os.path.join(source, match["file"]))
        line = max(int(match["line"]) - 1, 0)
        if os.path.isfile(path):
            yield problem(path, "CMakeError", f"CMake stops here: {match['what'].strip()}", Span(line, 0, line, 0))
