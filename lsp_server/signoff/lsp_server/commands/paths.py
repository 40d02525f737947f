"""From the paths on a command line to the files to check."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from signoff.lsp_server.commands.roots import absolute
from signoff.lsp_server.commands.session import snapshot_of
from signoff.lsp_server.documents import LANGUAGES
from signoff.verifiers.file_kinds import DATABASE
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.gpu.strings.triggers import concerns
from signoff.verifiers.mcu.facts import C_HEADER_SUFFIXES, C_SUFFIXES
from signoff.verifiers.workspace import WorkspaceModel

# Of Python files those with GPU code in them.
SOURCES = frozenset({".v", ".sv", ".cu", ".py"})
# Checked as parts of the files that include them.
HEADERS = frozenset({".vh", ".svh", ".cuh"})
PROJECT_SUFFIXES = frozenset({".f", ".vc", ".core", ".toml", ".filelist"})
# A list that is only lying about may be meant for another machine; one that the user names should be whole.
GRAVE_IF_NAMED = frozenset({"FileListMissing", "FileListVariable"})
SKIPPED_FOLDERS = frozenset({"node_modules", "__pycache__", "obj_dir", "site-packages", "venv"})


class BadPath(Exception):
    """A path that cannot be checked; the text says why, for a person."""


@dataclass(frozen=True, slots=True)
class Request:
    """What the user asked about: `files` to check, and `folders` where every finding is wanted, with their `headers`.

    `configs` are the project files named; `trouble` says, for a person, which paths cannot be checked and why.
    """

    files: tuple[str, ...]
    folders: tuple[str, ...] = ()
    headers: tuple[str, ...] = ()
    configs: tuple[str, ...] = ()
    trouble: tuple[str, ...] = ()

    def wants(self, path: str) -> bool:
        """Whether findings in `path` are asked for."""
        return path in (*self.files, *self.configs) or any(path.startswith(folder + os.sep) for folder in self.folders)


def request(paths: Sequence[str], workspace: WorkspaceModel) -> Request:
    """The files that `paths` (files, folders, file lists, signoff.toml) stand for, in order. Raises BadPath."""
    asked = request_what_is_there(paths, workspace)
    if asked.trouble:
        raise BadPath(asked.trouble[0])
    return asked


def request_what_is_there(paths: Sequence[str], workspace: WorkspaceModel) -> Request:
    """The same, with those paths that cannot be checked among the request's `trouble`."""
    files: dict[str, None] = {}
    trouble: list[str] = []
    for path in paths:
        try:
            existing([path])
            files |= dict.fromkeys(_files(absolute(path), workspace))
        except BadPath as error:
            trouble.append(str(error))
    places = [absolute(path) for path in paths]
    folders = [place for place in places if place.is_dir()]
    return Request(
        files=tuple(files),
        folders=tuple(map(str, folders)),
        headers=tuple(dict.fromkeys(str(file) for folder in folders for file in _headers(folder, workspace))),
        configs=tuple(str(place) for place in places if place.suffix.lower() in PROJECT_SUFFIXES),
        trouble=tuple(trouble),
    )


def problems_of_named(named: Collection[str], workspace: WorkspaceModel) -> list[Finding]:
    """The problems of project files that the user named; what these lack is an error."""
    return [
        replace(finding, severity=Severity.ERROR) if finding.code in GRAVE_IF_NAMED else finding
        for finding in workspace.problems_of(named)
    ]


def existing(paths: Iterable[str]) -> None:
    """Raise BadPath, naming them, where some of the paths are not there."""
    gone = [f"{path}: no such file or folder" for path in paths if not Path(path).exists()]
    if gone:
        raise BadPath("; ".join(gone))


def _files(path: Path, workspace: WorkspaceModel) -> list[str]:
    if path.is_dir():
        found = [str(file) for file in _walk(path, SOURCES) if concerns_us(file)]
        found += [str(file) for file in _walk(path, C_SUFFIXES) if workspace.is_firmware(str(file))]
        if not found:
            raise BadPath(
                f"{path}: no Verilog, SystemVerilog or CUDA file (.v, .sv, .cu) in this folder, no Python with Triton "
                f"or CUDA in it, and no C of a firmware image{_why_no_firmware(path, workspace)}"
            )
        return found
    suffix = path.suffix.lower()
    if suffix in C_SUFFIXES | C_HEADER_SUFFIXES and not workspace.is_firmware(str(path)):
        why = workspace.describe(str(path))
        raise BadPath(
            f"{path}: {why} Build it once so that a {DATABASE} lists it, or say in a signoff.toml what is linked "
            "([[firmware]], docs/projects.md)."
        )
    if suffix in LANGUAGES:
        return [str(path)]
    if suffix in PROJECT_SUFFIXES:
        return _declared(path, workspace)
    raise BadPath(f"{path}: not a file that Signoff can check (known: {', '.join(sorted(LANGUAGES))}, file lists)")


def _why_no_firmware(folder: Path, workspace: WorkspaceModel) -> str:
    """Why the first C file of a folder belongs to no image; "" where there is none."""
    first = next(_walk(folder, C_SUFFIXES), None)
    return f" ({first.name}: {workspace.describe(str(first))})" if first is not None else ""


def _headers(folder: Path, workspace: WorkspaceModel) -> Iterator[Path]:
    yield from _walk(folder, HEADERS)
    yield from (file for file in _walk(folder, C_HEADER_SUFFIXES) if workspace.is_firmware(str(file)))


def concerns_us(file: Path) -> bool:
    """Whether a file of a folder is one to check; one that cannot be read is said later, by whoever reads it."""
    if file.suffix.lower() != ".py":
        return True
    try:
        snapshot = snapshot_of(file)
    except OSError:
        return False
    return concerns(snapshot.language, snapshot.text)


def _declared(path: Path, workspace: WorkspaceModel) -> list[str]:
    """The files of the projects that a signoff.toml, file list or core declares."""
    found = [file for project in workspace.declared_by(str(path)) for file in project.files]
    # Where it cannot be read, or all that it lists is missing, its problems say more.
    problems = problems_of_named([str(path)], workspace)
    if not found and not any(finding.severity is Severity.ERROR for finding in problems):
        raise BadPath(f"{path}: declares no project (see `signoff doctor {path.parent}`)")
    return list(dict.fromkeys(found))


def _walk(folder: Path, suffixes: Collection[str]) -> Iterator[Path]:
    for root, folders, names in os.walk(folder):
        folders[:] = sorted(name for name in folders if name not in SKIPPED_FOLDERS and not name.startswith("."))
        yield from (Path(root, name) for name in sorted(names) if Path(name).suffix.lower() in suffixes)
