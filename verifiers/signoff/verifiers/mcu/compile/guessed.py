"""A C compiler for files of no firmware image, with what flags are known: it judges candidates, and tells nothing else.

Live diagnostics keep silent about such files, as a fault of the guess would look like one of the code. A candidate is
compared with the file as it stands, which the same guess is made for.
"""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.gpu.units.includes import written_in
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.mcu.build.firmware import with_settings
from signoff.verifiers.mcu.build.targets import names_core
from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.arguments import arguments, language_of
from signoff.verifiers.mcu.compile.compilers import Compiler, compilers, known
from signoff.verifiers.mcu.compile.gcc import HEADERS, PLAIN, asked_warnings
from signoff.verifiers.mcu.compile.gcc_findings import Scene, findings
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic, parse_text
from signoff.verifiers.mcu.compile.guesses import MACRO, SUGGESTED
from signoff.verifiers.mcu.compile.overlay import lay_out, unsaved
from signoff.verifiers.mcu.compile.werror import FLAG as ERRORS
from signoff.verifiers.mcu.facts import C_LANGUAGES, CALLED, GUESSED, MAY_BE_FLAGS
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.run import Completed, ToolMissing, run, scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import unmarked
from signoff.verifiers.verifier import Availability, NotJudged, Speed
from signoff.verifiers.workers import EngineError, WorkerCrashed, WorkerPool, WorkerTimeout
from signoff.verifiers.workspace import ENGINE, KEY

NAME = GUESSED
NONE = "No C compiler was found: install gcc or clang, for firmware arm-none-eabi-gcc."
# Finding a file's headers may have to walk a workspace, and read a large compile_commands.json.
UNIT_SECONDS = 60.0
# So long what was found out of a file's surroundings holds, in seconds.
FRESH = 30.0
KEPT = 64
# gcc calls every function that POSIX and GNU have declared only where one of these is defined.
FEATURES = re.compile(r"^[ \t]*#[ \t]*define[ \t]+_(?:GNU|POSIX|POSIX_C|XOPEN|DEFAULT|BSD)_SOURCE\b", re.MULTILINE)
# For which core code of microcontrollers is read where nothing says so: the one that most of its intrinsics are for.
CORE = ("-mcpu=cortex-m4", "-mthumb")
CLANG = ("-fno-caret-diagnostics", "-fno-color-diagnostics", "-Wno-unknown-warning-option", "-Wall", "-Wextra")
DIRECTIVE = re.compile(r'^[ \t]*#[ \t]*include[ \t]*["<][^">\n]+[">]', re.MULTILINE)
# The names of what a header that is read alone lacks, as the file that includes it has it.
LACKED = re.compile(
    r"undeclared|unknown type name|implicit declaration|has no member|incomplete|not declared|storage size"
)
CAPITALS = re.compile(r"'[A-Z][A-Z0-9_]{2,}'")


@dataclass(frozen=True, slots=True)
class _Reading:
    """What one compiler said: its findings, and why it has not read all as the build would ("" where it has)."""

    compiler: Compiler
    found: tuple[Finding, ...]
    stopped: str


class GuessedC:
    """The verifier. Its compilers are processes of their own; `pool` tells where headers are."""

    name = NAME
    tool = "gcc"
    languages = C_LANGUAGES
    speed = Speed.QUICK

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        self._units: dict[tuple[str, str, str], tuple[float, CompileUnit]] = {}
        self._first: dict[tuple[str, str], str] = {}

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
        key = snapshot.path, "\n".join(DIRECTIVE.findall(snapshot.text))
        asked = tuple(sorted(asked, key=lambda one: one.tool != self._first.get(key)))
        readings: list[_Reading] = []
        for compiler in asked:
            readings.append(await _read(compiler, unit, snapshot, project))
            if not readings[-1].stopped:
                break
        best = readings[-1] if not readings[-1].stopped else readings[0]
        self._remember(key, best.compiler.tool)
        return _outcome(best, unit)

    def _remember(self, key: tuple[str, str], tool: str) -> None:
        """Which compiler gets through a file: asked first from then on."""
        self._first.pop(key, None)
        self._first[key] = tool
        while len(self._first) > KEPT:
            del self._first[next(iter(self._first))]

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


async def _read(compiler: Compiler, unit: CompileUnit, snapshot: Snapshot, project: Project) -> _Reading:
    """What one compiler says of the document. Raises NotJudged."""
    with scratch_folder("gcc-guessed") as folder:
        laid = await asyncio.to_thread(lay_out, unit, unsaved(project, snapshot), folder)
        shown = {buffer.path: buffer.text for buffer in project.buffers if buffer.path}
        shown[snapshot.path] = unmarked(snapshot.text)
        scene = Scene(snapshot.path, unit.source, project.root, laid, SourceLines(shown))
        done = await _run(compiler, unit, snapshot, project, laid.arguments, laid.source, folder)
        diagnostics = parse_text(done.stderr).diagnostics
        if done.returncode and not any(one.error for one in diagnostics):
            last = done.stderr.decode("utf-8", "replace").strip().splitlines()[-1:] or ["it said nothing"]
            raise NotJudged(Outcome(compiler.tool, Status.CRASHED, message=f"{compiler.tool} failed: {last[0]}"))
        return await asyncio.to_thread(_reading, compiler, diagnostics, scene)


def _reading(compiler: Compiler, diagnostics: Sequence[Diagnostic], scene: Scene) -> _Reading:
    header = PurePath(scene.document).suffix.lower() in HEADERS
    found = (replace(one, tool=compiler.tool) for one in findings(diagnostics, scene))
    marked = tuple(replace(one, code=MAY_BE_FLAGS) if _doubtful(one, header) else one for one in found)
    return _Reading(compiler, marked, next(filter(None, (_stops(one, scene) for one in diagnostics)), ""))


def _doubtful(one: Finding, header: bool) -> bool:
    """Whether a flag that nobody has declared may explain an error: it defines a macro; of a header, what is above."""
    if one.severity is not Severity.ERROR:
        return False
    lacks = LACKED.search(one.message) is not None
    macro = MACRO.search(one.message) or (lacks and CAPITALS.search(one.message))
    return (header and lacks) or (bool(macro) and SUGGESTED not in one.message)


def _stops(one: Diagnostic, scene: Scene) -> str:
    """Why a compiler that says so has not read the document as its build would; "" where it has."""
    if not one.error or not one.places:
        return ""
    if one.kind == "fatal error":
        return one.message
    here = [scene.path(at.file) for at in (one.places[0], *(at for note in one.expansions for at in note.places))]
    if one.message.startswith("#error"):
        return one.message
    return "" if scene.document in here else f"{PurePath(here[0]).name}, line {one.places[0].line}: {one.message}"


def _outcome(reading: _Reading, unit: CompileUnit) -> Outcome:
    tool = reading.compiler.tool
    flags = "flags of its build" if unit.declared else "flags of a file beside it" if unit.origin else "flags guessed"
    if reading.stopped:
        why = f"{tool} ({flags}) stops: {reading.stopped}"
        return Outcome(tool, findings=reading.found, message=why, complete=False)
    return Outcome(tool, findings=reading.found, facts={CALLED: f"{tool} ({flags})"})


def _options(compiler: Compiler, unit: CompileUnit, project: Project, text: str) -> tuple[str, ...]:
    """The flags that the file is read with, the unit's among them."""
    vetted = tuple(flag for flag in arguments(unit, project, compiler.kit).argv if flag not in ("-w", ERRORS))
    if compiler.clang:
        # It knows other options than gcc, and an unknown one ends it: what a text means hangs on these.
        kept = tuple(flag for flag in vetted if not flag.startswith(("-f", "-m", "-W", "-O", "--param")))
        return (*CLANG, *kept, *_feature(unit, text))
    before, after = asked_warnings(language_of(unit), project)
    own = () if compiler.host else CORE if not names_core(unit.flags) else ()
    return (*before, *own, *vetted, *after, *(_feature(unit, text) if compiler.host else ()))


def _feature(unit: CompileUnit, text: str) -> tuple[str, ...]:
    chosen = FEATURES.search(text) or any("_SOURCE" in one for one in unit.defines) or unit.declared
    return () if chosen or language_of(unit) != "c" else ("-D_GNU_SOURCE",)


async def _run(
    compiler: Compiler,
    unit: CompileUnit,
    snapshot: Snapshot,
    project: Project,
    shadows: tuple[str, ...],
    source: str,
    folder: Path,
) -> Completed:
    """Raises NotJudged."""
    language, kit, settings = language_of(unit), compiler.kit, project.settings
    flags = _options(compiler, unit, project, snapshot.text)
    style = () if compiler.clang else (*PLAIN, "-fmax-errors=100")
    rest = (*style, *shadows, "-fsyntax-only", "-x", language, source)
    seconds, memory = settings.gcc.timeout, settings.memory_limit_mb
    try:
        if compiler.clang:
            program = kit.gxx if language == "c++" and kit.gxx else kit.gcc
            argv = (program, *flags, *rest)
            done = await run(argv, cwd=folder, env=command.ENVIRONMENT, timeout=seconds, memory_limit_mb=memory)
        else:
            done, _ = await command.gcc(
                kit, language, flags, rest, folder=folder, timeout=seconds, memory_limit_mb=memory
            )
    except ToolMissing as error:
        raise NotJudged(Outcome(compiler.tool, Status.MISSING, message=f"{compiler.tool}: {error}")) from error
    if done.timed_out:
        message = f"{compiler.tool} gave no answer in {settings.gcc.timeout:g} s (setting gcc.timeout)."
        raise NotJudged(Outcome(compiler.tool, Status.TIMED_OUT, message=message))
    return done
