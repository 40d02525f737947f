"""Where the workspace of a path begins that was named on the command line, where no editor says so."""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator
from itertools import islice
from pathlib import Path

from signoff.verifiers.file_kinds import (
    CMAKE_LISTS,
    DATABASE,
    MAKEFILES,
    SETUP,
    is_build_folder,
    is_cuda_file,
    is_skipped,
)
from signoff.verifiers.gpu.units.builds import EXTENSION
from signoff.verifiers.mcu.facts import C_SUFFIXES

GIT = ".git"
# Where a workspace begins: the nearest folder above a path that holds one of these.
ROOT_MARKS = ("signoff.toml", GIT, "verible.filelist")
# How far into a folder is looked for CUDA before it is taken to hold none.
FOLDERS_LOOKED_AT = 2000
# A current folder with more folders than this is one of many projects: reading all of them would take long.
FOLDERS_OF_A_PROJECT = 500
READ_LIMIT = 1024 * 1024
# What a file of this name says where it is the root of a build that may compile CUDA.
BUILDS = {
    CMAKE_LISTS: re.compile(r"^[^#\n]*\bproject\s*\(", re.IGNORECASE | re.MULTILINE),
    SETUP: EXTENSION,
    **dict.fromkeys(MAKEFILES, re.compile("nvcc", re.IGNORECASE)),
}
# What lies in the folder of a firmware project, or right below it (STM32CubeIDE's and EIDE's own folders).
FIRMWARE_MARKS = ("signoff.toml", DATABASE, "platformio.ini", ".cproject", ".eide")
FIRMWARE_FOLDERS_LOOKED_AT = 100


def workspace_roots(paths: Iterable[str | Path]) -> tuple[str, ...]:
    """The folder of the project that each path lies in, each once; a path's own folder where nothing names one.

    GPU code begins where its build does: the topmost folder of the same git repository that holds a signoff.toml,
    a CMake project, a compile_commands.json, a Makefile of nvcc or the setup.py of a torch extension, else the current
    folder where the path lies below it. C begins where the nearest firmware project or Makefile does. Any other path:
    the nearest folder with one of ROOT_MARKS.
    """
    return tuple(dict.fromkeys(str(_root(absolute(path))) for path in paths))


def absolute(path: str | Path) -> Path:
    """The path from the root, without "..", its symbolic links kept: the user knows a file by the name given."""
    return Path(os.path.abspath(path))  # noqa: PTH100


def _root(path: Path) -> Path:
    folder = path if path.is_dir() else path.parent
    found = _build_root(folder) if _is_gpu_code(path) else None
    found = found or (_firmware_root(folder) if _is_c_code(path) else None)
    return found or next((one for one in _above(folder) if _is_marked(one)), folder)


def _build_root(folder: Path) -> Path | None:
    """The topmost folder that says how GPU code is compiled, within the git repository where there is one."""
    topmost = None
    for candidate in _above(folder):
        if _is_marked(candidate) or _builds(candidate):
            topmost = candidate
        if (candidate / GIT).exists():
            break
    return topmost or _current_folder(folder)


def _firmware_root(folder: Path) -> Path | None:
    """The nearest folder that says how C is built: a project file's, else a CMake project's, else a Makefile's."""
    cmake = made = None
    for candidate in _above(folder):
        if _has_firmware_mark(candidate):
            return candidate
        if BUILDS[CMAKE_LISTS].search(_text(candidate / CMAKE_LISTS)):
            cmake = candidate  # the topmost one is the project's
        made = made or next((candidate for name in MAKEFILES if (candidate / name).is_file()), None)
        if (candidate / GIT).exists():
            break
    return cmake or made


def _has_firmware_mark(folder: Path) -> bool:
    try:
        below = [entry.name for entry in islice(os.scandir(folder), FIRMWARE_FOLDERS_LOOKED_AT) if entry.is_dir()]
    except OSError:
        return False
    if any((folder / mark).exists() for mark in FIRMWARE_MARKS):
        return True
    builds = (name for name in below if is_build_folder(name))
    return any((folder / name / DATABASE).is_file() for name in builds) or any(
        (folder / name / ".cproject").is_file() or (folder / name / ".eide").is_dir() for name in below
    )


def _current_folder(folder: Path) -> Path | None:
    here = Path.cwd()
    if here not in _above(folder):
        return None
    counted = sum(1 for _ in islice(_file_names(here), FOLDERS_OF_A_PROJECT + 1))
    return here if counted <= FOLDERS_OF_A_PROJECT else None


def _above(folder: Path) -> Iterator[Path]:
    """The folder and those above it, up to the home folder: that is nobody's workspace, though many keep it in git.

    Nor does a workspace look for files in hidden folders: what lies in a project's .cache is another one.
    """
    outside = (Path.home(), *Path.home().parents)
    for candidate in (folder, *folder.parents):
        if candidate in outside or candidate == candidate.parent:
            return
        yield candidate
        if candidate.name.startswith("."):
            return


def _is_marked(folder: Path) -> bool:
    return any((folder / mark).exists() for mark in ROOT_MARKS)


def _builds(folder: Path) -> bool:
    """Whether the folder is the root of a build that may compile CUDA."""
    if any(sign.search(_text(folder / name)) for name, sign in BUILDS.items()):
        return True
    try:
        below = [entry.name for entry in os.scandir(folder) if is_build_folder(entry.name)]
    except OSError:
        return False
    return any((folder / name / DATABASE).is_file() for name in ("", *below))


def _text(path: Path) -> str:
    try:
        with path.open("rb") as file:
            return file.read(READ_LIMIT).decode("utf-8", errors="replace")
    except OSError:
        return ""


def _is_gpu_code(path: Path) -> bool:
    """Whether it is CUDA or Python, or a folder with CUDA in it."""
    if not path.is_dir():
        return is_cuda_file(path.name) or path.suffix.lower() == ".py"
    return any(any(map(is_cuda_file, names)) for names in islice(_file_names(path), FOLDERS_LOOKED_AT))


def _is_c_code(path: Path) -> bool:
    """Whether it is C or C++, or a folder with such a file in it."""
    if not path.is_dir():
        return path.suffix.lower() in C_SUFFIXES
    found = (name for names in islice(_file_names(path), FOLDERS_LOOKED_AT) for name in names)
    return any(os.path.splitext(name)[1].lower() in C_SUFFIXES for name in found)  # noqa: PTH122 - one a file


def _file_names(folder: Path) -> Iterator[list[str]]:
    for _, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if not is_skipped(name))
        yield names
