"""compile_commands.json as firmware: which images its commands make. Host builds make none.

A database holds no link: what is linked with what, and by which script, is another file's word or a guess.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace

from signoff.verifiers.compile_commands import Command, Database, read_commands
from signoff.verifiers.compile_flags import compiler_of, parse
from signoff.verifiers.file_kinds import DATABASE
from signoff.verifiers.mcu.build.programs import has_main
from signoff.verifiers.mcu.build.reading import NOTHING, Reading, Unreadable, is_source, read_bytes
from signoff.verifiers.mcu.build.targets import HINTS, is_firmware, is_foreign
from signoff.verifiers.mcu.build.targets import program as compiler_name
from signoff.verifiers.project import CompileUnit, Image

LIMIT = 50 * 1024 * 1024
# The object of a CMake target lies below CMakeFiles/<target>.dir.
_TARGET = re.compile(r"(?:^|[/\\])CMakeFiles[/\\]([^/\\]+)\.dir[/\\]")
# Options that are followed by a file to be written.
_WRITES = frozenset({"-o", "-MF", "-MT", "-MQ"})
SEVERAL = f"{DATABASE} holds several programs: which of its other files are linked into each of them is not told."


def read_database(path: str, *, names: Sequence[str] = ()) -> Reading:
    """The images of a compile_commands.json; none where a host's compiler made it. Never raises."""
    if not _is_hinted(path):
        return replace(NOTHING, files=(path,))
    commands, findings = read_commands(path)
    parser = _Parser(path)
    listed = [(command, unit) for command in dict.fromkeys(commands) if (unit := parser.unit(command)) is not None]
    entries = [(command, unit) for command, unit in listed if os.path.isfile(unit.source)]
    gone = len({unit.source for _, unit in listed}) - len({unit.source for _, unit in entries})
    programs = _programs(path, entries)
    images = [
        _image(path, program, len(programs) > 1, gone) for program in programs if not names or program[0] in names
    ]
    return Reading(tuple(images), findings, (path,))


def _is_hinted(path: str) -> bool:
    """Whether it may be of firmware at all: most are not, and a large one takes seconds to parse."""
    try:
        return HINTS.search(read_bytes(path, LIMIT)) is not None
    except Unreadable:
        return False


class _Parser:
    """Parses the commands of a database; those that differ in their files only are parsed once."""

    def __init__(self, path: str) -> None:
        self._path = path
        self._known: dict[tuple[str, ...], CompileUnit | None] = {}

    def unit(self, command: Command) -> CompileUnit | None:
        """How a command compiles its source; None where it compiles none for firmware."""
        if not is_source(command.source):
            return None
        words = (command.directory, *_without_files(command))
        if words not in self._known:
            self._known[words] = self._parse(command)
        unit = self._known[words]
        return replace(unit, source=command.source) if unit is not None else None

    def _parse(self, command: Command) -> CompileUnit | None:
        compiler, arguments = compiler_of(command.argv)
        if not is_firmware(compiler, arguments):
            return None
        unit = parse(arguments, command.directory, compiler=compiler, source=command.source)
        return replace(unit, origin=self._path, declared=not is_foreign(compiler))


def _without_files(command: Command) -> Iterator[str]:
    """A command's words without what it compiles and writes."""
    place = 0
    while place < len(command.argv):
        word = command.argv[place]
        if word in _WRITES:
            place += 1
        elif not is_source(word):
            yield word
        place += 1


# (name, root folder, units)
_Program = tuple[str, str, list[CompileUnit]]
SHARED = ", shared files"


def _programs(path: str, entries: list[tuple[Command, CompileUnit]]) -> list[_Program]:
    """The programs: more than one where several targets or folders have a main() of their own.

    What the others hold is nobody's then: libraries for several parts would be linked into one program.
    """
    parts: dict[str, list[CompileUnit]] = {}
    for command, unit in entries:
        parts.setdefault(_part(command), []).append(unit)
    base = Database(path).base
    name = os.path.basename(base) or "firmware"
    mains = [part for part, units in parts.items() if any(has_main(unit.source) for unit in units)]
    if len(mains) < 2:
        return [(name, base, _distinct(unit for _, unit in entries))] if entries else []
    roots = {part: part if os.path.isabs(part) else base for part in mains}
    programs = [(os.path.basename(part) or name, roots[part], _distinct(parts[part])) for part in mains]
    rest = _distinct(unit for part, units in parts.items() if part not in mains for unit in units)
    return [*programs, *([(f"{name}{SHARED}", base, rest)] if rest else [])]


def _part(command: Command) -> str:
    """What tells one target's commands from another's: CMake's target, else the folder it is compiled in."""
    place = [word for word in (command.output, *command.argv) if (match := _TARGET.search(word))]
    match = _TARGET.search(place[0]) if place else None
    return match[1] if match else command.directory


def _distinct(units: Iterable[CompileUnit]) -> list[CompileUnit]:
    """Each source once, as it is compiled first."""
    by_source: dict[str, CompileUnit] = {}
    for unit in units:
        by_source.setdefault(unit.source, unit)
    return list(by_source.values())


def _image(path: str, program: _Program, of_several: bool, gone: int) -> Image:
    name, root, units = program
    foreign = sorted({compiler_name(unit.compiler) for unit in units if is_foreign(unit.compiler)})
    guessed = [f"The build compiles with {one}, whose dialect gcc does not know." for one in foreign]
    guessed += [SEVERAL] if of_several else []
    guessed += [f"{gone} of the files that {DATABASE} lists are not there."] if gone else []
    return Image(
        name,
        root,
        origin=path,
        kind=DATABASE,
        declared=not foreign,
        units=tuple(units),
        compiler=next((unit.compiler for unit in units), ""),
        guessed=tuple(guessed),
        program=not (of_several and name.endswith(SHARED)),
    )
