"""The objects of a firmware image: every unit compiled as its build would, unsaved text in place, nothing twice."""

from __future__ import annotations

import asyncio
import os
import time
from collections.abc import Callable, Coroutine, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache
from pathlib import Path
from typing import Any

from signoff.verifiers.mcu.compile import command
from signoff.verifiers.mcu.compile.arguments import arguments, language_of
from signoff.verifiers.mcu.compile.build_faults import other_core
from signoff.verifiers.mcu.compile.circles import TOO_DEEP_BYTES
from signoff.verifiers.mcu.compile.overlay import Laid, lay_out
from signoff.verifiers.mcu.compile.toolchain import Toolchain
from signoff.verifiers.mcu.link.contents import Contents, View, digest
from signoff.verifiers.mcu.link.depfile import inputs
from signoff.verifiers.mcu.link.store import Store, Stored
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.run import Completed

# Part of every recipe: raise it when what is asked of gcc changes.
GENERATION = "3"
# Lines and functions suffice for the linker's messages and for traces; -g3 makes objects of megabytes.
DEBUG = "-g1"
DEBUG_FLAGS = ("-g", "-gdwarf", "-ggdb")
GRAPH_SINCE = (10,)
GRAPH = "-fcallgraph-info=su,da"
JSON_SINCE = (9,)
JSON = "-fdiagnostics-format=json"
PLAIN = ("-fno-diagnostics-show-caret", "-fdiagnostics-color=never", "-fmax-errors=20")

Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Object:
    """One unit's object."""

    unit: CompileUnit
    stored: Stored
    fresh: bool = False


@dataclass(frozen=True, slots=True)
class Failure:
    """A unit that does not compile: what gcc said, of which texts. `timed_out` where it said nothing in time."""

    unit: CompileUnit
    laid: Laid
    output: bytes = b""
    returncode: int = 1
    timed_out: bool = False


@dataclass(frozen=True, slots=True)
class Build:
    """All of an image's objects, in its order, and the units that failed.

    `compiled` is how many were compiled now, `refused` flags that did not reach gcc, `unknown` flags it did not know.
    """

    objects: tuple[Object, ...] = ()
    failures: tuple[Failure, ...] = ()
    compiled: int = 0
    refused: tuple[str, ...] = ()
    unknown: tuple[str, ...] = ()


@dataclass(slots=True)
class _Run:
    """What the compilations of one build share."""

    project: Project
    kit: Toolchain
    texts: Mapping[str, str]
    store: Store
    view: View
    deadline: float
    stamp: str
    done: int = 0
    compiled: int = 0
    refused: dict[str, None] = field(default_factory=dict)
    unknown: dict[str, None] = field(default_factory=dict)


_contents = Contents()


async def build(
    image: Image,
    project: Project,
    kit: Toolchain,
    *,
    texts: Mapping[str, str],
    store: Store,
    deadline: float,
    progress: Progress | None = None,
) -> Build:
    """Compile what is not in the store. `texts` are unsaved, by path; `deadline` is of time.monotonic().

    Raises ToolMissing.
    """
    view = await asyncio.to_thread(_contents.view, texts)
    run = _Run(project, kit, texts, store, view, deadline, _stamp(kit.gcc))
    found = await asyncio.to_thread(lambda: [_kept(unit, run) for unit in image.units])
    gate = asyncio.Semaphore(max(os.cpu_count() or 1, 1))
    run.done = sum(one is not None for one in found)

    async def one(unit: CompileUnit) -> Object | Failure:
        async with gate:
            made = await _compiled(unit, run)
        run.done += 1
        if progress is not None:
            progress(run.done, len(image.units))
        return made

    made = await _all([one(unit) for unit, known in zip(image.units, found, strict=True) if known is None])
    rest = iter(made)
    every = [known if known is not None else next(rest) for known in found]
    return Build(
        tuple(entry for entry in every if isinstance(entry, Object)),
        tuple(entry for entry in every if isinstance(entry, Failure)),
        run.compiled,
        tuple(run.refused),
        tuple(run.unknown),
    )


async def _all(jobs: Iterable[Coroutine[Any, Any, Object | Failure]]) -> list[Object | Failure]:
    """All results in order; the first exception, or being cancelled, ends the others."""
    tasks = [asyncio.ensure_future(job) for job in jobs]
    try:
        return list(await asyncio.gather(*tasks))
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


@dataclass(frozen=True, slots=True)
class _Plan:
    """How a unit is compiled, with a hash of all that its object is made from beside the contents of files."""

    flags: tuple[str, ...]
    refused: tuple[str, ...]
    recipe: str


@lru_cache(maxsize=8192)
def _plan(unit: CompileUnit, kit: Toolchain, stamp: str) -> _Plan:
    vetted = arguments(unit, Project(""), kit)
    flags = _flags(vetted.argv)
    words = (GENERATION, kit.gcc, kit.version, stamp, language_of(unit), unit.source, *flags)
    return _Plan(flags, vetted.refused, digest("\0".join(words).encode("utf-8", "replace")))


def _kept(unit: CompileUnit, run: _Run) -> Object | None:
    plan = _plan(unit, run.kit, run.stamp)
    run.refused.update(dict.fromkeys(plan.refused))
    found = run.store.find(plan.recipe, run.view.hash)
    return Object(unit, found) if found is not None else None


def _stamp(program: str) -> str:
    try:
        return str(Path(program).stat().st_mtime_ns)
    except OSError:
        return ""


def _flags(argv: Sequence[str]) -> tuple[str, ...]:
    """The build's flags as far as they make the code: warnings are the compile check's matter."""
    kept = (flag for flag in argv if not flag.startswith(("-W", *DEBUG_FLAGS, "-pedantic")) or flag.startswith("-Wa,"))
    return tuple(flag for flag in kept if flag not in ("-w", "-ansi") or flag == "-ansi")


async def _compiled(unit: CompileUnit, run: _Run) -> Object | Failure:
    if time.monotonic() >= run.deadline:
        return Failure(unit, Laid(unit.source), timed_out=True)
    language = language_of(unit)
    plan = _plan(unit, run.kit, run.stamp)
    with run.store.workspace() as folder:
        laid = await asyncio.to_thread(lay_out, unit, run.texts, folder)
        ours = _ours(run.kit, language, folder, laid)
        done, unknown = await command.gcc(
            run.kit,
            language,
            plan.flags,
            ours,
            folder=folder,
            timeout=max(run.deadline - time.monotonic(), 0.1),
            memory_limit_mb=run.project.settings.memory_limit_mb,
        )
        run.compiled += 1
        run.unknown.update(dict.fromkeys(unknown))
        if TOO_DEEP_BYTES in done.stderr and not done.timed_out:
            # Only gcc's text tells who includes whom; what else there is follows from it.
            done, _ = await command.gcc(
                run.kit,
                language,
                plan.flags,
                (*(flag for flag in ours if flag != JSON), *PLAIN),
                folder=folder,
                timeout=max(run.deadline - time.monotonic(), 0.1),
                memory_limit_mb=run.project.settings.memory_limit_mb,
            )
        if other_core(unknown) or done.timed_out or done.returncode or not (folder / "unit.o").exists():
            return _failed(unit, laid, done)
        return await asyncio.to_thread(_taken, unit, plan, run, laid, folder)


def _ours(kit: Toolchain, language: str, folder: Path, laid: Laid) -> tuple[str, ...]:
    """What we ask of gcc: an object with lines, what went into it, and for C its call graph."""
    extra: tuple[str, ...] = ()
    if not language.startswith("assembler"):
        style = JSON if kit.numbers[:1] >= JSON_SINCE else "-fno-diagnostics-show-caret"
        extra = (style, GRAPH) if kit.numbers[:1] >= GRAPH_SINCE else (style,)
    # The folder's name changes from run to run, and must not be in what is kept.
    folders = (f"-ffile-prefix-map={folder}=.",)
    # -w: what is worth a warning is the compile check's to say.
    head = ("-w", DEBUG, *extra, *folders, *laid.arguments)
    return (*head, "-MD", "-MF", "unit.d", "-c", "-o", "unit.o", "-x", language, laid.source)


def _failed(unit: CompileUnit, laid: Laid, done: Completed) -> Failure:
    return Failure(unit, laid, done.stderr, done.returncode, done.timed_out)


def _taken(unit: CompileUnit, plan: _Plan, run: _Run, laid: Laid, folder: Path) -> Object:
    """Into the store with what was made, under the hashes that the files had when the build began."""
    try:
        named = inputs((folder / "unit.d").read_text("utf-8", "surrogateescape"))
    except OSError:
        named = ()
    paths = dict.fromkeys((unit.source, *(os.path.normpath(laid.path(one)) for one in named)))
    hashes = {path: run.view.hash(path) for path in paths}
    return Object(unit, run.store.add(plan.recipe, hashes, folder / "unit.o"), fresh=True)
