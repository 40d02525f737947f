"""Many samples through several engines at once: the same for those of this machine and those of a cluster."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import suppress
from typing import Protocol

from signoff.diagnostics.batch.engine import Order
from signoff.diagnostics.batch.results import Result
from signoff.diagnostics.batch.samples import Sample
from signoff.diagnostics.batch.told import failed

# A sample that ended its engine is tried on another one before it is given up: the machine may have been to blame.
TRIES = 2


class Lost(Exception):
    """An engine has ended, or gave no answer in time, while it had a sample; the text says how."""


class Faulty(Exception):
    """An engine raised an error on a sample: a defect of ours. The text is its last line."""


class CrewTrouble(Exception):
    """No engine can be had, or none that is of use; the text says why, and what to do."""


class Crew(Protocol):
    """Engines (engine.RepairEngine) somewhere. After open() they are numbered from 0 up to `size`."""

    size: int

    async def open(self, order: Order) -> None:
        """Start them, ready for the order. Raises CrewTrouble."""

    async def repair(self, number: int, sample: Sample, order: Order) -> Result:
        """One sample on one engine, which has no other meanwhile. Raises Lost, after which it is there again, and
        Faulty."""

    async def close(self) -> None:
        """End them all, whatever they do."""


async def drive(samples: Iterator[Sample], crew: Crew, order: Order) -> AsyncGenerator[Result, None]:
    """The results of samples as they are done, in no order. Closing it ends the work on those under way.

    No more samples are read than there are engines. Raises CrewTrouble, and what `samples` raises.
    """
    done: asyncio.Queue[Result | None] = asyncio.Queue(maxsize=crew.size)
    tasks = [asyncio.ensure_future(_work(number, samples, crew, order, done)) for number in range(crew.size)]
    whole = asyncio.ensure_future(_all(tasks, done))
    try:
        while (result := await done.get()) is not None:
            yield result
        await whole
    finally:
        for task in (*tasks, whole):
            task.cancel()
        with suppress(asyncio.CancelledError):
            await asyncio.gather(*tasks, whole, return_exceptions=True)


async def _all(tasks: list[asyncio.Task[None]], done: asyncio.Queue[Result | None]) -> None:
    """Wait for all; where one fails, nothing more comes."""
    try:
        await asyncio.gather(*tasks)
    finally:
        await done.put(None)


async def _work(
    number: int, samples: Iterator[Sample], crew: Crew, order: Order, done: asyncio.Queue[Result | None]
) -> None:
    for sample in samples:
        await done.put(await _one(number, sample, crew, order))


async def _one(number: int, sample: Sample, crew: Crew, order: Order) -> Result:
    why = ""
    for _ in range(TRIES):
        try:
            return await crew.repair(number, sample, order)
        except Lost as error:
            why = str(error)
        except Faulty as error:
            return failed(sample, f"a defect of Signoff: {error}")
    return failed(sample, why)
