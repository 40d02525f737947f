"""compile_commands.json: how each file of a build was compiled. The commands are read, never run.

Format: https://clang.llvm.org/docs/JSONCompilationDatabase.html
"""

from __future__ import annotations

import json
import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from pathlib import Path

from signoff.verifiers.compile_flags import compiler_of, language, parse, split
from signoff.verifiers.file_kinds import DATABASE as NAME
from signoff.verifiers.file_kinds import is_build_folder
from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.project import CompileUnit
from signoff.verifiers.text import LineIndex

TOOL = "signoff"
LIMIT = 50 * 1024 * 1024
START = Span(0, 0, 0, 0)


@dataclass(frozen=True, slots=True)
class Database:
    """One compile_commands.json: the units of those files that were asked for, by real path.

    `written` is the file's time in ns; `entries` how many commands it holds; `findings` what is wrong with it.
    """

    path: str
    units: dict[str, CompileUnit] = field(default_factory=dict)
    written: int = 0
    entries: int = 0
    findings: tuple[Finding, ...] = ()

    @property
    def base(self) -> str:
        """The folder that the build is of: the database's own, without the build folders it lies in."""
        folder = os.path.dirname(self.path)
        above = os.path.dirname(folder)
        # build/Release is one as well.
        base = above if is_build_folder(os.path.basename(folder)) else folder
        return os.path.dirname(above) if is_build_folder(os.path.basename(above)) else base


@dataclass(frozen=True, slots=True)
class Command:
    """One entry: the file that is compiled, from where and with what words; `output` is the object, "" if not told."""

    source: str
    directory: str
    argv: tuple[str, ...]
    output: str = ""


def load(path: str, wanted: Callable[[str, tuple[str, ...]], bool] | None = None) -> Database:
    """Read a database. `wanted(file, arguments)` says which entries are parsed (None: all). Never raises.

    A file that is listed twice is taken as its first entry says. Time and memory are bounded by LIMIT bytes.
    """
    entries = _entries(path)
    if isinstance(entries, Finding):
        return Database(path, findings=(entries,))
    commands, findings = _commands(path, entries)
    units: dict[str, CompileUnit] = {}
    for command in commands:
        compiler, arguments = compiler_of(command.argv)
        real = os.path.realpath(command.source)
        if real in units or (wanted is not None and not wanted(command.source, arguments)):
            continue
        unit = parse(arguments, command.directory, compiler=compiler, source=command.source)
        units[real] = replace(unit, origin=path, declared=True)
    return Database(path, units, _written(path), len(entries), findings)


def read_commands(path: str) -> tuple[tuple[Command, ...], tuple[Finding, ...]]:
    """Every entry of a database, also several of one file, and what is wrong with it. Never raises; bounded as load."""
    entries = _entries(path)
    return ((), (entries,)) if isinstance(entries, Finding) else _commands(path, entries)


def _entries(path: str) -> list[object] | Finding:
    try:
        size = os.stat(path).st_size
        if size > LIMIT:
            what = f"{NAME} has {size // 2**20} MiB; over {LIMIT // 2**20} MiB it is not read."
            return _problem(path, "CompileCommandsSize", what)
        text = Path(path).read_bytes().decode("utf-8-sig", errors="replace")
        entries = json.loads(text)
    except OSError as error:
        return _problem(path, "CompileCommandsUnreadable", f"{NAME} cannot be read: {error.strerror}.")
    except json.JSONDecodeError as error:
        place = LineIndex(text).span(error.pos, error.pos)
        return _problem(path, "CompileCommandsSyntax", f"{NAME} is not valid JSON here: {error.msg}.", place)
    except (RecursionError, ValueError) as error:
        return _problem(path, "CompileCommandsSyntax", f"{NAME} is not valid JSON: {error}.")
    if not isinstance(entries, list):
        return _problem(path, "CompileCommandsSyntax", f"{NAME} must be a list of commands.")
    return entries


def _commands(path: str, entries: list[object]) -> tuple[tuple[Command, ...], tuple[Finding, ...]]:
    found = [_command(entry, os.path.dirname(path)) for entry in entries]
    bad = [number for number, command in enumerate(found) if command is None]
    findings = (_entries_problem(path, bad),) if bad else ()
    return tuple(command for command in found if command is not None), findings


def _written(path: str) -> int:
    try:
        return os.stat(path).st_mtime_ns
    except OSError:
        return 0


def _command(entry: object, beside: str) -> Command | None:
    """One entry, its paths absolute; None where it has not what the format asks for."""
    if not isinstance(entry, dict) or not isinstance(entry.get("file"), str) or "\0" in entry["file"]:
        return None
    directory = entry.get("directory", "")
    arguments, command = entry.get("arguments"), entry.get("command")
    if isinstance(arguments, list) and all(isinstance(word, str) for word in arguments):
        argv = list(arguments)
    elif isinstance(command, str):
        argv = split(command)
    else:
        return None
    if not isinstance(directory, str) or "\0" in directory:
        return None
    folder = os.path.normpath(os.path.join(beside, directory))
    output = entry.get("output", "")
    source = os.path.normpath(os.path.join(folder, entry["file"]))
    return Command(source, folder, tuple(argv), output if isinstance(output, str) else "")


def choose(databases: Iterable[Database], source: str) -> CompileUnit | None:
    """The unit of a file: of several databases that have it the nearest one's, then the newest one's."""
    real = os.path.realpath(source)
    holding = [one for one in databases if real in one.units]
    best = min(holding, key=lambda one: (_steps(one.base, source), -one.written, one.path), default=None)
    return replace(best.units[real], source=source) if best is not None else None


def is_cuda(file: str, arguments: tuple[str, ...]) -> bool:
    """Whether a command compiles CUDA: by the file's ending, or as -x says."""
    return file.lower().endswith(".cu") or language(arguments) in ("cu", "cuda")


def _steps(base: str, source: str) -> int:
    """How many folders a source lies below the folder that a build is of; one outside counts as far off."""
    here, there = base.split(os.sep), os.path.dirname(source).split(os.sep)
    return len(there) - len(here) if there[: len(here)] == here else 1000


def _entries_problem(path: str, bad: list[int]) -> Finding:
    numbers = ", ".join(str(number + 1) for number in bad[:5]) + (", ..." if len(bad) > 5 else "")
    what = 'has not both a "file" and a "command" or "arguments"'
    return _problem(path, "CompileCommandsEntry", f"Entry {numbers} {what}; it is passed over.")


def _problem(path: str, code: str, message: str, span: Span = START) -> Finding:
    return Finding(path, span, Severity.WARNING, code, message, TOOL)
