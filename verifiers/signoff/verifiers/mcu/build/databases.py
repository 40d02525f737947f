"""compile_commands.json as firmware: which images its commands make. Host builds make none.

A database holds no link: what is linked with what, and by which script, is another file's word or a guess.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable, Sequence
from dataclasses import replace

from signoff.verifiers.compile_commands import Command, Database, read_commands
from signoff.verifiers.compile_flags import compiler_of, parse
from signoff.verifiers.file_kinds import DATABASE
from signoff.verifiers.mcu.build.programs import has_main
from signoff.verifiers.mcu.build.reading import NOTHING, Reading, Unreadable, is_source, read_bytes
from signoff.verifiers.mcu.build.targets import HINTS, is_firmware, is_foreign, program
from signoff.verifiers.project import CompileUnit, Image

LIMIT = 50 * 1024 * 1024
# The object of a CMake target lies below CMakeFiles/<target>.dir.
_TARGET = re.compile(r"(?:^|[/\\])CMakeFiles[/\\]([^/\\]+)\.dir[/\\]")
SEVERAL = (
    f"{DATABASE} holds several programs: which of its other files are linked into each of them is not told, so all are "
    "taken."
)


def read_database(path: str, *, names: Sequence[str] = ()) -> Reading:
    """The images of a compile_commands.json; none where a host's compiler made it. Never raises."""
    if not _is_hinted(path):
        return replace(NOTHING, files=(path,))
    commands, findings = read_commands(path)
    entries = [(command, unit) for command in commands if (unit := _unit(command, path)) is not None]
    images = [_image(path, name, units) for name, units in _programs(path, entries) if not names or name in names]
    return Reading(tuple(images), findings, (path,))


def _is_hinted(path: str) -> bool:
    """Whether it may be of firmware at all: most are not, and a large one takes seconds to parse."""
    try:
        return HINTS.search(read_bytes(path, LIMIT)) is not None
    except Unreadable:
        return False


def _unit(command: Command, path: str) -> CompileUnit | None:
    compiler, arguments = compiler_of(command.argv)
    if not is_source(command.source) or not is_firmware(compiler, arguments):
        return None
    unit = parse(arguments, command.directory, compiler=compiler, source=command.source)
    return replace(unit, origin=path, declared=not is_foreign(compiler))


def _programs(path: str, entries: list[tuple[Command, CompileUnit]]) -> Iterable[tuple[str, list[CompileUnit]]]:
    """(name, units) of each program: more than one where several targets or folders have a main() of their own."""
    parts: dict[str, list[CompileUnit]] = {}
    for command, unit in entries:
        parts.setdefault(_part(command), []).append(unit)
    name = os.path.basename(Database(path).base) or "firmware"
    mains = [part for part, units in parts.items() if any(has_main(unit.source) for unit in units)]
    if len(mains) < 2:
        return [(name, _distinct(unit for _, unit in entries))] if entries else []
    shared = [unit for part, units in parts.items() if part not in mains for unit in units]
    return [(os.path.basename(part) or name, _distinct([*parts[part], *shared])) for part in mains]


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


def _image(path: str, name: str, units: list[CompileUnit]) -> Image:
    base = Database(path).base
    foreign = sorted({program(unit.compiler) for unit in units if is_foreign(unit.compiler)})
    guessed = [f"The build compiles with {one}, whose dialect gcc does not know." for one in foreign]
    guessed += [SEVERAL] if name != (os.path.basename(base) or "firmware") else []
    return Image(
        name,
        base,
        origin=path,
        kind=DATABASE,
        declared=not foreign,
        units=tuple(units),
        compiler=next((unit.compiler for unit in units), ""),
        guessed=tuple(guessed),
    )
