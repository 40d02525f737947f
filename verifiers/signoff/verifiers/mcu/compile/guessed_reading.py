"""One C file read by one compiler with flags that may be guessed: what it says, and what its words are worth."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath

from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.gpu.compile.unit_files import Files, closure
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.mcu.build.targets import names_core
from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.arguments import arguments, language_of
from signoff.verifiers.mcu.compile.asked_macro import asked_for
from signoff.verifiers.mcu.compile.compilers import Compiler
from signoff.verifiers.mcu.compile.gcc import HEADERS, PLAIN, asked_warnings
from signoff.verifiers.mcu.compile.gcc_findings import Scene, findings
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic, parse_text
from signoff.verifiers.mcu.compile.overlay import lay_out, unsaved
from signoff.verifiers.mcu.compile.werror import FLAG as ERRORS
from signoff.verifiers.mcu.facts import MAY_BE_FLAGS
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.run import Completed, ToolMissing, run, scratch_folder
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import unmarked
from signoff.verifiers.verifier import NotJudged

# Headers may ask for a family first and then for a part: so often a file is read anew.
MOST_MACROS = 4
# gcc calls every function that POSIX and GNU have declared only where one of these is defined.
FEATURES = re.compile(r"^[ \t]*#[ \t]*define[ \t]+_(?:GNU|POSIX|POSIX_C|XOPEN|DEFAULT|BSD)_SOURCE\b", re.MULTILINE)
# For which core code of microcontrollers is read where nothing says so: the one that most of its intrinsics are for.
CORE = ("-mcpu=cortex-m4", "-mthumb")
CLANG = ("-fno-caret-diagnostics", "-fno-color-diagnostics", "-Wno-unknown-warning-option", "-Wall", "-Wextra")
# What a compiler says of a name that it does not know, and of one that is only announced.
LACKED = re.compile(
    r"undeclared|unknown type name|implicit declaration|has no member|no member named|incomplete|not declared"
    r"|storage size",
    re.IGNORECASE,
)
CAPITALS = re.compile(r"[A-Z][A-Z0-9_]{2,}")
QUOTED = re.compile(r"'(?:struct |union |enum )?([A-Za-z_]\w*)'")
MEMBER = re.compile(r"member named '(\w+)'")
WORD = re.compile(r"[A-Za-z_]\w{2,}")
WORDS_KEPT = 400


@dataclass(frozen=True, slots=True)
class Reading:
    """What one compiler said: its findings, and why it has not read all as the build would ("" where it has).

    `asks` is a macro that a header asks for, whose #error stopped it.
    """

    compiler: Compiler
    found: tuple[Finding, ...]
    stopped: str
    asks: str = ""

    @property
    def errors(self) -> int:
        """How many errors there are."""
        return sum(one.severity is Severity.ERROR for one in self.found)


async def with_macros(
    compiler: Compiler, unit: CompileUnit, snapshot: Snapshot, project: Project, macros: tuple[str, ...]
) -> tuple[Reading, tuple[str, ...]]:
    """What a compiler says once the headers have the macros that they ask for, and these. Raises NotJudged."""
    for _ in range(MOST_MACROS):
        tried = replace(unit, defines=(*unit.defines, *macros))
        reading = await _read(compiler, tried, snapshot, project)
        if unit.declared or not reading.asks or reading.asks in macros:
            break
        macros = (*macros, reading.asks)
    return reading, macros


async def _read(compiler: Compiler, unit: CompileUnit, snapshot: Snapshot, project: Project) -> Reading:
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
        return await asyncio.to_thread(_reading, compiler, diagnostics, scene, unit)


def _reading(compiler: Compiler, diagnostics: Sequence[Diagnostic], scene: Scene, unit: CompileUnit) -> Reading:
    """Reads headers where a name is not known, so call it in a thread."""
    found = findings(diagnostics, scene)
    if not unit.declared:
        found = _marked(found, scene, unit)
    stop = next((one for one in diagnostics if _stops(one, scene)), None)
    return Reading(compiler, found, _stops(stop, scene) if stop else "", _asks(stop, scene) if stop else "")


def _marked(found: tuple[Finding, ...], scene: Scene, unit: CompileUnit) -> tuple[Finding, ...]:
    """The findings, with another code for errors that a flag which nobody has declared may explain.

    It may define a macro, or have a header declare what it has under a condition. Of a header that is read by itself
    the file that includes it may bring every name.
    """
    header = PurePath(scene.document).suffix.lower() in HEADERS
    lacking = [one for one in found if one.severity is Severity.ERROR and LACKED.search(one.message)]
    hidden = _words(scene, unit) if lacking and not header else frozenset()
    doubted = {one for one in lacking if header or _may_be_there(one, hidden)}
    return tuple(replace(one, code=MAY_BE_FLAGS) if one in doubted else one for one in found)


def _may_be_there(one: Finding, hidden: frozenset[str]) -> bool:
    named = MEMBER.search(one.message) or QUOTED.search(one.message)
    name = named[1] if named else ""
    return name in hidden or (CAPITALS.fullmatch(name) is not None and "did you mean" not in one.message)


def _words(scene: Scene, unit: CompileUnit) -> frozenset[str]:
    """Every word of the headers that the document includes, whatever conditions they have it under."""
    text = scene.lines.text(scene.document)
    found = closure(Files({scene.document: text}, unit), scene.document, text)
    return frozenset(word for path, one in found.items() if path != scene.document for word in _words_of(one))


@lru_cache(maxsize=WORDS_KEPT)
def _words_of(text: str) -> frozenset[str]:
    return frozenset(WORD.findall(text))


def _asks(one: Diagnostic, scene: Scene) -> str:
    """The macro that a header asks for with an #error; "" where it is another thing that stops the compiler."""
    path = scene.path(one.places[0].file)
    if not one.message.startswith("#error") or path == scene.document:
        return ""
    evidence = f"{scene.document}\n{scene.lines.text(scene.document)}"
    return asked_for(scene.lines.text(path), one.places[0].line - 1, evidence)


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
