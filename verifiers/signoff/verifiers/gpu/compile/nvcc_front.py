"""nvcc's front end alone: the host's preprocessor and cudafe++, which read host and device code but make none.

nvcc itself compiles device code at once; a front end takes a fraction of that, so it can judge what is being typed.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterator, Sequence
from dataclasses import replace

from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.gpu.compile import compile_job, cudafe_text, front_whole
from signoff.verifiers.gpu.compile.compile_job import Job, NoUnit
from signoff.verifiers.gpu.compile.compile_reader import LACKING, Reading, incomplete, read
from signoff.verifiers.gpu.compile.cudafe_text import Diagnostic
from signoff.verifiers.gpu.compile.front_steps import FrontSteps, Read, Steps
from signoff.verifiers.gpu.compile.toolkit import toolkit
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, LINES_READ, WHOLE_FUNCTIONS
from signoff.verifiers.project import Project
from signoff.verifiers.run import scratch_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, NotJudged, Speed
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "nvcc front end"
TOOL = "nvcc"
# The engine that tells which functions need nothing of what is missing; only files that lack something start it.
IDLE_SECONDS = 120.0
WHOLE_SECONDS = 5.0
# The front end's number for "parsing restarts here after previous syntax error".
PARSING_RESTARTS = "12"


class NvccFront:
    """The verifier. `pool` ends what waits for the next text; without one nothing waits, and a unit that lacks headers
    is not judged.

    Of a unit that lacks headers, or flags, the outcome is incomplete; its findings may come of that. Its facts have
    WHOLE_FUNCTIONS then.
    """

    name = NAME
    tool = TOOL
    languages = CUDA_LANGUAGES
    speed = Speed.QUICK

    def __init__(self, pool: WorkerPool | None = None, lane: str = "live") -> None:
        self._pool, self._lane = pool, lane
        self._steps = FrontSteps(pool)

    def available(self, settings: VerifierSettings) -> Availability:
        """Where nvcc is."""
        kit = toolkit(settings)
        if not settings.nvcc.enabled:
            return Availability(False, kit.version, "".join(kit.nvcc), "switched off in the settings (nvcc.enabled)")
        return Availability(bool(kit.nvcc), f"nvcc {kit.version}" if kit.version else "", "".join(kit.nvcc), kit.note)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Check host and device code of a CUDA document's unit; see Verifier.run."""
        start = time.perf_counter()
        try:
            outcome = await self._checked(snapshot, project)
        except NoUnit as error:
            outcome = Outcome(TOOL, message=f"Not compiled with nvcc: {error}.", complete=False)
        except NotJudged as failure:
            outcome = failure.outcome
        return replace(outcome, seconds=time.perf_counter() - start)

    async def _checked(self, snapshot: Snapshot, project: Project) -> Outcome:
        if not project.settings.nvcc.enabled:
            return Outcome(TOOL, Status.MISSING, message="nvcc is switched off in the settings (nvcc.enabled)")
        kit = await asyncio.to_thread(toolkit, project.settings)
        if not kit.nvcc:
            return Outcome(TOOL, Status.MISSING, message=kit.note)
        work = await asyncio.to_thread(compile_job.job, snapshot, project, True)
        deadline = time.monotonic() + project.settings.nvcc.timeout
        with scratch_folder("nvcc-front") as folder:
            steps = Steps(kit, work, project, folder, deadline)
            return await self._told(await self._steps.read(steps), snapshot, work, project)

    async def _told(self, said: Read, snapshot: Snapshot, work: Job, project: Project) -> Outcome:
        """The outcome of what the front end has said."""
        reading = await asyncio.to_thread(read, work, project, said.output, said.failed)
        if reading.failure:
            status = Status.MISSING if reading.host_missing else Status.CRASHED
            raise NotJudged(Outcome(TOOL, status, message=f"nvcc's front end: {reading.failure}"))
        facts: dict[str, object] = {LINES_READ: said.lines}
        lacking = _lacking(said, work, project, reading)
        if not lacking:
            return Outcome(TOOL, findings=reading.findings, facts=facts)
        if said.stopped or self._pool is None:
            return Outcome(TOOL, findings=incomplete(work, reading.findings)[0], complete=False, message=lacking)
        facts[WHOLE_FUNCTIONS] = await self._whole(snapshot, project, work, cudafe_text.diagnostics(said.output))
        return Outcome(TOOL, findings=reading.findings, complete=False, message=lacking, facts=facts)

    async def _whole(
        self, snapshot: Snapshot, project: Project, work: Job, told: Sequence[Diagnostic]
    ) -> tuple[tuple[int, int], ...]:
        """See front_whole; () where that gives no answer."""
        assert self._pool is not None
        engine = Engine(front_whole.ENGINE_TARGET, IDLE_SECONDS, project.settings.memory_limit_mb)
        # Where a message names no file, the text had ended: every declaration may be open there.
        places = [_places(one, work.main) for one in told if one.severity is Severity.ERROR]
        asked = (snapshot, project, places, tuple(_skipped(told)))
        try:
            found = await self._pool.call(
                engine, f"{self._lane}:{project.root}", "whole", *asked, timeout=WHOLE_SECONDS
            )
        except (WorkerTimeout, WorkerCrashed, EngineError):
            return ()
        return tuple(found)


def _places(diagnostic: Diagnostic, main: str) -> tuple[tuple[str, int], ...]:
    """Where an error is, and where the code led to it."""
    own = ((diagnostic.file, diagnostic.line),) if diagnostic.file else ()
    contexts = ((one.file or diagnostic.file or main, one.line) for one in diagnostic.contexts)
    notes = ((one.file, one.line) for one in diagnostic.notes if one.file)
    return tuple(dict.fromkeys((*own, *contexts, *notes)))


def _skipped(told: Sequence[Diagnostic]) -> Iterator[front_whole.Skipped]:
    """The lines that the front end has passed over: from an error to where it says that it reads again."""
    last: Diagnostic | None = None
    for one in told:
        if one.number == PARSING_RESTARTS and last is not None and last.file == one.file:
            yield one.file, min(last.line, one.line), one.line
        elif one.severity is Severity.ERROR:
            last = one


def _lacking(said: Read, work: Job, project: Project, reading: Reading) -> str:
    """What the unit lacks, for a person; "" where it lacks nothing."""
    if said.missing:
        shown = ", ".join(said.missing[:3]) + (f" and {len(said.missing) - 3} more" if len(said.missing) > 3 else "")
        return f"not there: {shown}"
    if said.stopped or any(one.code in LACKING for one in reading.findings):
        return "nvcc's front end could not read all of the file"
    if compile_job.orphan(work.document, project.unit):
        return "no unit is known that includes this header"
    return "" if work.unit.declared else _flags(work, reading.findings)


def _flags(work: Job, findings: Sequence[Finding]) -> str:
    complete = incomplete(work, findings)[1]
    return "" if complete else "a flag that nobody has declared may be missing"
