"""NVRTC: the device code of a CUDA document, compiled in memory shortly after typing stops, in a worker process."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.gpu.checks.launch import unit_facts
from signoff.verifiers.gpu.checks.resource_checks import resource_findings
from signoff.verifiers.gpu.compile.toolkit import Toolkit, how_to_get, toolkit
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON
from signoff.verifiers.gpu.strings import embedded
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "nvrtc"
ENGINE_TARGET = "signoff.verifiers.gpu.compile.nvrtc_engine:NvrtcEngine"
# The engine gives up by itself where the library lets it; the process is ended some time later.
GRACE_SECONDS = 2.0


class Nvrtc:
    """The verifier. `lane` keeps processes apart: a proof in one must not hold up the typing in another."""

    name = NAME
    languages = CUDA_LANGUAGES | {PYTHON}
    speed = Speed.QUICK

    def __init__(self, pool: WorkerPool, lane: str = "live") -> None:
        self._pool = pool
        self._lane = lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Where the library is."""
        kit = toolkit(settings)
        if not settings.nvrtc.enabled:
            return Availability(False, path=kit.nvrtc.path, reason="switched off in the settings (nvrtc.enabled)")
        return Availability(bool(kit.nvrtc.path), path=kit.nvrtc.path, reason=_missing(kit))

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Compile the device code of a CUDA document, or of the CUDA texts of a Python document; see Verifier.run."""
        if snapshot.language == PYTHON:
            return await embedded.checked(self._check, snapshot, project)
        return await self._check(snapshot, project)

    async def _check(self, snapshot: Snapshot, project: Project) -> Outcome:
        start = time.perf_counter()
        if not project.settings.nvrtc.enabled:
            return Outcome(NAME, Status.MISSING, message="NVRTC is switched off in the settings (nvrtc.enabled)")
        kit = await asyncio.to_thread(toolkit, project.settings)
        if not kit.nvrtc.path:
            return Outcome(NAME, Status.MISSING, message=_missing(kit))
        try:
            outcome = await self._compiled(snapshot, project, kit)
        except WorkerTimeout:
            limit = project.settings.nvrtc.timeout
            message = f"NVRTC took longer than {limit:g} s on {snapshot.path} (setting nvrtc.timeout)"
            outcome = Outcome(NAME, Status.TIMED_OUT, message=message)
        except WorkerCrashed as error:
            outcome = _crashed(_last_line(error))
        except EngineError as error:
            outcome = Outcome(NAME, Status.CRASHED, message=f"NVRTC could not be used: {_last_line(error)}")
        return replace(outcome, notice=kit.warning, seconds=time.perf_counter() - start)

    async def _compiled(self, snapshot: Snapshot, project: Project, kit: Toolkit) -> Outcome:
        engine = Engine(ENGINE_TARGET, memory_limit_mb=project.settings.memory_limit_mb)
        seconds = project.settings.nvrtc.timeout + GRACE_SECONDS
        key = f"{self._lane}:{project.root}"
        answer = await self._pool.call(engine, key, "check", snapshot, project, kit.nvrtc, timeout=seconds)
        findings = answer.findings
        if answer.costs:
            unit = await unit_facts(self._pool, snapshot, project, self._lane)
            findings += resource_findings(unit, answer.costs, project, snapshot.path) if unit is not None else ()
        facts: dict[str, object] = {"kernels": answer.costs, "left_out": answer.left_out}
        return Outcome(NAME, findings=findings, message=answer.reason, complete=not answer.reason, facts=facts)


def _crashed(how: str) -> Outcome:
    """NVRTC 13.5 stumbles over some incomplete texts (cub after an unknown specifier): no fault of anybody here."""
    if any(signal in how for signal in ("SIGSEGV", "SIGABRT", "SIGBUS")):
        message = f"NVRTC itself crashed on this text ({how}); nvcc checks it on save."
        return Outcome(NAME, message=message, complete=False)
    return Outcome(NAME, Status.CRASHED, message=f"NVRTC's process ended unexpectedly: {how}")


def _missing(kit: Toolkit) -> str:
    return "" if kit.nvrtc.path else f"NVRTC was not found: {how_to_get()}."


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
