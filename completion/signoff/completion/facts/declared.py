"""A source of context that asks the worker process of c_engine.py. C and CUDA differ in where headers are."""

from __future__ import annotations

from typing import Protocol

from signoff.completion.context import Hole
from signoff.completion.facts.background import Background
from signoff.completion.facts.questions import Looked, Question, Wanted
from signoff.completion.passage import Passage
from signoff.completion.reader import below
from signoff.verifiers.declarations.scope import Way
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

TARGET = "signoff.completion.facts.c_engine:FactsEngine"


# Documents whose last passages are kept.
DOCUMENTS = 32


class Finder(Protocol):
    """Says where a document's headers are. May wait: for a toolkit to be asked where it is."""

    async def __call__(self, snapshot: Snapshot, project: Project) -> Way:
        """Folders and macros."""


class DeclaredFacts:
    """Asks one process a root. Use within one event loop. What is under way ends with the pool."""

    def __init__(self, pool: WorkerPool, languages: frozenset[str], way: Finder, lane: str) -> None:
        self.languages = languages
        self._way = way
        self._engine = Background(pool, TARGET, lane)
        self._last: dict[str, tuple[Passage, ...]] = {}

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        """See ContextSource. () while headers are read for the first time."""
        if not snapshot.path:
            return ()
        question = await self.question(snapshot, project, hole.prefix, hole.suffix)
        found: tuple[Passage, ...] | None = await self._engine.ask(project, "passages", question)
        if found is None:  # what stands before the document is still right while headers are read
            return tuple(one for one in self._last.get(snapshot.uri, ()) if not one.near)
        self._last.pop(snapshot.uri, None)
        self._last[snapshot.uri] = found
        while len(self._last) > DOCUMENTS:
            del self._last[next(iter(self._last))]
        return found

    async def look(self, snapshot: Snapshot, project: Project, wanted: Wanted) -> Looked | None:
        """What a document's headers declare of what is wanted; None while they are read for the first time."""
        if not snapshot.path:
            return None
        question = await self.question(snapshot, project, snapshot.text, "")
        found: Looked | None = await self._engine.ask(project, "look", question, wanted)
        return found

    async def settled(self) -> None:
        """Until nothing is being read."""
        await self._engine.settled()

    async def question(self, snapshot: Snapshot, project: Project, prefix: str, suffix: str) -> Question:
        """What the process is asked of a document."""
        buffers = tuple((one.path, one.text) for one in project.buffers if one.path and one.path != snapshot.path)
        way = await self._way(snapshot, project)
        name = below(project.root, snapshot.path)
        return Question(snapshot.path, name, prefix, suffix, way, buffers, project.root)
