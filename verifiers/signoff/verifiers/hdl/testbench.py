"""The testbench that a project names: simulated with the design as it stands, by Icarus Verilog or Verilator.

Simulating runs what the workspace says, so only a trusted workspace's is run: in a private folder, its time and memory
limited, by verifiers/run.py. Data files that the sources name are copied there; nothing is written to where they are.
"""

from __future__ import annotations

import asyncio
import enum
import re
import shutil
import sys
import time
from collections.abc import Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from functools import lru_cache
from pathlib import Path, PurePath

from signoff.verifiers import tools
from signoff.verifiers.hdl.overlay import SourceLines, Sources, lay_out
from signoff.verifiers.project import Project
from signoff.verifiers.run import Completed, ToolMissing, exit_reason, run, run_blocking, scratch_folder
from signoff.verifiers.snapshot import Snapshot

BINARY = "simulation"
# Made without optimizing: a testbench of a module runs for milliseconds and takes many seconds to compile.
CFLAGS = "-std=c++20 -O0"
DATA = re.compile(r'"([^"\s\\%*?]{1,200}\.\w{1,8})"')
DATA_BYTES = 16 * 1024 * 1024
ENDED = re.compile(r"\$finish\b")
BROKEN = re.compile(r"^(?:%Error|%Fatal|ERROR:|FATAL:)|\$fatal\b|: (?:ERROR|FATAL)\b", re.MULTILINE)
_WRONG = r"(?:fail(?:ed|s|ures?)?|errors?|mismatch(?:es)?|fatal)"
WRONG = re.compile(rf"\b{_WRONG}\b", re.IGNORECASE)
NONE_WRONG = re.compile(
    rf"\b(?:no|0|zero|without(?: any)?)\s+(?:\w+\s+)?{_WRONG}\b|\b{_WRONG}\b\s*(?:count)?\s*[:=]\s*0+\b(?!\.)",
    re.IGNORECASE,
)
MAKE_FAILED = "make: ***"
UNCOMPILED = "it cannot be compiled"
LAST = 200


class Result(enum.StrEnum):
    """How a simulation ended; UNKNOWN where there was none that could tell."""

    PASSED = "passed"
    FAILED = "failed"
    UNKNOWN = "not simulated"


@dataclass(frozen=True, slots=True)
class Simulation:
    """One simulation: the simulator (`tool`, a verifier's name or "icarus"), its version, wall time in seconds."""

    result: Result
    why: str = ""
    tool: str = ""
    version: str = ""
    top: str = ""
    seconds: float = 0.0


def named(project: Project) -> bool:
    """Whether the project names a testbench."""
    return bool(project.settings.testbench.files)


async def simulate(snapshot: Snapshot, project: Project) -> Simulation:
    """Simulate the project's testbench with `snapshot` in the design. Raises nothing but CancelledError.

    PASSED: it ended by itself, without an error, and printed what `passes` of the settings asks for; where that is
    empty, it called $finish and printed no line that speaks of a failure.
    """
    start = time.perf_counter()
    settings = project.settings.testbench
    if not project.trusted or not settings.files:
        return Simulation(Result.UNKNOWN, "the workspace is not trusted, or names no testbench")
    whole = replace(project, files=tuple(dict.fromkeys((*project.files, *settings.files))), top=())
    result = Simulation(Result.UNKNOWN, "it needs Icarus Verilog, or make and a C++ compiler beside Verilator")
    for simulator in (_icarus, _verilator):
        with scratch_folder("testbench") as folder:
            sources = lay_out(snapshot, whole, folder)
            try:
                result = await simulator(sources, whole, folder) or result
            except (ToolMissing, OSError) as error:
                result = replace(result, why=str(error))
        if result.result is not Result.UNKNOWN and not result.why.startswith(UNCOMPILED):
            break
    return replace(result, top=settings.top, seconds=time.perf_counter() - start)


async def _icarus(sources: Sources, project: Project, folder: Path) -> Simulation | None:
    compiler, engine = tools.on_path("iverilog"), tools.on_path("vvp")
    if not compiler or not engine:
        return None
    settings = project.settings.testbench
    compiled = await run(
        (
            *(compiler, "-g2012", "-o", str(folder / BINARY)),
            *(("-s", settings.top) if settings.top else ()),
            *(f"-I{one}" for one in sources.include_dirs),
            *(f"-D{one}" for one in project.defines),
            *(part for one in sources.library_dirs for part in ("-y", one)),
            *(part for one in sources.library_files for part in ("-l", one)),
            *sources.files,
        ),
        cwd=folder,
        timeout=settings.timeout,
        memory_limit_mb=project.settings.memory_limit_mb,
    )
    version = await asyncio.to_thread(_version, compiler)
    if compiled.returncode != 0 or compiled.timed_out:
        return _uncompiled(compiled, "icarus", version)
    return await _simulated((engine, "-n", str(folder / BINARY)), sources, project, folder, ("icarus", version))


async def _verilator(sources: Sources, project: Project, folder: Path) -> Simulation | None:
    tool = await asyncio.to_thread(tools.verilator, project.settings)
    if not tool.argv or not tools.on_path("make") or not (tools.on_path("c++") or tools.on_path("g++")):
        return None
    settings = project.settings.testbench
    compiled = await run(
        (
            *tool.argv,
            *("--binary", "--timing", "--assert", "-Wno-fatal", "-Wno-lint", "-Wno-style", "--relative-includes"),
            *("--timescale", "1ns/1ps", "--Mdir", "made", "-o", BINARY, "-j", "2", "-CFLAGS", CFLAGS),
            *("-MAKEFLAGS", f"OPT_FAST= OPT_SLOW= OPT_GLOBAL= PYTHON3={sys.executable}"),
            *(("--top-module", settings.top) if settings.top else ()),
            *(f"-I{one}" for one in sources.include_dirs),
            *(f"-D{one}" for one in project.defines),
            *(part for one in sources.library_dirs for part in ("-y", one)),
            *(part for one in sources.library_files for part in ("-v", one)),
            *sources.files,
        ),
        cwd=folder,
        env=tool.env,
        timeout=settings.timeout,
        memory_limit_mb=project.settings.memory_limit_mb,
    )
    if compiled.returncode != 0 or compiled.timed_out:
        return _uncompiled(compiled, "verilator", tool.version)
    program = (str(folder / "made" / BINARY),)
    return await _simulated(program, sources, project, folder, ("verilator", tool.version))


def _uncompiled(done: Completed, tool: str, version: str) -> Simulation:
    said = b"\n".join((done.stderr, done.stdout)).decode("utf-8", "replace")
    if done.timed_out:
        return Simulation(Result.UNKNOWN, "compiling it took too long (setting testbench.timeout)", tool, version)
    errors = [line.strip() for line in said.splitlines() if "rror" in line] or [exit_reason(done.returncode)]
    # What the C++ compiler says is not about the design.
    result = Result.UNKNOWN if MAKE_FAILED in said or done.returncode < 0 else Result.FAILED
    return Simulation(result, f"{UNCOMPILED}: {errors[0][:LAST]}", tool, version)


async def _simulated(
    program: Sequence[str], sources: Sources, project: Project, folder: Path, tool: tuple[str, str]
) -> Simulation:
    settings = project.settings.testbench
    where = folder / "run"
    await asyncio.to_thread(_copy_data, sources, project, where)
    done = await run(program, cwd=where, timeout=settings.timeout, memory_limit_mb=project.settings.memory_limit_mb)
    result, why = judged(done, settings.passes)
    return Simulation(result, why, *tool)


def judged(done: Completed, passes: str) -> tuple[Result, str]:
    """What the end of a simulation and all that it printed say. Pure."""
    text = b"\n".join((done.stdout, done.stderr)).decode("utf-8", "replace")
    if done.timed_out:
        return Result.UNKNOWN, "it did not end in time (setting testbench.timeout)"
    if done.overflowed:
        return Result.UNKNOWN, "it printed too much"
    if done.returncode != 0:
        return Result.FAILED, f"{exit_reason(done.returncode)}: {_last(text)}"
    if broken := BROKEN.search(text):
        return Result.FAILED, _line(text, broken.start())
    if passes:
        with suppress(re.error):
            found = re.search(passes, text, re.MULTILINE) is not None
            return (Result.PASSED, "") if found else (Result.FAILED, f"it did not print {passes}")
        return Result.UNKNOWN, f"{passes} is no regular expression (setting testbench.passes)"
    wrong = next((line for line in text.splitlines() if WRONG.search(NONE_WRONG.sub("", line))), "")
    if wrong:
        return Result.FAILED, wrong.strip()[:LAST]
    if not ENDED.search(text):
        return Result.UNKNOWN, "it ended without $finish, so nothing says that it has run to its end"
    return Result.PASSED, ""


def _copy_data(sources: Sources, project: Project, where: Path) -> None:
    """Copy what the sources name as a relative path, as $readmemh does, to where the simulation runs."""
    where.mkdir(parents=True, exist_ok=True)
    lines = SourceLines(sources.texts)
    roots = [PurePath(project.root), *(PurePath(path).parent for path in project.settings.testbench.files)]
    for name in dict.fromkeys(match for path in project.files for match in DATA.findall(lines.text(path))):
        pure = PurePath(name)
        if pure.is_absolute() or ".." in pure.parts or (where / pure).exists():
            continue
        for found in (Path(root / pure) for root in roots):
            with suppress(OSError, ValueError):
                if found.is_file() and found.stat().st_size <= DATA_BYTES:
                    (where / pure).parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(found, where / pure)
                    break


@lru_cache(maxsize=4)
def _version(compiler: str) -> str:
    """Icarus' version by its own words, "" where it does not tell."""
    try:
        done = run_blocking((compiler, "-V"), timeout=tools.VERSION_SECONDS)
    except ToolMissing:
        return ""
    return next(iter(done.stdout.decode("utf-8", "replace").splitlines()), "")


def _last(text: str) -> str:
    lines: Iterable[str] = (line.strip() for line in reversed(text.splitlines()))
    return next((line[:LAST] for line in lines if line), "it said nothing")


def _line(text: str, place: int) -> str:
    start = text.rfind("\n", 0, place) + 1
    return text[start:].splitlines()[0].strip()[:LAST]
