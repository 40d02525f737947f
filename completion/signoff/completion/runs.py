"""What verifiers said of texts, kept for a while: a document that stands as it stood is not checked twice.

Between two keystrokes the accepted text becomes the document, and a text typed through leads to the same document:
both are known then. A run that takes too long is left to end by itself, one a verifier: it warms what the next needs.
"""

from __future__ import annotations

import asyncio
import contextlib
import time
from dataclasses import dataclass, field, replace

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier, tool_of

KEPT = 48
# Files on the disk may have changed since; so may the tools.
FRESH_SECONDS = 20.0


@dataclass(slots=True, eq=False)
class _Run:
    verifier: Verifier
    snapshot: Snapshot
    project: Project
    task: asyncio.Task[Outcome]
    begun: float
    waiting: int = field(default=0)

    def same(self, verifier: Verifier, snapshot: Snapshot, project: Project) -> bool:
        mine = self.snapshot
        alike = self.verifier is verifier and mine.text == snapshot.text and mine.uri == snapshot.uri
        return alike and mine.language == snapshot.language and self.project == project


class Runs:
    """The runs of the last seconds, finished and under way. Use within one event loop; close() ends all."""

    def __init__(self) -> None:
        self._runs: list[_Run] = []
        # (verifier, document, scene) of the places that a verifier is known to read; see probe.py.
        self.read: dict[tuple[str, str, str], None] = {}
        # The same of the places that a condition leaves out, with the headers of their branch; see branches.py.
        self.off: dict[tuple[str, str, str], tuple[Snapshot, ...]] = {}

    async def outcome(self, verifier: Verifier, snapshot: Snapshot, project: Project, deadline: float) -> Outcome:
        """What the verifier says of the snapshot; TIMED_OUT where it has not said it by `deadline` (monotonic)."""
        others = tuple(buffer for buffer in project.buffers if buffer.uri != snapshot.uri)
        project = replace(project, buffers=others)
        run = self._find(verifier, snapshot, project) or self._begin(verifier, snapshot, project)
        run.waiting += 1
        try:
            await asyncio.wait([run.task], timeout=max(deadline - time.monotonic(), 0.0))
            if run.task.done():
                return run.task.result()
            return Outcome(tool_of(verifier), Status.TIMED_OUT, message="gave no answer in time")
        finally:
            run.waiting -= 1
            if not run.waiting and not run.task.done():
                self._leave(run)

    def close(self) -> None:
        """Cancel what is still running, and forget everything."""
        for run in self._runs:
            run.task.cancel()
        self._runs.clear()
        self.read.clear()
        self.off.clear()

    async def aclose(self) -> None:
        """close(), and wait until all has come to its end."""
        tasks = [run.task for run in self._runs]
        self.close()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _find(self, verifier: Verifier, snapshot: Snapshot, project: Project) -> _Run | None:
        oldest = time.monotonic() - FRESH_SECONDS
        for run in [run for run in self._runs if run.task.done() and (run.begun < oldest or _failed(run.task))]:
            self._runs.remove(run)
        return next((run for run in reversed(self._runs) if run.same(verifier, snapshot, project)), None)

    def _begin(self, verifier: Verifier, snapshot: Snapshot, project: Project) -> _Run:
        whole = replace(project, buffers=(*project.buffers, snapshot))
        task = asyncio.ensure_future(_outcome(verifier, snapshot, whole))
        run = _Run(verifier, snapshot, project, task, time.monotonic())
        self._runs.append(run)
        done = [known for known in self._runs if known.task.done()]
        for known in done[: max(len(self._runs) - KEPT, 0)]:
            self._runs.remove(known)
        return run

    def _leave(self, run: _Run) -> None:
        """Nobody waits for a run any more: it may go on, unless another of its verifier does so already."""
        alone = (known for known in self._runs if known is not run and known.verifier is run.verifier)
        if any(not known.waiting and not known.task.done() for known in alone):
            run.task.cancel()
            with contextlib.suppress(ValueError):
                self._runs.remove(run)


async def _outcome(verifier: Verifier, snapshot: Snapshot, project: Project) -> Outcome:
    return await verifier.run(snapshot, project)


def _failed(task: asyncio.Task[Outcome]) -> bool:
    """Whether a run came to nothing, so that it is worth another try."""
    return task.cancelled() or task.exception() is not None or not task.result().ran
