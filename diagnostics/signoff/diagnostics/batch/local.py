"""Engines on this machine, each in a worker process with tools of its own."""

from __future__ import annotations

import os

from signoff.diagnostics.batch.drive import CrewTrouble, Faulty, Lost
from signoff.diagnostics.batch.engine import Order
from signoff.diagnostics.batch.results import Result
from signoff.diagnostics.batch.samples import Sample
from signoff.verifiers.workers import Engine, EngineError, EngineMissing, WorkerCrashed, WorkerPool, WorkerTimeout

ENGINE = Engine("signoff.diagnostics.batch.engine:RepairEngine")
# What an engine has beyond a sample's own time, to start and to end: a model is loaded in it.
READY_SECONDS = 600.0
GRACE_SECONDS = 60.0
# Memory that an engine takes with slang, Verilator and the index of a small design.
BYTES_EACH = 700 << 20


def fitting() -> int:
    """How many engines this machine has processors and memory for."""
    import psutil

    processors = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1
    return max(1, min(processors, int(psutil.virtual_memory().available // BYTES_EACH)))


class LocalCrew:
    """`size` engines of this machine."""

    def __init__(self, size: int) -> None:
        self.size = size
        self._pool = WorkerPool()

    async def open(self, order: Order) -> None:
        """Start the first, which tells whether all of them will do; the others start with their first sample."""
        try:
            _, trouble = await self._pool.call(ENGINE, _key(0), "ready", order, timeout=READY_SECONDS)
        except (WorkerCrashed, WorkerTimeout, EngineError) as error:
            raise CrewTrouble(f"no engine can be started: {last_line(error)}") from error
        if trouble:
            raise CrewTrouble(trouble)

    async def repair(self, number: int, sample: Sample, order: Order) -> Result:
        """See Crew. Raises CrewTrouble where an engine cannot be started any more."""
        limit = order.seconds + GRACE_SECONDS + (READY_SECONDS if order.model else 0)
        try:
            result: Result = await self._pool.call(ENGINE, _key(number), "repair", sample, order, timeout=limit)
        except WorkerTimeout:
            raise Lost(f"gave no answer in {limit:g} s") from None
        except WorkerCrashed as error:
            raise Lost(f"ended its process: {last_line(error)}") from None
        except EngineMissing as error:
            raise CrewTrouble(last_line(error)) from error
        except EngineError as error:
            raise Faulty(last_line(error)) from error
        return result

    def pids(self) -> list[int]:
        """The process ids of the engines that run now."""
        return self._pool.pids()

    async def close(self) -> None:
        """End all processes; those of a tool that is at work end with its engine's."""
        await self._pool.close()


def last_line(error: BaseException) -> str:
    """What a traceback or a program's last words come down to."""
    lines = str(error).strip().splitlines()
    return lines[-1] if lines else type(error).__name__


def _key(number: int) -> str:
    return f"repair {number}"
