"""One computation a document: the same question twice shares it, another question ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True)
class _Flight(Generic[Result]):
    question: object
    task: asyncio.Task[Result]
    waiting: int = 0


class Flights(Generic[Result]):
    """Runs at most one computation a key; a computation that nobody waits for any more is cancelled."""

    def __init__(self) -> None:
        self._flights: dict[str, _Flight[Result]] = {}

    async def fly(
        self, key: str, question: object, compute: Callable[[], Coroutine[Any, Any, Result]], superseded: Result
    ) -> Result:
        """The result of compute(), or `superseded` where a later question for the key took its place."""
        flight = self._flights.get(key)
        if flight is None or flight.question != question or flight.task.done():
            if flight is not None:
                flight.task.cancel()
            flight = self._flights[key] = _Flight(question, asyncio.ensure_future(compute()))
        flight.waiting += 1
        try:
            return await asyncio.shield(flight.task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if flight.task.cancelled() and not (caller and caller.cancelling()):
                return superseded
            raise
        finally:
            flight.waiting -= 1
            if not flight.waiting:
                flight.task.cancel()
                if self._flights.get(key) is flight:
                    del self._flights[key]

    async def close(self) -> None:
        """Cancel all computations and wait for their end."""
        tasks = [flight.task for flight in self._flights.values()]
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
