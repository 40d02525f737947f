"""Whether the compiler makes the same machine code of two texts of a C file: then nothing that runs is different."""

from __future__ import annotations

import asyncio
import re
from dataclasses import replace
from pathlib import Path

from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.arguments import arguments, language_of
from signoff.verifiers.mcu.compile.gcc import unit_of
from signoff.verifiers.mcu.compile.overlay import lay_out, unsaved
from signoff.verifiers.mcu.compile.toolchain import Toolchain, toolchain
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.run import ToolMissing, scratch_folder
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import NotJudged

SECONDS = 30.0
# Names of files, and lines of the source: what a debugger wants.
NOTED = re.compile(rb"^[ \t]*\.(file|loc|ident)\b[^\n]*\n", re.MULTILINE)
DEBUG = ("-g", "-ggdb", "-gdwarf", "-pedantic", "-W", "-MD", "-MMD", "-flto")


async def same_code(one: Snapshot, other: Snapshot, project: Project) -> bool | None:
    """True where both compile to the same instructions and data, False where to others, None where one does not
    compile, or nothing says how. `__LINE__` counts as data. Raises nothing but CancelledError."""
    try:
        first = await _assembler(one, project)
        second = await _assembler(other, project) if first else b""
    except (NotJudged, ToolMissing, OSError):
        return None
    return first == second if first and second else None


async def _assembler(snapshot: Snapshot, project: Project) -> bytes:
    """What gcc writes for the assembler; b"" where it ends in an error. Raises NotJudged, ToolMissing and OSError."""
    unit = unit_of(snapshot, project)
    kit = await asyncio.to_thread(toolchain, project.settings, unit.compiler if project.trusted else "")
    if not kit.gcc:
        return b""
    others = tuple(buffer for buffer in project.buffers if buffer.path != snapshot.path)
    placed = replace(project, buffers=(*others, snapshot))
    with scratch_folder("same code") as folder:
        return await _written(kit, unit, snapshot, placed, folder)


async def _written(kit: Toolchain, unit: CompileUnit, snapshot: Snapshot, project: Project, folder: Path) -> bytes:
    laid = await asyncio.to_thread(lambda: lay_out(unit, unsaved(project, snapshot), folder))
    language = language_of(unit)
    flags = tuple(flag for flag in arguments(unit, project, kit).argv if not flag.startswith(DEBUG))
    ours = ("-w", *laid.arguments, "-S", "-o", "out.s", "-x", language, laid.source)
    done, _ = await command.gcc(
        kit,
        language,
        flags,
        ours,
        folder=folder,
        timeout=SECONDS,
        memory_limit_mb=project.settings.memory_limit_mb,
    )
    if done.returncode or done.timed_out:
        return b""
    return NOTED.sub(b"", await asyncio.to_thread((folder / "out.s").read_bytes))
