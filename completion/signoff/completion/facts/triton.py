"""Exact context for Triton: kernels and helpers of imported modules, launches, signatures of the language in use."""

from __future__ import annotations

import asyncio
from pathlib import Path
from typing import Any

from signoff.completion.context import Hole
from signoff.completion.facts.background import Background
from signoff.completion.facts.questions import TritonQuestion
from signoff.completion.passage import Passage
from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.gpu.strings.triggers import TRITON
from signoff.verifiers.gpu.triton.triton import source
from signoff.verifiers.gpu.triton.triton_python import interpreter
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

TARGET = "signoff.completion.facts.triton_engine:TritonFactsEngine"


class TritonFacts:
    """The source for Python documents that name Triton."""

    languages = frozenset({PYTHON})

    def __init__(self, pool: WorkerPool) -> None:
        self._engine = Background(pool, TARGET, "triton")

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        """See ContextSource. () while the workspace's modules are read for the first time."""
        if not snapshot.path or not TRITON.search(snapshot.text):
            return ()
        found: tuple[Passage, ...] | None = await self._engine.ask(
            project, "passages", await self.question(snapshot, project, hole.prefix, hole.suffix)
        )
        return found or ()

    async def question(self, snapshot: Snapshot, project: Project, prefix: str, suffix: str) -> TritonQuestion:
        """What the process is asked of a document."""
        found: Any = await asyncio.to_thread(interpreter, project.settings, project)
        package = str(Path(found.path).parent) if found.path else ""
        return TritonQuestion(source(snapshot, project), prefix, suffix, package)

    async def settled(self) -> None:
        """Until nothing is being read."""
        await self._engine.settled()
