"""A worker process of facts: it answers in milliseconds, or not at all while it reads what it needs for that."""

from __future__ import annotations

import asyncio
import logging
from dataclasses import dataclass
from typing import Any

from signoff.verifiers.project import Project
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

log = logging.getLogger(__name__)

# An answer takes milliseconds; this is for a machine that is busy with something else, and for a fault of ours.
SECONDS = 10.0
# Reading a large SDK's headers takes a second or two, on a busy machine several times that.
PREPARE_SECONDS = 120.0
IDLE_SECONDS = 900.0
# After a failure the process is left alone for so long, in seconds.
PAUSE = 30.0


@dataclass(frozen=True, slots=True)
class Stale:
    """An answer from what was read before something changed: it is used, and `prepare` is due."""

    value: Any


class Background:
    """Asks one process a root, whose methods answer None where its `prepare` has to run before.

    Use within one event loop. What is under way goes on when nobody waits for it any more, and ends with the pool.
    """

    def __init__(self, pool: WorkerPool, target: str, lane: str) -> None:
        self._pool = pool
        self._target = target
        self._lane = lane
        self._preparing: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, float] = {}

    async def ask(self, project: Project, method: str, question: object, *more: object) -> Any:
        """The engine's answer; None where it has none now. What it needs to read is then being read."""
        now, root = asyncio.get_running_loop().time(), project.root
        if root in self._preparing or now < self._failed.get(root, 0.0):
            return None
        try:
            found = await asyncio.shield(self._call(project, method, question, *more, timeout=SECONDS))
        except (WorkerTimeout, WorkerCrashed, EngineError) as error:
            self._fail(root, error)
            return None
        stale = isinstance(found, Stale)
        if (found is None or stale) and root not in self._preparing:
            self._preparing[root] = asyncio.ensure_future(self._prepare(project, question))
        return found.value if stale else found

    async def settled(self) -> None:
        """Until nothing is being read."""
        await asyncio.gather(*self._preparing.values(), return_exceptions=True)

    async def _prepare(self, project: Project, question: object) -> None:
        try:
            await self._call(project, "prepare", question, timeout=PREPARE_SECONDS)
        except (WorkerTimeout, WorkerCrashed, EngineError) as error:
            self._fail(project.root, error)
        finally:
            self._preparing.pop(project.root, None)

    def _call(self, project: Project, method: str, *arguments: object, timeout: float) -> asyncio.Future[Any]:
        engine = Engine(self._target, IDLE_SECONDS, project.settings.memory_limit_mb)
        key = f"{self._lane}:{project.root}"
        return asyncio.ensure_future(self._pool.call(engine, key, method, *arguments, timeout=timeout))

    def _fail(self, root: str, error: Exception) -> None:
        last = str(error).strip().splitlines()
        log.warning("Facts for completion failed: %s", last[-1] if last else type(error).__name__)
        self._failed[root] = asyncio.get_running_loop().time() + PAUSE
