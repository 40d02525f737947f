"""A C compiler for files of no firmware image, with what flags are known: it judges candidates, and tells nothing else.

Live diagnostics keep silent about such files, as a fault of the guess would look like one of the code. A candidate is
compared with the file as it stands, which the same guess is made for.
"""

from __future__ import annotations

import asyncio
import re
import time
from dataclasses import replace
from pathlib import PurePath

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.gpu.units.includes import written_in
from signoff.verifiers.mcu.build.firmware import with_settings
from signoff.verifiers.mcu.compile.arguments import language_of
from signoff.verifiers.mcu.compile.compilers import compilers, known
from signoff.verifiers.mcu.compile.guessed_reading import Reading, with_macros
from signoff.verifiers.mcu.facts import C_LANGUAGES, CALLED, GUESSED
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, NotJudged, Speed
from signoff.verifiers.workers import EngineError, WorkerCrashed, WorkerPool, WorkerTimeout
from signoff.verifiers.workspace import ENGINE, KEY

NAME = GUESSED
NONE = "none was found: install gcc or clang, for firmware arm-none-eabi-gcc."
# Finding a file's headers may have to walk a workspace, and read a large compile_commands.json.
UNIT_SECONDS = 60.0
# So long what was found out of a file's surroundings holds, in seconds.
FRESH = 30.0
KEPT = 64
DIRECTIVE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<][^">\n]+[">]', re.MULTILINE)


class GuessedC:
    """The verifier. Its compilers are processes of their own; `pool` tells where headers are."""

    name = NAME
    tool = "gcc"
    languages = C_LANGUAGES
    speed = Speed.QUICK

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._units: dict[tuple[str, str, str], tuple[float, CompileUnit]] = {}
        # Which compiler got through a file that includes these headers, and with which macros.
        self._ways: dict[tuple[str, str], tuple[str, tuple[str, ...]]] = {}

    def available(self, settings: VerifierSettings) -> Availability:
        """Where a compiler is."""
        if not settings.gcc.enabled:
            return Availability(False, reason="switched off in the settings (gcc.enabled)")
        path, version = known(settings)
        return Availability(bool(path), version, path, "" if path else NONE)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Compile a document that belongs to no firmware image, by itself; see Verifier.run."""
        start = time.perf_counter()
        try:
            outcome = await self._checked(snapshot, project)
        except NotJudged as failure:
            outcome = failure.outcome
        return replace(outcome, seconds=time.perf_counter() - start)

    async def _checked(self, snapshot: Snapshot, project: Project) -> Outcome:
        if project.image is not None:
            return Outcome(self.tool, message="a firmware image has this file", complete=False)
        if not project.settings.gcc.enabled:
            return Outcome(self.tool, Status.MISSING, message="gcc is switched off in the settings (gcc.enabled)")
        unit = await self._unit(snapshot, project)
        asked = await asyncio.to_thread(compilers, project.settings, unit, snapshot.text)
        if not asked:
            return Outcome(self.tool, Status.MISSING, message=NONE)
        # With a branch switched on, another part may be the one that is meant.
        switched = project.unit.defines if project.unit is not None else ()
        key = snapshot.path, "\n".join((*switched, *DIRECTIVE.findall(snapshot.text)))
        first, macros = self._ways.get(key, ("", ()))
        readings: list[tuple[Reading, tuple[str, ...]]] = []
        for compiler in sorted(asked, key=lambda one: one.tool != first):
            readings.append(await with_macros(compiler, unit, snapshot, project, macros))
            reading = readings[-1][0]
            if not reading.stopped and (first or not reading.errors):
                break
        # Of those that read the file, the one that objects to less: it has the libraries that the file is written for.
        best, macros = min(readings, key=lambda pair: (bool(pair[0].stopped), pair[0].errors * (not pair[0].stopped)))
        self._remember(key, (best.compiler.tool, macros))
        return _outcome(best, unit, macros)

    def _remember(self, key: tuple[str, str], way: tuple[str, tuple[str, ...]]) -> None:
        self._ways.pop(key, None)
        self._ways[key] = way
        while len(self._ways) > KEPT:
            del self._ways[next(iter(self._ways))]

    async def _unit(self, snapshot: Snapshot, project: Project) -> CompileUnit:
        """How the document may be compiled; found out anew where it includes something else, or after a while."""
        text = "\n".join(DIRECTIVE.findall(snapshot.text))
        key = snapshot.path, project.root, text
        kept = self._units.pop(key, None)
        if kept is None or time.monotonic() - kept[0] > FRESH:
            kept = time.monotonic(), await self._asked(snapshot.path, project.root, text)
        self._units[key] = kept
        while len(self._units) > KEPT:
            del self._units[next(iter(self._units))]
        unit = kept[1]
        if project.unit is not None:  # macros that a branch is judged with
            unit = replace(
                unit,
                defines=(*unit.defines, *project.unit.defines),
                undefines=(*unit.undefines, *project.unit.undefines),
            )
        if snapshot.language == "cpp" and language_of(unit) == "c":
            unit = replace(unit, flags=(*unit.flags, "-x", "c++"))
        return with_settings(unit, project.settings, project.root)

    async def _asked(self, path: str, root: str, text: str) -> CompileUnit:
        if not (root and path and written_in(text.encode("utf-8", "replace"))):
            return CompileUnit(path, str(PurePath(path).parent))
        try:
            unit = await self._pool.call(ENGINE, KEY, "plain_unit", root, path, text, timeout=UNIT_SECONDS)
        except (WorkerCrashed, WorkerTimeout, EngineError):
            return CompileUnit(path, str(PurePath(path).parent))
        assert isinstance(unit, CompileUnit)
        return unit


def _outcome(reading: Reading, unit: CompileUnit, macros: tuple[str, ...]) -> Outcome:
    tool = reading.compiler.tool
    whose = "flags of its build" if unit.declared else "flags of a file beside it" if unit.origin else "flags guessed"
    # "gcc" alone is Arm's, where a build is known.
    found = tuple(replace(one, tool=f"{tool} ({whose})") for one in reading.found)
    if reading.stopped:
        why = f"{tool} stops at {reading.stopped}"
        return Outcome(tool, findings=found, message=why, complete=False)
    flags = ", ".join((whose, *(f"{one} defined" for one in macros)))
    return Outcome(tool, findings=found, facts={CALLED: f"{tool} ({flags})"})
