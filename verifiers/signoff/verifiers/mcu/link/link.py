"""The linker: the whole firmware image with unsaved texts in place, on save and when idle."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace

from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.mcu.compile import guesses
from signoff.verifiers.mcu.compile.arguments import language_of
from signoff.verifiers.mcu.compile.build_faults import first_error, forced, other_core, unknown_flags
from signoff.verifiers.mcu.compile.circles import TOO_DEEP_BYTES, circle
from signoff.verifiers.mcu.compile.gcc import left_out
from signoff.verifiers.mcu.compile.gcc_findings import Scene
from signoff.verifiers.mcu.compile.gcc_findings import findings as gcc_findings
from signoff.verifiers.mcu.compile.gcc_messages import Diagnostic, parse_text
from signoff.verifiers.mcu.compile.gcc_messages import parse as parse_gcc
from signoff.verifiers.mcu.compile.overlay import unsaved
from signoff.verifiers.mcu.compile.toolchain import Toolchain, toolchain
from signoff.verifiers.mcu.facts import C_LANGUAGES, LINK, LinkedImage
from signoff.verifiers.mcu.link import analysis, ld_findings, ld_messages, trouble
from signoff.verifiers.mcu.link.image import Linked, key_of, link
from signoff.verifiers.mcu.link.macros import defined_macros
from signoff.verifiers.mcu.link.memory import change
from signoff.verifiers.mcu.link.objects import Build, Failure, Progress, build
from signoff.verifiers.mcu.link.scene import LinkScene
from signoff.verifiers.mcu.link.store import Store, cache_folder
from signoff.verifiers.mcu.link.undefined import undefined
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.run import ToolMissing
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, NotJudged, Speed
from signoff.verifiers.workers import WorkerPool

NAME = LINK
TOOL = "arm-none-eabi-ld"
# Of what stops a link so many are named.
NAMED = 3


@dataclass(frozen=True, slots=True)
class _Work:
    """What one link starts from."""

    image: Image
    project: Project
    kit: Toolchain
    texts: Mapping[str, str]
    store: Store
    deadline: float


class Link:
    """The verifier. `whole_image`: its runs are for all documents of an image at once."""

    name = NAME
    tool = TOOL
    languages = C_LANGUAGES
    speed = Speed.DEEP
    whole_image = True

    def __init__(self, pool: WorkerPool | None = None, lane: str = "live", store: Store | None = None) -> None:
        self._store = store
        self._last: dict[tuple[str, str], tuple[str, Outcome]] = {}
        self._linked_before: dict[tuple[str, str], LinkedImage] = {}

    def available(self, settings: VerifierSettings) -> Availability:
        """Where the linker is."""
        kit = toolchain(settings)
        if not settings.link.enabled:
            return Availability(False, kit.version, kit.ld, "switched off in the settings (link.enabled)")
        usable = bool(kit.gcc) and kit.library
        return Availability(usable, f"gcc {kit.version}" if kit.gcc else "", kit.ld or kit.gcc, kit.note)

    async def run(self, snapshot: Snapshot, project: Project, progress: Progress | None = None) -> Outcome:
        """Compile what changed and link the document's image; see Verifier.run. Findings may lie in any file of it."""
        start = time.perf_counter()
        if not project.settings.link.enabled:
            return Outcome(TOOL, Status.MISSING, message="the linker is switched off in the settings (link.enabled)")
        try:
            outcome = await self._linked(await _work(project, self._own_store(), snapshot), progress)
        except NotJudged as failure:
            outcome = failure.outcome
        except ToolMissing as error:
            outcome = Outcome(TOOL, Status.MISSING, message=f"{error}; see the setting mcu.toolchain.")
        return replace(outcome, seconds=time.perf_counter() - start)

    async def _linked(self, work: _Work, progress: Progress | None) -> Outcome:
        start = time.perf_counter()
        built = await _built(work, progress)
        if built.failures:
            return await asyncio.to_thread(_not_compiled, work, built)
        key = await asyncio.to_thread(key_of, work.image, work.project, work.kit, built, work.texts)
        name = (work.image.root, work.image.name)
        known = self._last.get(name)
        if known is not None and known[0] == key:
            return known[1]
        outcome = self._with_change(name, await _judged(work, built, key, start))
        self._last[name] = key, outcome
        return outcome

    def _with_change(self, name: tuple[str, str], outcome: Outcome) -> Outcome:
        """The outcome with what changed in memory since the image linked before."""
        new, old = outcome.facts.get("image"), self._linked_before.get(name)
        if not isinstance(new, LinkedImage) or not new.linked:
            return outcome
        self._linked_before[name] = new
        if old is None:
            return outcome
        return replace(outcome, facts={**outcome.facts, "image": replace(new, change=change(old.regions, new.regions))})

    def _own_store(self) -> Store:
        self._store = self._store or shared_store()
        return self._store


_stores: list[Store] = []


def shared_store() -> Store:
    """The store that all of this process use."""
    if not _stores:
        _stores.append(Store(cache_folder()))
    return _stores[0]


async def linked(
    project: Project, *, wrap: Sequence[str] = (), extra_sources: Sequence[CompileUnit | str] = ()
) -> LinkedImage | Outcome:
    """The project's image, linked with open documents as they are; an Outcome that says why where it does not link.

    `wrap` are functions whose calls go to __wrap_<name>; `extra_sources` are units of ours, or paths of C files that
    are compiled as the image's first C unit is. The ELF's path stays good until the same image is linked again.
    """
    start = time.perf_counter()
    try:
        work = await _work(project, shared_store())
        work = replace(work, image=_extended(work.image, extra_sources))
        built = await _built(work, None)
        if built.failures:
            return await asyncio.to_thread(_not_compiled, work, built)
        flags = tuple(f"-Wl,--wrap={name}" for name in wrap)
        key = await asyncio.to_thread(key_of, work.image, work.project, work.kit, built, work.texts)
        outcome = await _judged(work, built, key, start, flags)
    except NotJudged as failure:
        return failure.outcome
    except ToolMissing as error:
        return Outcome(TOOL, Status.MISSING, message=f"{error}; see the setting mcu.toolchain.")
    found = outcome.facts.get("image")
    return found if isinstance(found, LinkedImage) and found.linked else outcome


async def _work(project: Project, store: Store, snapshot: Snapshot | None = None) -> _Work:
    """Raises NotJudged where there is nothing to link, or nothing to link it with."""
    image = project.image
    if image is not None and not image.program:
        raise NotJudged(Outcome(TOOL, message=f"Not linked: {' '.join(image.guessed)}", complete=False))
    if image is None or not image.units or (snapshot is not None and project.unit is None):
        raise NotJudged(Outcome(TOOL, message="Not linked: no firmware build has this file.", complete=False))
    kit = await asyncio.to_thread(toolchain, project.settings, image.compiler if project.trusted else "")
    if not kit.gcc or not kit.library:
        raise NotJudged(Outcome(TOOL, Status.MISSING, message=kit.note))
    if not kit.cpp_library and any(language_of(unit) == "c++" for unit in image.units):
        # What is missing may be the toolchain's: it is linked as C.
        image = replace(image, link_declared=False)
    texts = await asyncio.to_thread(unsaved, project, snapshot)
    return _Work(image, project, kit, texts, store, time.monotonic() + project.settings.link.timeout)


async def _built(work: _Work, progress: Progress | None) -> Build:
    return await build(
        work.image,
        work.project,
        work.kit,
        texts=work.texts,
        store=work.store,
        deadline=work.deadline,
        progress=progress,
    )


async def _judged(work: _Work, built: Build, key: str, start: float, extra: Sequence[str] = ()) -> Outcome:
    """Link, and tell what came of it."""
    if time.monotonic() >= work.deadline:
        raise NotJudged(_too_slow(work))
    done = await link(
        work.image,
        work.project,
        work.kit,
        built,
        texts=work.texts,
        store=work.store,
        deadline=work.deadline,
        key=key,
        extra=extra,
    )
    if done.done.timed_out:
        raise NotJudged(_too_slow(work))
    scene, facts = await asyncio.to_thread(_scene, work, built, done)
    flags = await asyncio.to_thread(
        unknown_flags, (*built.unknown, *done.unknown), work.image.units[0], work.kit, scene.lines
    )
    found = (*await _findings(work, scene, facts), *flags)
    facts = replace(facts, seconds=time.perf_counter() - start, compiled=built.compiled)
    notice = left_out((*built.refused, *done.refused), () if flags else (*built.unknown, *done.unknown))
    told = bool(done.elf) or any(one.severity is Severity.ERROR for one in found)
    complete = work.image.link_declared and work.image.declared and told
    why = "" if told else trouble.why_not(ld_messages.parse(done.done.stderr), scene)
    if not done.elf and not any(one.code == ld_findings.OVERFLOW for one in found):
        # What the linker says of memory before it gives up is what it had placed until then.
        facts = replace(facts, regions=())
    return Outcome(TOOL, findings=found, facts={"image": facts}, complete=complete, notice=notice, message=why)


def _scene(work: _Work, built: Build, done: Linked) -> tuple[LinkScene, LinkedImage]:
    shown = {buffer.path: buffer.text for buffer in work.project.buffers if buffer.path} | dict(work.texts)
    objects = analysis.objects(built)
    units = {unit.source: unit for unit in work.image.units}
    root = work.project.root or work.image.root
    scene = LinkScene(work.image, work.kit, built, done, objects, SourceLines(shown), root, units)
    return scene, analysis.facts(scene)


async def _findings(work: _Work, scene: LinkScene, facts: LinkedImage) -> tuple[Finding, ...]:
    complaints = ld_messages.parse(scene.linked.done.stderr)
    missing = [one for one in complaints if one.kind is ld_messages.Kind.UNDEFINED]
    found = await asyncio.to_thread(ld_findings.findings, complaints, scene, facts.regions)
    if facts.linked:
        found += await asyncio.to_thread(ld_findings.vectors_discarded, scene)
    if missing:
        macros = await defined_macros(work.image, work.project, work.kit, work.deadline)
        found = (*await undefined(missing, scene, macros), *found)
    return found


def _not_compiled(work: _Work, built: Build) -> Outcome:
    """What gcc says of the units that do not compile: the image cannot be linked before."""
    if any(one.timed_out for one in built.failures):
        return _too_slow(work)
    shown = SourceLines({buffer.path: buffer.text for buffer in work.project.buffers if buffer.path} | dict(work.texts))
    if other_core(built.unknown):
        return _no_core(work, built, shown)
    found: dict[Finding, None] = {}
    for failure in built.failures:
        found.update(dict.fromkeys(_errors(work, failure, shown)))
    root = work.project.root or work.image.root
    sources = [os.path.relpath(one.unit.source, root) for one in built.failures if one.unit.source]
    names = ", ".join(sources[:NAMED])
    more = f" and {len(sources) - NAMED} more" if len(sources) > NAMED else ""
    facts = LinkedImage(work.image.name, compiled=built.compiled)
    message = f"The image cannot be linked before {names}{more} compile{'s' if len(sources) == 1 else ''}"
    said = "" if found else _first_error(work, built.failures[0], shown)
    message += f": {said}" if said else "."
    return Outcome(TOOL, findings=tuple(found), facts={"image": facts}, message=message, complete=False)


def _no_core(work: _Work, built: Build, lines: SourceLines) -> Outcome:
    cores = [flag for flag in built.unknown if other_core((flag,))]
    units = {one.unit.origin: one.unit for one in built.failures}
    found = [one for unit in units.values() for one in unknown_flags(cores, unit, work.kit, lines)]
    message = f"Not compiled nor linked: gcc {work.kit.version} does not know {' '.join(cores)}."
    facts = LinkedImage(work.image.name)
    return Outcome(TOOL, findings=tuple(dict.fromkeys(found)), facts={"image": facts}, message=message, complete=False)


def _told(work: _Work, failure: Failure, lines: SourceLines) -> tuple[Scene, tuple[Diagnostic, ...]]:
    """What gcc said of a unit that does not compile, and the scene to tell it from."""
    scene = Scene(failure.unit.source, failure.unit.source, work.project.root or work.image.root, failure.laid, lines)
    read = parse_text if TOO_DEEP_BYTES in failure.output else parse_gcc
    messages = read(failure.output)
    return scene, (*messages.diagnostics, *messages.assembler)


def _errors(work: _Work, failure: Failure, lines: SourceLines) -> tuple[Finding, ...]:
    scene, diagnostics = _told(work, failure, lines)
    round_about = circle(diagnostics, scene)
    if round_about is not None:
        return (round_about,)
    certain, _, _ = guesses.certain(gcc_findings(diagnostics, scene), failure.unit, work.kit)
    before = forced(diagnostics, failure.unit, scene)
    return tuple(one for one in (*certain, *before) if one.severity is Severity.ERROR)


def _first_error(work: _Work, failure: Failure, lines: SourceLines) -> str:
    scene, diagnostics = _told(work, failure, lines)
    plain = failure.output.decode("utf-8", "replace").strip().splitlines()
    return first_error(diagnostics, scene) or (plain[-1] if plain else "gcc said nothing of why.")


def _too_slow(work: _Work) -> Outcome:
    seconds = work.project.settings.link.timeout
    message = f"{work.image.name} could not be compiled and linked in {seconds:g} s (setting link.timeout)."
    return Outcome(TOOL, Status.TIMED_OUT, message=message)


def _extended(image: Image, sources: Sequence[CompileUnit | str]) -> Image:
    like = next((unit for unit in image.units if unit.source.endswith(".c")), image.units[0])
    more = tuple(replace(like, source=one) if isinstance(one, str) else one for one in sources)
    return replace(image, units=(*image.units, *more)) if more else image
