"""Python around kernels: whether a file is Python at all, and whether its names are bound, as pyflakes sees it.

It judges what is about to be put into a file, beside Triton, which looks at kernels only. It is no verifier of the
workspace's Python: that is for the linter which the user has chosen.
"""

from __future__ import annotations

import time
from functools import cache
from importlib.metadata import version
from importlib.util import find_spec

from signoff.verifiers.finding import Finding, Outcome, Status
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import unmarked
from signoff.verifiers.verifier import Availability, Speed
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

NAME = "pyflakes"
ENGINE_TARGET = "signoff.verifiers.python_engine:PythonEngine"
# A large file takes a tenth of a second.
SECONDS = 10.0
# Starting again takes as long.
IDLE_SECONDS = 600.0


class PythonNames:
    """The verifier. `lane` keeps processes apart."""

    name = NAME
    tool = NAME
    languages = frozenset({"python"})
    speed = Speed.INSTANT

    def __init__(self, pool: WorkerPool, lane: str = "live") -> None:
        self._pool = pool
        self._lane = lane

    def available(self, settings: VerifierSettings) -> Availability:
        """Whether pyflakes is installed."""
        known = _installed()
        return Availability(
            bool(known), known, reason="" if known else "pyflakes is not installed: pip install pyflakes"
        )

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        """Syntax and names of a Python document; see Verifier.run. Not complete where names come from `import *`."""
        start = time.perf_counter()
        if not _installed():
            return Outcome(NAME, Status.MISSING, message=self.available(project.settings).reason)
        engine = Engine(ENGINE_TARGET, IDLE_SECONDS, project.settings.memory_limit_mb)
        try:
            arguments = (unmarked(snapshot.text), snapshot.path)
            found, why = await self._pool.call(engine, self._lane, "check", *arguments, timeout=SECONDS)
        except WorkerTimeout:
            return Outcome(NAME, Status.TIMED_OUT, message=f"pyflakes took longer than {SECONDS:g} s")
        except (WorkerCrashed, EngineError) as error:
            last = (str(error).strip().splitlines() or ["no message"])[-1]
            return Outcome(NAME, Status.CRASHED, message=f"pyflakes could not be used: {last}")
        findings: tuple[Finding, ...] = found
        seconds = time.perf_counter() - start
        return Outcome(NAME, findings=findings, message=why, complete=not why, seconds=seconds)


@cache
def _installed() -> str:
    """The version of pyflakes, "" where it is not installed."""
    return version("pyflakes") if find_spec("pyflakes") is not None else ""
