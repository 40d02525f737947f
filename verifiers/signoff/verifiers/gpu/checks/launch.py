"""Launch checks as a verifier: kernel launches against the hardware's limits at every change, in a worker process."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from importlib.util import find_spec
from typing import Any

from signoff.verifiers.finding import Finding, Outcome, Status
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON, UnitFacts
from signoff.verifiers.gpu.strings import embedded
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import unmarked
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "launch"
ENGINE_TARGET = "signoff.verifiers.gpu.checks.launch_engine:LaunchEngine"
# A large file takes milliseconds; this is for a machine that is busy with something else, and for a fault of ours.
SECONDS = 20.0


class Launch:
    """The verifier. `lane` keeps processes apart: a proof in one must not hold up the typing in another."""

    name = NAME
    tool = "signoff"
    languages = CUDA_LANGUAGES | {PYTHON}
    speed = Speed.INSTANT

    def __init__(self, pool: WorkerPool, lane: str = "live") -> None:
        self._pool = pool
        self._lane = lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Whether the grammar is installed and the checks are switched on."""
        if not _installed():
            return Availability(False, reason="tree-sitter-cuda is not installed: pip install tree-sitter-cuda")
        if not settings.launch.enabled:
            return Availability(False, reason="switched off in the settings (launch.enabled)")
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Check the launches of a CUDA document, or of the CUDA texts in a Python document; see Verifier.run."""
        availability = self.available(project.settings)
        if not availability.available:
            return Outcome(self.tool, Status.MISSING, message=availability.reason)
        if snapshot.language == PYTHON:
            return await embedded.checked(self._check, snapshot, project)
        return await self._check(snapshot, project)

    async def unit(self, snapshot: Snapshot, project: Project) -> UnitFacts | None:
        """What the text of a CUDA document says; None where that cannot be asked. Free after run() on the same text."""
        return await unit_facts(self._pool, snapshot, project, self._lane)

    async def _check(self, snapshot: Snapshot, project: Project) -> Outcome:
        start = time.perf_counter()
        try:
            answer = await _call(self._pool, self._lane, "check", snapshot, project)
        except WorkerTimeout:
            return self._failed(start, Status.TIMED_OUT, f"took longer than {SECONDS:g} s on {snapshot.path}")
        except WorkerCrashed as error:
            return self._failed(start, Status.CRASHED, f"lost their process: {_last_line(error)}")
        except EngineError as error:
            return self._failed(start, Status.CRASHED, f"could not be made: {_last_line(error)}")
        findings: tuple[Finding, ...] = answer[0]
        unit: UnitFacts = answer[1]
        seconds = time.perf_counter() - start
        return Outcome(self.tool, findings=findings, seconds=seconds, facts={"unit": unit}, complete=not unit.truncated)

    def _failed(self, start: float, status: Status, what: str) -> Outcome:
        return Outcome(self.tool, status, message=f"The launch checks {what}", seconds=time.perf_counter() - start)


async def unit_facts(pool: WorkerPool, snapshot: Snapshot, project: Project, lane: str = "live") -> UnitFacts | None:
    """UnitFacts of a CUDA document from the launch engine; None where it does not answer (it says so in run())."""
    try:
        unit: UnitFacts = await _call(pool, lane, "unit", snapshot, project)
    except (WorkerTimeout, WorkerCrashed, EngineError):
        return None
    return unit


async def _call(pool: WorkerPool, lane: str, method: str, snapshot: Snapshot, project: Project) -> Any:
    snapshot = replace(snapshot, text=unmarked(snapshot.text))
    engine = Engine(ENGINE_TARGET, memory_limit_mb=project.settings.memory_limit_mb)
    return await pool.call(engine, f"{lane}:{project.root}", method, snapshot, project, timeout=SECONDS)


@cache
def _installed() -> bool:
    return find_spec("tree_sitter") is not None and find_spec("tree_sitter_cuda") is not None


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
