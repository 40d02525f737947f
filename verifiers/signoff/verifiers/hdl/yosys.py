"""Yosys: synthesis checks and costs, on save and when idle; native where there is a newer one, else WebAssembly."""

from __future__ import annotations

import asyncio
import re
import time
from collections.abc import Callable
from dataclasses import dataclass, replace
from pathlib import Path, PurePath

from signoff.verifiers import tools
from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.hdl import rtlil, yosys_facts, yosys_report, yosys_script
from signoff.verifiers.hdl.overlay import SourceLines, lay_out
from signoff.verifiers.hdl.yosys_engine import FAILED, YosysRun, compiled_module
from signoff.verifiers.hdl.yosys_names import PLAIN, Names
from signoff.verifiers.project import Project
from signoff.verifiers.run import ToolMissing, exit_reason, run, scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import Engine, EngineError, EngineMissing, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "yosys"
# A minute after the last run the process ends: it holds 65 to 300 MB, and starting it again takes 0.3 s.
ENGINE = Engine("signoff.verifiers.hdl.yosys_engine:YosysEngine", idle_seconds=60.0, niceness=10)
# Measured: 32 s on two cores; 120 s and more on slow machines. 1.6 GB of memory.
COMPILE_SECONDS = 900.0
PROGRESS_SECONDS = 2.0
ERROR = re.compile(r"^(?P<place>.*?)[ \t]*ERROR:[ \t]*(?P<text>.*)$", re.MULTILINE)
# Beyond this a design has blown up (a large memory taken apart into registers): better to end it early.
WASM_MEMORY_MB = 2048
# The ways to read a design, tried in this order.
VERILOG, SLANG, FOCUSED = range(3)
MODULE = re.compile(r"^[ \t]*module\s+(?:automatic\s+|static\s+)?([A-Za-z_]\w*)", re.MULTILINE)

Say = Callable[[str], None]


@dataclass(frozen=True, slots=True)
class _Job:
    project: Project
    names: Names
    lines: SourceLines
    folder: Path
    top: str
    focus: str


class Yosys:
    """Reads, elaborates and turns into registers; see yosys_script."""

    name = NAME
    languages = frozenset({"verilog", "systemverilog"})
    speed = Speed.DEEP

    def __init__(self, pool: WorkerPool) -> None:
        self._pool = pool
        # The way that last read a project, by its root and files: the ways before it need not fail first again.
        self._ways: dict[tuple[str, ...], int] = {}
        self._compiling: asyncio.Future[float] | None = None

    def available(self, settings: VerifierSettings) -> Availability:
        """Where Yosys is; the reason says so where its first run will have to compile it."""
        tool = tools.yosys(settings)
        found = tool.availability
        if found.available and not tool.argv and not self.ready(settings):
            note = "Yosys has not been compiled for this machine yet: its first run does so once, in 20 to 120 s."
            return replace(found, reason=" ".join(filter(None, (found.reason, note))))
        return found

    def ready(self, settings: VerifierSettings | None = None) -> bool:
        """True where a run starts at once: a native Yosys, or one that has been compiled."""
        tool = tools.yosys(settings or VerifierSettings())
        return bool(tool.path) and (bool(tool.argv) or compiled_module().exists())

    async def warm(self, progress: Say, settings: VerifierSettings | None = None) -> None:
        """Compile Yosys for this machine where that is still to be done, telling how it goes every few seconds.

        Raises WorkerCrashed, WorkerTimeout or EngineError where it fails.
        """
        if await asyncio.to_thread(self.ready, settings):
            return
        start = time.perf_counter()
        # Shared, and not ended with whoever waits for it: a user who types on must not have it begin anew each time.
        if self._compiling is None or self._compiling.done():
            self._compiling = asyncio.ensure_future(self._pool.call(ENGINE, NAME, "compile", timeout=COMPILE_SECONDS))
        while not self._compiling.done():
            progress(f"Compiling Yosys for this machine, once: {time.perf_counter() - start:.0f} s")
            await asyncio.wait([self._compiling], timeout=PROGRESS_SECONDS)
        self._compiling.result()
        progress(f"Yosys compiled in {time.perf_counter() - start:.0f} s")

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Synthesize the project with `snapshot` in it."""
        start = time.perf_counter()
        tool = await asyncio.to_thread(tools.yosys, project.settings)
        if not tool.path:
            return Outcome(NAME, Status.MISSING, message=tool.note)
        with scratch_folder(NAME) as folder:
            sources = lay_out(snapshot, project, folder, quotable=PLAIN)
            top = project.top[0] if len(project.top) == 1 and sources.listed else ""
            names = Names(sources, folder, native=bool(tool.argv))
            job = _Job(project, names, SourceLines(sources.texts), folder, top, snapshot.text)
            outcome = await self._guarded(job)
        return replace(outcome, notice=tool.note, seconds=time.perf_counter() - start)

    async def _guarded(self, job: _Job) -> Outcome:
        limit = job.project.settings.yosys.timeout
        try:
            return await self._synthesize(job)
        except (ToolMissing, EngineMissing) as error:
            return Outcome(NAME, Status.MISSING, message=f"Yosys: {error}")
        except (WorkerTimeout, TimeoutError):
            return Outcome(
                NAME, Status.TIMED_OUT, message=f"Yosys gave no answer in {limit:g} s (setting yosys.timeout)."
            )
        except (WorkerCrashed, EngineError, OSError) as error:
            return Outcome(NAME, Status.CRASHED, message=f"Yosys crashed: {last_line(str(error))}")

    async def _synthesize(self, job: _Job) -> Outcome:
        """By Yosys' own front end, else by slang's, else by slang's from the focused document's modules downwards.

        Each reads some of what the others do not: a tracer or a wrapper with interface ports stops a whole design.
        """
        key = (job.project.root, *job.project.files)
        outcomes: list[Outcome] = []
        for way in (VERILOG, SLANG, FOCUSED)[self._ways.get(key, VERILOG) :]:
            try:
                outcomes.append(await self._attempt(job, way))
            except yosys_script.UnusableName as error:
                return Outcome(NAME, message=f"{error}.", complete=False)
            if outcomes[-1].complete and outcomes[-1].ran:
                # One that failed with a finding is tried again: the same text must not be told differently.
                self._ways[key] = VERILOG if any(outcome.findings for outcome in outcomes[:-1]) else way
                break
        # What those that failed had found by then holds as well.
        found = yosys_report.joined(outcome.findings for outcome in outcomes)
        return replace(outcomes[-1], findings=found)

    async def _attempt(self, job: _Job, way: int) -> Outcome:
        front_end = yosys_script.VERILOG if way == VERILOG else yosys_script.SLANG
        tops = MODULE.findall(job.focus) if way == FOCUSED else (job.top,) if job.top else ()
        script = yosys_script.script(job.project, job.names, tops, front_end)
        done = await self.execute(script, job.names, job.project.settings)
        outcome = read(done, job.folder, yosys_report.Source(job.names.original, job.lines))
        for name in yosys_script.REPORTS:
            (job.folder / name).unlink(missing_ok=True)
        return outcome

    async def execute(
        self, text: str, names: Names, settings: VerifierSettings, *, key: str = NAME, timeout: float | None = None
    ) -> YosysRun:
        """Run a script in the folder of `names`, the program or the module as found on this machine.

        Runs of one `key` wait for each other in the worker. `timeout` in seconds, else that of the settings.
        Raises ToolMissing, EngineMissing, TimeoutError, WorkerTimeout, WorkerCrashed, EngineError or OSError.
        """
        tool = await asyncio.to_thread(tools.yosys, settings)
        if not tool.path:
            raise ToolMissing(tool.note)
        seconds = settings.yosys.timeout if timeout is None else timeout
        if tool.argv:
            return await self._native(tool.argv, text, names.folder, settings, seconds)
        await self.warm(lambda _: None, settings)
        memory = min(settings.memory_limit_mb, WASM_MEMORY_MB)
        done = await self._pool.call(ENGINE, key, "run", str(names.folder), text, memory, names.mounts, timeout=seconds)
        assert isinstance(done, YosysRun)
        return done

    async def _native(
        self, argv: tuple[str, ...], text: str, folder: Path, settings: VerifierSettings, timeout: float
    ) -> YosysRun:
        script = folder / "script.ys"
        script.write_text(text, "utf-8")
        done = await run(
            (*argv, "-q", "-s", str(script)), cwd=folder, timeout=timeout, memory_limit_mb=settings.memory_limit_mb
        )
        if done.timed_out:
            raise TimeoutError
        if done.returncode < 0 or done.overflowed:
            raise WorkerCrashed("too much output" if done.overflowed else exit_reason(done.returncode))
        return YosysRun(done.returncode, done.stdout, done.stderr)


def read(done: YosysRun, folder: Path, source: yosys_report.Source) -> Outcome:
    """What a finished run says. One that ended in an error may be Yosys' own limit: no one is blamed for it."""
    log = done.stderr.decode("utf-8", "replace")
    state, nets, tree, report = (_text(folder / name) for name in yosys_script.REPORTS)
    declared, registers = rtlil.declared(nets), rtlil.registers(state)
    try:
        costs = yosys_facts.costs(report, rtlil.instances(tree)) if done.status == 0 else {}
    except ValueError as error:
        return Outcome(NAME, Status.CRASHED, message=f"Yosys wrote {error}", complete=False)
    declared = {name: row for name, row in declared.items() if name in costs} if costs else declared
    findings = yosys_report.findings(log, registers, declared, source)
    if done.status == FAILED:
        why = f"{last_line(log)}: most often memory (at most {WASM_MEMORY_MB} MiB)"
        return Outcome(NAME, Status.CRASHED, findings, f"Yosys crashed: {why}", complete=False)
    if done.status != 0:
        said = complaint(log.replace(f"{folder}/", ""))
        return Outcome(NAME, findings=findings, message=f"Yosys could not finish: {said}", complete=False)
    registers = tuple(register for register in registers if register.module in costs)
    facts = yosys_facts.modules(costs, registers, declared)
    return Outcome(NAME, findings=findings, facts={"modules": facts, "counted": yosys_facts.COUNTED})


def complaint(log: str) -> str:
    """The first error of a log in one line, else its last line."""
    match = ERROR.search(log)
    if match is None:
        return last_line(log)
    place = PurePath(match["place"].rstrip(": ")).name
    return f"{place}: {match['text']}" if place else match["text"]


def last_line(text: str) -> str:
    """The last line with anything in it."""
    lines = text.strip().splitlines()
    return lines[-1].strip() if lines else "it said nothing"


def _text(path: Path) -> str:
    try:
        return path.read_text("utf-8", "replace")
    except OSError:
        return ""
