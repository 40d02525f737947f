"""The part checks as a verifier: firmware against its microcontroller at every change, in a worker process."""

from __future__ import annotations

import time
from dataclasses import replace
from functools import cache
from importlib.util import find_spec

from signoff.verifiers.finding import Finding, Outcome, Status
from signoff.verifiers.mcu.facts import C_LANGUAGES, PART, FirmwareFacts
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import unmarked
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

ENGINE_TARGET = "signoff.verifiers.mcu.checks.part_engine:PartEngine"
# A large file takes milliseconds; this is for a machine that is busy with something else, and for a fault of ours.
SECONDS = 20.0
# An image is read in slices of this many seconds: what is typed meanwhile need not wait for all of it.
SLICE_SECONDS = 0.3
# After so many slices the rest of an image is left: what then cannot be told is not told.
MOST_SLICES = 60


class Part:
    """The verifier. `lane` keeps processes apart: a proof in one must not hold up the typing in another."""

    name = PART
    tool = "signoff"
    languages = C_LANGUAGES
    speed = Speed.INSTANT

    def __init__(self, pool: WorkerPool, lane: str = "live") -> None:
        self._pool = pool
        self._lane = lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Whether the grammar is installed and the checks are switched on."""
        if not _installed():
            return Availability(False, reason="tree-sitter-c is not installed: pip install tree-sitter-c")
        if not settings.part.enabled:
            return Availability(False, reason="switched off in the settings (part.enabled)")
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Check a C or C++ document of a firmware image; see Verifier.run."""
        availability = self.available(project.settings)
        if not availability.available:
            return Outcome(self.tool, Status.MISSING, message=availability.reason)
        if project.image is None or project.unit is None:
            return Outcome(self.tool, complete=False, message=f"{snapshot.path} belongs to no firmware image")
        start = time.perf_counter()
        try:
            return await self._check(snapshot, project, start)
        except WorkerTimeout:
            return self._failed(start, Status.TIMED_OUT, f"took longer than {SECONDS:g} s on {snapshot.path}")
        except WorkerCrashed as error:
            return self._failed(start, Status.CRASHED, f"lost their process: {_last_line(error)}")
        except EngineError as error:
            return self._failed(start, Status.CRASHED, f"could not be made: {_last_line(error)}")

    async def _check(self, snapshot: Snapshot, project: Project, start: float) -> Outcome:
        engine = Engine(ENGINE_TARGET, memory_limit_mb=project.settings.memory_limit_mb)
        snapshot = replace(snapshot, text=unmarked(snapshot.text))
        for _ in range(MOST_SLICES):
            findings, facts, left, trouble = await self._pool.call(
                engine, f"{self._lane}:{project.root}", "check", snapshot, project, SLICE_SECONDS, timeout=SECONDS
            )
            if not left:
                break
        return self._outcome(findings, facts, left, trouble, time.perf_counter() - start)

    def _outcome(
        self, findings: tuple[Finding, ...], facts: FirmwareFacts, left: int, trouble: str, seconds: float
    ) -> Outcome:
        message = f"{left} files of the image were not read" if left else ""
        notice = f"A part check failed: {_last_line(trouble)}" if trouble else ""
        made = Outcome(self.tool, message=message, seconds=seconds, facts={"firmware": facts})
        return replace(made, findings=findings, complete=not left and not trouble, notice=notice)

    def _failed(self, start: float, status: Status, what: str) -> Outcome:
        return Outcome(self.tool, status, message=f"The part checks {what}", seconds=time.perf_counter() - start)


@cache
def _installed() -> bool:
    return find_spec("tree_sitter") is not None and find_spec("tree_sitter_c") is not None


def _last_line(error: Exception | str) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
