"""gcc: a firmware's file is compiled as its build would, shortly after typing stops, with the text as it now is."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.mcu.compile import command, guesses
from signoff.verifiers.mcu.compile.arguments import Vetted, arguments, language_of
from signoff.verifiers.mcu.compile.assembler import in_source
from signoff.verifiers.mcu.compile.build_faults import first_error, forced, other_core, unknown_flags
from signoff.verifiers.mcu.compile.circles import TOO_DEEP_BYTES, circle
from signoff.verifiers.mcu.compile.gcc_findings import Scene, findings, needs_text, option, table
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic, Messages, parse, parse_text
from signoff.verifiers.mcu.compile.overlay import Laid, lay_out, unsaved
from signoff.verifiers.mcu.compile.toolchain import Toolchain, toolchain
from signoff.verifiers.mcu.compile.werror import FLAG as ERRORS
from signoff.verifiers.mcu.compile.werror import stopping
from signoff.verifiers.mcu.facts import C_LANGUAGES, GCC
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.run import Completed, ToolMissing, exit_reason, scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import unmarked
from signoff.verifiers.verifier import Availability, NotJudged, Speed
from signoff.verifiers.workers import WorkerPool

NAME = GCC
TOOL = "arm-none-eabi-gcc"
HEADERS = frozenset({".h", ".hh", ".hpp", ".hxx", ".inc", ".inl", ".ipp", ".tpp"})
# gcc 9 brought the format; releases after 15 may have dropped it.
JSON = "-fdiagnostics-format=json"
PLAIN = ("-fno-diagnostics-show-caret", "-fdiagnostics-color=never")
# Debug data would only cost time; errors beyond these would only cost reading.
COMMON = ("-g0", "-fmax-errors=100")
# Registers may lie at any address; gcc 12 takes those below 4096 for null pointers otherwise.
MANY = b"compilation terminated due to -fmax-errors"
ANY_ADDRESS, ANY_ADDRESS_SINCE = "--param=min-pagesize=0", (12,)


@dataclass(frozen=True, slots=True)
class _Job:
    """One document's compilation."""

    kit: Toolchain
    unit: CompileUnit
    project: Project
    vetted: Vetted
    laid: Laid
    scene: Scene
    folder: Path
    deadline: float


class Gcc:
    """The verifier. gcc is a process of its own for each run, so `pool` and `lane` are not needed yet."""

    name = NAME
    tool = TOOL
    languages = C_LANGUAGES
    speed = Speed.QUICK

    def __init__(self, pool: WorkerPool | None = None, lane: str = "live") -> None:
        self._pool, self._lane = pool, lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Where the compiler is."""
        kit = toolchain(settings)
        if not settings.gcc.enabled:
            return Availability(False, kit.version, kit.gcc, "switched off in the settings (gcc.enabled)")
        return Availability(bool(kit.gcc), f"gcc {kit.version}" if kit.gcc else "", kit.gcc, kit.note)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Compile the document, or for a header the unit that includes it; see Verifier.run."""
        start = time.perf_counter()
        try:
            outcome = await self._checked(snapshot, project)
        except NotJudged as failure:
            outcome = failure.outcome
        return replace(outcome, seconds=time.perf_counter() - start)

    async def _checked(self, snapshot: Snapshot, project: Project) -> Outcome:
        settings = project.settings
        if not settings.gcc.enabled:
            return Outcome(TOOL, Status.MISSING, message="gcc is switched off in the settings (gcc.enabled)")
        unit = unit_of(snapshot, project)
        kit = await asyncio.to_thread(toolchain, settings, unit.compiler if project.trusted else "")
        if not kit.gcc:
            return Outcome(TOOL, Status.MISSING, message=kit.note)
        with scratch_folder(NAME) as folder:
            job = await asyncio.to_thread(_job, kit, unit, snapshot, project, folder)
            messages, refused = await _compiled(job)
            found = await asyncio.to_thread(circle, messages.diagnostics, job.scene)
            if found is not None:
                return Outcome(TOOL, findings=(found,), complete=False, message=found.message)
            return await _outcome(job, messages, refused)


def unit_of(snapshot: Snapshot, project: Project) -> CompileUnit:
    """How the document is compiled. Raises NotJudged where nothing says so."""
    unit = project.unit
    if unit is None or project.image is None:
        raise NotJudged(Outcome(TOOL, message="Not compiled: no firmware build has this file.", complete=False))
    if unit.source in ("", snapshot.path) and PurePath(snapshot.path).suffix.lower() in HEADERS:
        message = "Not compiled: a header is compiled through a file that includes it, and none is known."
        raise NotJudged(Outcome(TOOL, message=message, complete=False))
    return unit if unit.source else replace(unit, source=snapshot.path)


def asked_warnings(language: str, project: Project) -> tuple[tuple[str, ...], tuple[str, ...]]:
    """Warnings beside the project's own: (those before its flags, which it may switch off, those after)."""
    data = table("warnings.toml")
    before, after = list(data["asked"]), list(data["always"])
    if language == "c":
        before, after = before + data["asked_c"], after + data["always_c"]
    own = [f"-W{one.removeprefix('-W')}" for one in project.settings.gcc.warnings if one.strip("-")]
    if language.startswith("assembler"):
        return (), ()
    return tuple(before), (*after, *own)


def _job(kit: Toolchain, unit: CompileUnit, snapshot: Snapshot, project: Project, folder: Path) -> _Job:
    """Lay the document out. Reads files, so call it in a thread."""
    texts = unsaved(project, snapshot)
    laid = lay_out(unit, texts, folder)
    vetted = arguments(unit, project, kit)
    shown = {buffer.path: buffer.text for buffer in project.buffers if buffer.path}
    shown[snapshot.path] = unmarked(snapshot.text)
    silenced = "-w" in vetted.argv
    root = project.root or (project.image.root if project.image else "")
    scene = Scene(snapshot.path, unit.source, root, laid, SourceLines(shown), silenced)
    return _Job(kit, unit, project, vetted, laid, scene, folder, time.monotonic() + project.settings.gcc.timeout)


async def _compiled(job: _Job) -> tuple[Messages, tuple[str, ...]]:
    """What gcc says of the unit, and the flags that it did not know. Raises NotJudged."""
    has_json = job.kit.numbers[:1] >= (9,)
    done, refused = await _run(job, (JSON,) if has_json else PLAIN, "-c")
    read = parse if has_json else parse_text
    if has_json and JSON.encode() in done.stderr and done.returncode:
        done, refused = await _run(job, PLAIN, "-c")
        read = parse_text
    if read is parse and (TOO_DEEP_BYTES in done.stderr or MANY in done.stderr):
        # Having given up, gcc 12 leaves its JSON unwritten; and only its text tells who includes whom.
        done, refused = await _run(job, PLAIN, "-c")
        read = parse_text
    messages = read(done.stderr)
    if done.returncode and not any(one.error for one in (*messages.diagnostics, *messages.assembler)):
        raise NotJudged(_failure(done, messages))
    if any(needs_text(one, job.scene) for one in messages.diagnostics) and read is parse:
        messages = replace(messages, diagnostics=await _with_ways(job, messages.diagnostics))
    if messages.assembler:
        messages = await _with_assembler(job, messages)
    judged = await stopping(messages.diagnostics, job.vetted.argv, job.kit, language_of(job.unit), job.folder)
    return replace(messages, diagnostics=judged), refused


async def _run(job: _Job, style: Sequence[str], *kind: str, output: str = "out.o") -> tuple[Completed, tuple[str, ...]]:
    language = language_of(job.unit)
    before, after = asked_warnings(language, job.project)
    own = tuple(flag for flag in job.vetted.argv if flag not in ("-w", ERRORS))
    flags = (*before, *own, *after)
    common: tuple[str, ...] = () if language.startswith("assembler") else COMMON
    if common and job.kit.numbers[:1] >= ANY_ADDRESS_SINCE:
        common = (*common, ANY_ADDRESS)
    ours = (*common, *style, *job.laid.arguments, *kind, "-o", output, "-x", language, job.laid.source)
    try:
        done, refused = await command.gcc(
            job.kit,
            language,
            flags,
            ours,
            folder=job.folder,
            timeout=max(job.deadline - time.monotonic(), 0.1),
            memory_limit_mb=job.project.settings.memory_limit_mb,
        )
    except ToolMissing as error:
        raise NotJudged(
            Outcome(TOOL, Status.MISSING, message=f"gcc: {error}; see the setting mcu.toolchain.")
        ) from error
    if done.timed_out:
        seconds = job.project.settings.gcc.timeout
        message = f"gcc gave no answer in {seconds:g} s (setting gcc.timeout)."
        raise NotJudged(Outcome(TOOL, Status.TIMED_OUT, message=message))
    return done, tuple(flag for flag in refused if flag not in before)


def _failure(done: Completed, messages: Messages) -> Outcome:
    said = [one.message for one in messages.diagnostics if one.error or not one.places] + list(messages.plain)
    words = said[-1] if said else "it said nothing"
    how = exit_reason(done.returncode)
    return Outcome(TOOL, Status.CRASHED, message=f"gcc could not compile this file ({how}): {words}")


async def _with_ways(job: _Job, diagnostics: Sequence[Diagnostic]) -> tuple[Diagnostic, ...]:
    """The diagnostics with the macros and includes they came through, which gcc tells in its text alone."""
    try:
        done, _ = await _run(job, PLAIN, "-fsyntax-only")
    except NotJudged:
        return tuple(diagnostics)
    texts: dict[tuple[str, str], list[Diagnostic]] = {}
    for one in parse_text(done.stderr).diagnostics:
        texts.setdefault((one.message, one.option), []).append(one)
    return tuple(_joined(one, texts.get((one.message, one.option), [])) for one in diagnostics)


def _joined(one: Diagnostic, texts: list[Diagnostic]) -> Diagnostic:
    """The JSON's diagnostic with the text's way; both tell those of one wording in the same order."""
    text = texts.pop(0) if texts else Diagnostic("note", "")
    if not text.expansions or not text.places or not one.places:
        return replace(one, included=text.included)
    if text.expansions[0].message.startswith("in definition"):
        # The fault is what the user has handed to the macro: the text has the very argument.
        return replace(one, places=(*text.places, *one.places[1:]), expansions=text.expansions)
    name = text.expansions[0].message.partition("'")[2].rstrip("'")
    inside = Diagnostic("note", f"in the macro '{name}'", places=text.places)
    return replace(one, expansions=(inside, *text.expansions[:-1]), included=text.included)


async def _with_assembler(job: _Job, messages: Messages) -> Messages:
    """The assembler's complaints at the lines of the source that its input came from."""
    if language_of(job.unit).startswith("assembler"):
        return replace(messages, diagnostics=(*messages.diagnostics, *messages.assembler), assembler=())
    await _run(job, PLAIN, "-S", output="out.s")
    listing = await asyncio.to_thread((job.folder / "out.s").read_bytes)
    found = in_source(messages.assembler, listing.decode("utf-8", "replace"), job.laid.source)
    return replace(messages, diagnostics=(*messages.diagnostics, *found), assembler=())


async def _outcome(job: _Job, messages: Messages, refused: tuple[str, ...]) -> Outcome:
    wrong = [flag for flag in refused if flag in job.vetted.argv]
    flags = await asyncio.to_thread(unknown_flags, wrong, job.unit, job.kit, job.scene.lines)
    if flags and other_core(wrong):
        why = f"Compiled for no core that gcc {job.kit.version} knows, so nothing follows for the code."
        return Outcome(TOOL, findings=_wanted(flags, job.project), message=why, complete=False)
    found = await asyncio.to_thread(findings, messages.diagnostics, job.scene)
    before = await asyncio.to_thread(forced, messages.diagnostics, job.unit, job.scene)
    found, complete, why = guesses.certain(found, job.unit, job.kit)
    found = _wanted((*found, *before, *flags), job.project)
    hidden = not any(one.severity is Severity.ERROR for one in found) and any(one.error for one in messages.diagnostics)
    if hidden and not why:
        why = f"gcc stops at {first_error(messages.diagnostics, job.scene)}"
    notice = " ".join(
        filter(None, (job.kit.note if not job.kit.gcc else "", left_out(job.vetted.refused, () if flags else refused)))
    )
    return Outcome(TOOL, findings=found, message=why, complete=complete and not hidden, notice=notice)


def left_out(unsafe: Sequence[str], unknown: Sequence[str]) -> str:
    """What to tell of flags that did not reach gcc; "" where all did."""
    parts = []
    if unsafe:
        parts.append(f"Flags of the build that Signoff does not pass on to gcc: {' '.join(unsafe)}.")
    if unknown:
        parts.append(f"This gcc does not know: {' '.join(unknown)}; compiled without.")
    return " ".join(parts)


def _wanted(found: tuple[Finding, ...], project: Project) -> tuple[Finding, ...]:
    """Without what the settings disable for errors of ours: gcc itself minds the project's and the user's -Wno-..."""
    return tuple(one for one in found if one.code not in project.settings.disabled_codes)


__all__ = ["Gcc", "asked_warnings", "left_out", "option", "unit_of"]
