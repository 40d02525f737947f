"""A source of context that asks the worker process of c_engine.py. C and CUDA differ in where headers are."""

from __future__ import annotations

import asyncio
import logging
from typing import Any, Protocol

from signoff.completion.context import Hole
from signoff.completion.facts.c_engine import Looked, Question, Wanted
from signoff.completion.passage import Passage
from signoff.completion.reader import below
from signoff.verifiers.declarations.scope import Way
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import Engine, EngineError, WorkerCrashed, WorkerPool, WorkerTimeout

log = logging.getLogger(__name__)

TARGET = "signoff.completion.facts.c_engine:FactsEngine"
# An answer takes milliseconds; this is for a machine that is busy with something else, and for a fault of ours.
SECONDS = 10.0
# Reading a large SDK's headers takes a second or two, on a busy machine several times that.
PREPARE_SECONDS = 120.0
IDLE_SECONDS = 900.0
# After a failure the process is left alone for so long, in seconds.
PAUSE = 30.0


class Finder(Protocol):
    """Says where a document's headers are. May wait: for a toolkit to be asked where it is."""

    async def __call__(self, snapshot: Snapshot, project: Project) -> Way:
        """Folders and macros."""


class DeclaredFacts:
    """Asks one process a root. Use within one event loop. What is under way ends with the pool."""

    def __init__(self, pool: WorkerPool, languages: frozenset[str], way: Finder, lane: str) -> None:
        self.languages = languages
        self._pool = pool
        self._way = way
        self._lane = lane
        self._preparing: dict[str, asyncio.Task[None]] = {}
        self._failed: dict[str, float] = {}

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        """See ContextSource. () while headers are read for the first time."""
        if not snapshot.path:
            return ()
        question = await self._question(snapshot, project, hole.prefix, hole.suffix)
        found: tuple[Passage, ...] | None = await self._ask(project, "passages", question)
        return found or ()

    async def look(self, snapshot: Snapshot, project: Project, wanted: Wanted) -> Looked | None:
        """What a document's headers declare of what is wanted; None while they are read for the first time."""
        if not snapshot.path:
            return None
        question = await self._question(snapshot, project, snapshot.text, "")
        found: Looked | None = await self._ask(project, "look", question, wanted)
        return found

    async def settled(self) -> None:
        """Until nothing is being read."""
        await asyncio.gather(*self._preparing.values(), return_exceptions=True)

    async def _ask(self, project: Project, method: str, question: Question, *more: object) -> Any:
        """The engine's answer; None where it has none now. Headers that are not read yet are then being read."""
        now, root = asyncio.get_running_loop().time(), project.root
        if root in self._preparing or now < self._failed.get(root, 0.0):
            return None
        try:
            found = await asyncio.shield(self._call(project, method, question, *more, timeout=SECONDS))
        except (WorkerTimeout, WorkerCrashed, EngineError) as error:
            self._fail(root, error)
            return None
        if found is None and root not in self._preparing:
            self._preparing[root] = asyncio.ensure_future(self._prepare(project, question))
        return found

    async def _question(self, snapshot: Snapshot, project: Project, prefix: str, suffix: str) -> Question:
        buffers = tuple((one.path, one.text) for one in project.buffers if one.path and one.path != snapshot.path)
        way = await self._way(snapshot, project)
        name = below(project.root, snapshot.path)
        return Question(snapshot.path, name, prefix, suffix, way, buffers, project.root)

    async def _prepare(self, project: Project, question: Question) -> None:
        try:
            await self._call(project, "prepare", question, timeout=PREPARE_SECONDS)
        except (WorkerTimeout, WorkerCrashed, EngineError) as error:
            self._fail(project.root, error)
        finally:
            self._preparing.pop(project.root, None)

    def _call(
        self, project: Project, method: str, question: Question, *more: object, timeout: float
    ) -> asyncio.Future[Any]:
        engine = Engine(TARGET, IDLE_SECONDS, project.settings.memory_limit_mb)
        key = f"{self._lane}:{project.root}"
        return asyncio.ensure_future(self._pool.call(engine, key, method, question, *more, timeout=timeout))

    def _fail(self, root: str, error: Exception) -> None:
        last = str(error).strip().splitlines()
        log.warning("Facts of headers for completion failed: %s", last[-1] if last else type(error).__name__)
        self._failed[root] = asyncio.get_running_loop().time() + PAUSE
