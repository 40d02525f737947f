"""One question a document: the same one twice shares its answer, another one ends it."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from dataclasses import dataclass
from typing import Any, Generic, TypeVar

Result = TypeVar("Result")


@dataclass(slots=True)
class _Turn(Generic[Result]):
    question: object
    task: asyncio.Task[Result]
    waiting: int = 0


class Turns(Generic[Result]):
    """Runs at most one computation a key; a computation that nobody waits for any more is cancelled."""

    def __init__(self) -> None:
        self._turns: dict[str, _Turn[Result]] = {}
        self._ending: set[asyncio.Task[Result]] = set()

    async def take(
        self, key: str, question: object, compute: Callable[[], Coroutine[Any, Any, Result]], superseded: Result
    ) -> Result:
        """The result of compute(), or `superseded` where a later question for the key took its place."""
        turn = self._turns.get(key)
        if turn is None or turn.question != question or turn.task.done():
            if turn is not None:
                turn.task.cancel()
            turn = self._turns[key] = _Turn(question, asyncio.ensure_future(compute()))
            self._ending.add(turn.task)
            turn.task.add_done_callback(self._ended)
        turn.waiting += 1
        try:
            return await asyncio.shield(turn.task)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if turn.task.cancelled() and not (caller and caller.cancelling()):
                return superseded
            raise
        finally:
            turn.waiting -= 1
            if not turn.waiting:
                turn.task.cancel()
                if self._turns.get(key) is turn:
                    del self._turns[key]

    def asks(self, key: str, question: object) -> bool:
        """Whether the key's present computation is for this question."""
        turn = self._turns.get(key)
        return turn is not None and turn.question == question

    async def close(self) -> None:
        """Cancel all computations and wait for their end."""
        for task in (running := list(self._ending)):
            task.cancel()
        await asyncio.gather(*running, return_exceptions=True)

    def _ended(self, task: asyncio.Task[Result]) -> None:
        self._ending.discard(task)
        # Where every caller has been cancelled nobody reads the error; so that none is logged:
        _ = task.cancelled() or task.exception()
