"""Triton kernels in Python files: the compiler's front end after a pause, in a process that can be ended."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from signoff.verifiers.finding import NOT_JUDGED, Outcome, Status
from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.gpu.triton import triton_findings, triton_limits
from signoff.verifiers.gpu.triton.triton_data import Report, Source
from signoff.verifiers.gpu.triton.triton_python import Interpreter, interpreter
from signoff.verifiers.project import Project
from signoff.verifiers.scratch import session_folder
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import Engine, EngineError, EngineMissing, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "triton"
TARGET = "signoff.verifiers.gpu.triton.triton_engine:TritonEngine"
# Starting again costs a second, keeping the process 150 MB.
IDLE_SECONDS = 300.0
# Kernels are compiled, never interpreted, whatever the editor's environment says; only Triton's own backends load.
# What ptxas says is printed, for the engine to read.
ENVIRONMENT = (("TRITON_INTERPRET", "0"), ("TRITON_BACKENDS_IN_TREE", "1"), ("TRITON_DUMP_PTXAS_LOG", "1"))
FOLDERS = ("TRITON_CACHE_DIR", "TRITON_HOME", "TMPDIR")
SWITCHED_OFF = "switched off in the settings (triton.enabled)"


def availability(settings: VerifierSettings) -> Availability:
    """Which Triton there is for those who need one, or why there is none."""
    found = interpreter(settings).availability
    return found if settings.triton.enabled else replace(found, available=False, reason=SWITCHED_OFF)


async def with_triton(
    name: str, snapshot: Snapshot, project: Project, work: Callable[[Interpreter], Awaitable[Outcome]]
) -> Outcome:
    """What `work` makes of a snapshot with kernels, by the project's Triton; why not, where there is none."""
    start = time.perf_counter()
    if not triton_findings.concerned(snapshot.text):
        return Outcome(name)
    if not project.settings.triton.enabled:
        return Outcome(name, Status.MISSING, message=SWITCHED_OFF)
    python = await asyncio.to_thread(interpreter, project.settings, project)
    if not python.version:
        return Outcome(name, Status.MISSING, message=python.reason)
    outcome = await work(python)
    return replace(outcome, seconds=time.perf_counter() - start, notice=outcome.notice or python.note)


class Triton:
    """The front end on every kernel of a file."""

    name = NAME
    languages = frozenset({PYTHON})
    speed = Speed.QUICK

    def __init__(self, pool: WorkerPool, lane: str = "live") -> None:
        """`lane` keeps processes apart: a proof in one must not hold up the typing in another."""
        self._pool = pool
        self._lane = lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Which Triton is used; that of a workspace's own environment only shows when a file of it is checked."""
        return availability(settings)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Check the kernels of `snapshot`; see Verifier.run."""
        return await with_triton(NAME, snapshot, project, lambda python: self._check(snapshot, project, python))

    async def _check(self, snapshot: Snapshot, project: Project, python: Interpreter) -> Outcome:
        arguments = (source(snapshot, project), project.architectures)
        try:
            report: Report = await call(self._pool, python, self._lane, "check", project, *arguments)
        except FAILURES as error:
            return failed(NAME, error, snapshot, project)
        faults = (triton_findings.finding(fault) for fault in report.faults)
        launches = triton_limits.launch_findings(report.extents, project, snapshot.path)
        findings = (*faults, *launches)
        complete = not report.skipped and not report.note
        facts: dict[str, object] = {NOT_JUDGED: report.skipped} if report.skipped else {}
        return Outcome(NAME, findings=findings, message=_message(report), facts=facts, complete=complete)


FAILURES = (WorkerTimeout, WorkerCrashed, EngineError)


def source(snapshot: Snapshot, project: Project) -> Source:
    """What the process is told of a document: its text and those of the open Python files beside it."""
    others = tuple((item.path, item.text) for item in project.buffers if item.path.endswith(".py"))
    return Source(snapshot.path, snapshot.text, project.root, others)


async def call(
    pool: WorkerPool,
    python: Interpreter,
    lane: str,
    method: str,
    project: Project,
    *arguments: Any,
    timeout: float | None = None,
) -> Any:
    """Call the engine in the process of one Python; `timeout` in seconds, else the setting's. Raises FAILURES."""
    # Never the user's own cache: what is half typed has no place there.
    folder = session_folder() / "triton"
    folder.mkdir(exist_ok=True)
    env = (*ENVIRONMENT, *((name, str(folder)) for name in FOLDERS))
    engine = Engine(TARGET, IDLE_SECONDS, project.settings.memory_limit_mb, python=python.python, env=env)
    key = f"{lane}:{python.python}"
    return await pool.call(engine, key, method, *arguments, timeout=timeout or project.settings.triton.timeout)


def failed(name: str, error: Exception, snapshot: Snapshot, project: Project) -> Outcome:
    """The outcome of a run that failed."""
    if isinstance(error, WorkerTimeout):
        limit = project.settings.triton.timeout
        said = f"Triton took longer than {limit:g} s on {snapshot.path} (setting triton.timeout)"
        return Outcome(name, Status.TIMED_OUT, message=said)
    if isinstance(error, EngineMissing):
        return Outcome(name, Status.MISSING, message=f"Triton cannot be loaded: {_last_line(error)}")
    said = "Triton's process ended unexpectedly" if isinstance(error, WorkerCrashed) else "Triton could not be used"
    return Outcome(name, Status.CRASHED, message=f"{said}: {_last_line(error)}")


def _message(report: Report) -> str:
    """Why nothing is said of some kernels."""
    parts = [f"{kernel}: {why.splitlines()[0] if why else 'not compiled'}" for kernel, why in report.skipped]
    return "; ".join(filter(None, (report.note, f"not judged: {'; '.join(parts)}" if parts else "")))


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
