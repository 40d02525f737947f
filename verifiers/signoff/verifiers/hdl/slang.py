"""slang as a verifier: parsing, elaboration and analysis at every change, in a worker process."""

from __future__ import annotations

import importlib.metadata
import importlib.util
import time
from functools import cache
from typing import Any

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.hdl.declared import DeclaredFacts, Wanted
from signoff.verifiers.hdl.facts import ScopeFacts, SymbolFacts
from signoff.verifiers.hdl.place_facts import PlaceFacts
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

ENGINE_TARGET = "signoff.verifiers.hdl.slang_engine:SlangEngine"
LANGUAGES = frozenset({"verilog", "systemverilog"})


class Slang:
    """The verifier. `lane` keeps processes apart: a proof in one must not hold up the typing in another.

    `stage` is a method of the engine: "check" for everything, or one of the two halves that follow each other at
    a keystroke, so that an error need not wait for the analysis; "judge" for what a completion is asked beside.
    `skimmer`: who says, of a judge, whether a text has errors at all, in half of its time; None where nobody does.
    """

    tool = "slang"
    languages = LANGUAGES
    speed = Speed.INSTANT

    def __init__(self, pool: WorkerPool, lane: str = "live", stage: str = "check") -> None:
        self.name = "slang analysis" if stage == "analyse" else "slang"
        self._pool = pool
        self._lane = lane
        self._stage = stage
        self.skimmer = Slang(pool, lane, "errors") if stage == "judge" else None

    def available(self, settings: VerifierSettings) -> Availability:
        """Whether pyslang is installed and slang is switched on."""
        version, path = _installed()
        if not version:
            return Availability(False, reason="pyslang is not installed; get it with: pip install pyslang")
        if not settings.slang.enabled:
            return Availability(False, version, path, "switched off in the settings (slang.enabled)")
        return Availability(True, version, path)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Check `snapshot` as part of `project`; see Verifier.run."""
        start = time.perf_counter()
        availability = self.available(project.settings)
        if not availability.available:
            return Outcome(self.tool, Status.MISSING, message=availability.reason)
        try:
            findings = tuple(await self._call(self._stage, snapshot, project))
        except WorkerTimeout:
            limit = project.settings.slang.timeout
            return self._failed(start, Status.TIMED_OUT, f"slang took longer than {limit:g} s on {snapshot.path}")
        except WorkerCrashed as error:
            return self._failed(start, Status.CRASHED, f"slang's process ended unexpectedly: {_last_line(error)}")
        except EngineError as error:
            return self._failed(start, Status.CRASHED, f"slang could not be used: {_last_line(error)}")
        return Outcome(self.tool, findings=findings, seconds=time.perf_counter() - start)

    async def symbol(self, snapshot: Snapshot, project: Project, line: int, column: int) -> SymbolFacts | None:
        """What is known about the name at a position (code points from 0); None where there is no name."""
        facts: SymbolFacts | None = await self._ask("symbol", snapshot, project, line, column)
        return facts

    async def scope(self, snapshot: Snapshot, project: Project, line: int, column: int) -> ScopeFacts:
        """What can be named at a position; empty where slang cannot be asked."""
        facts: ScopeFacts | None = await self._ask("scope", snapshot, project, line, column)
        return facts or ScopeFacts()

    async def place(
        self, snapshot: Snapshot, project: Project, line: int, column: int, names: tuple[str, ...]
    ) -> PlaceFacts:
        """What can be named at a position, and what the expressions `names` are there; empty where it cannot tell."""
        facts: PlaceFacts | None = await self._ask("place", snapshot, project, line, column, names)
        return facts or PlaceFacts()

    async def declared(
        self, snapshot: Snapshot, project: Project, line: int, column: int, wanted: Wanted
    ) -> DeclaredFacts:
        """What declares the names around a position, as its author wrote it; empty where slang cannot be asked."""
        facts: DeclaredFacts | None = await self._ask("declared", snapshot, project, line, column, wanted)
        return facts or DeclaredFacts()

    async def _ask(self, method: str, snapshot: Snapshot, project: Project, *arguments: Any) -> Any:
        if not self.available(project.settings).available:
            return None
        try:
            return await self._call(method, snapshot, project, *arguments)
        except (WorkerTimeout, WorkerCrashed, EngineError):
            return None

    def _failed(self, start: float, status: Status, message: str) -> Outcome:
        return Outcome(self.tool, status, message=message, seconds=time.perf_counter() - start)

    async def _call(self, method: str, snapshot: Snapshot, project: Project, *arguments: Any) -> Any:
        engine = Engine(ENGINE_TARGET, memory_limit_mb=project.settings.memory_limit_mb)
        key = f"{self._lane}:{project.root}"
        timeout = project.settings.slang.timeout
        return await self._pool.call(engine, key, method, snapshot, project, *arguments, timeout=timeout)


@cache
def _installed() -> tuple[str, str]:
    """(version, path) of pyslang, ("", "") where it is not installed. Importing it here would cost 20 ms."""
    spec = importlib.util.find_spec("pyslang")
    if spec is None:
        return "", ""
    return importlib.metadata.version("pyslang"), spec.origin or ""


def _last_line(error: Exception) -> str:
    lines = [line for line in str(error).strip().splitlines() if line.strip()]
    return lines[-1].strip() if lines else "no message"
