"""One question a document at a time. An editor waits for a moment only; what comes later is there for the next key."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from typing import Generic, TypeVar

from signoff.verifiers.project import Project

# Documents of which the last question is remembered.
KEPT = 16
# So long an answer is that of the present files, in seconds: those on the disk may be written at any time.
FRESH_SECONDS = 5.0

T = TypeVar("T")


@dataclass(slots=True)
class _Asked(Generic[T]):
    key: object
    task: asyncio.Task[T]
    ended: float = 0.0  # the loop's time


class Gathering(Generic[T]):
    """Answers that take longer than anybody waits for them.

    A tool answers one question after the other: while one of a document is under way no other is put, so that keys
    typed fast do not queue up. An answer is given once, with `again` as often as it is asked for while it is fresh.
    Use within one event loop; close() ends all.
    """

    def __init__(self, *, again: bool = False) -> None:
        self._again = again
        self._asked: OrderedDict[str, _Asked[T]] = OrderedDict()

    async def answer(self, uri: str, key: object, ask: Callable[[], Awaitable[T]], *, until: float) -> T | None:
        """The answer to `ask` if it is there by `until` (the loop's time), else None; the next call finds it then.

        Raises what `ask` raises.
        """
        last = self._asked.get(uri)
        if last is not None and last.key != key and not await _done(last.task, until):
            return None
        last = self._asked.get(uri)
        if last is None or last.key != key or _is_stale(last):
            if last is not None and not last.task.done():
                return None  # another question came first
            last = self._begin(uri, key, ask)
        if not await _done(last.task, until):
            return None
        if not self._again and self._asked.get(uri) is last:
            del self._asked[uri]
        return last.task.result()

    async def close(self) -> None:
        """End what is under way."""
        tasks = [one.task for one in self._asked.values()]
        self._asked.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _begin(self, uri: str, key: object, ask: Callable[[], Awaitable[T]]) -> _Asked[T]:
        task = asyncio.ensure_future(_awaited(ask))
        asked = self._asked[uri] = _Asked(key, task)
        task.add_done_callback(lambda done: _note_end(asked))
        self._asked.move_to_end(uri)
        while len(self._asked) > KEPT:
            self._asked.popitem(last=False)[1].task.cancel()
        return asked


def alike(project: Project, uri: str) -> Project:
    """The project as far as it is not the document itself."""
    return replace(project, buffers=tuple(one for one in project.buffers if one.uri != uri))


def _is_stale(asked: _Asked[T]) -> bool:
    if not asked.task.done():
        return False
    failed = asked.task.cancelled() or asked.task.exception() is not None
    return failed or asyncio.get_running_loop().time() - asked.ended > FRESH_SECONDS


async def _awaited(ask: Callable[[], Awaitable[T]]) -> T:
    return await ask()


async def _done(task: asyncio.Task[T], until: float) -> bool:
    await asyncio.wait([task], timeout=max(until - asyncio.get_running_loop().time(), 0.0))
    return task.done()


def _note_end(asked: _Asked[T]) -> None:
    asked.ended = asked.task.get_loop().time()
    # Nobody may be there to read an error of a late answer.
    _ = asked.task.cancelled() or asked.task.exception()
