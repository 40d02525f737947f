"""The engine of completion: answers editors' questions, and hears of what else happens to documents meanwhile."""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from signoff.completion.answering import Answering
from signoff.completion.counters import Counters
from signoff.completion.flow import Flow, Offer, Question
from signoff.completion.model.keeper import Keeper, Opener
from signoff.completion.model.protocol import Model, ModelStatus
from signoff.completion.model.registry import open_model
from signoff.completion.passage import ContextSource
from signoff.completion.prefetch import Shown, after
from signoff.completion.reader import Reader
from signoff.completion.ring import Ring
from signoff.completion.settings import CompletionSettings
from signoff.completion.suggestion import Suggestion, Verdict
from signoff.completion.turns import Turns
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

__all__ = ["CompletionEngine", "ModelStatus", "Suggestion", "Verdict"]

log = logging.getLogger(__name__)

# After so many seconds without an edit there is time for what can wait.
IDLE_SECONDS = 1.5
# A cursor that moved by so many lines has left a place.
FAR_LINES = 20


async def _opened(settings: CompletionSettings, pool: WorkerPool) -> Model:
    return await open_model(settings, pool)


class CompletionEngine:
    """Completions that the verifiers accepted. Use within one event loop; close() ends all it started.

    `roots` are the workspace's folders: from what was edited in them the model may be shown regions. Without
    `verifiers` for a language nothing is offered in it, unless the settings let unverified texts be shown. `opener`
    gives the model in place of the registry: for measuring one that is counted.
    """

    def __init__(
        self,
        pool: WorkerPool,
        verifiers: Sequence[Verifier],
        settings: CompletionSettings,
        sources: Sequence[ContextSource] = (),
        *,
        roots: Sequence[str] = (),
        opener: Opener | None = None,
    ) -> None:
        self._ring = Ring(roots)
        self._keeper = Keeper(settings, pool, opener or _opened)
        self._reader = Reader(sources, self._ring)
        self._flow = Flow(verifiers, settings, self._keeper, self._reader)
        self._turns: Turns[tuple[Offer, ...]] = Turns()
        self._shown: dict[str, Shown] = {}
        self._present: dict[str, Snapshot] = {}
        self._cursor: tuple[Snapshot, int] | None = None
        self._idle: asyncio.TimerHandle | None = None
        self._background: set[asyncio.Task[Any]] = set()

    @property
    def counters(self) -> Counters:
        """What the flow came to so far, in numbers."""
        return self._flow.tally.counters

    async def complete(
        self,
        snapshot: Snapshot,
        project: Project,
        line: int,
        column: int,
        *,
        automatic: bool,
    ) -> tuple[Suggestion, ...]:
        """What may stand at a position (from 0, columns in code points), best first.

        `automatic`: asked for by typing, not by a key.
        () where there is no model, nothing passes, or a later call for the document took this one's place.
        """
        if not self._flow.settings.enabled:
            return ()
        self._flow.tally.questions += 1
        self._moved(snapshot, line)
        offers = await self._answer(Question(snapshot, project, line, column, automatic))
        for one in offers:
            self._flow.tally.shown(one.ticket)
        found = tuple(one.suggestion for one in offers)
        if found:
            self._flow.silence = ""
            self._shown[snapshot.uri] = Shown(snapshot, project, found)
        return found

    def opened(self, snapshot: Snapshot) -> None:
        """A document was opened."""
        self._present[snapshot.uri] = snapshot
        self._ring.opened(snapshot)
        self._rest_later()

    def edited(self, snapshot: Snapshot, line: int) -> None:
        """A document was changed, near a line (from 0), and is `snapshot` now. Costs microseconds."""
        self._flow.cadence = self._flow.cadence.key(time.monotonic())
        self._present[snapshot.uri] = snapshot
        self._flow.flights.edited(snapshot.uri, snapshot.text)
        self._ring.edited(snapshot, line)
        self._rest_later()

    def closed(self, uri: str) -> None:
        """A document was closed."""
        self._flow.flights.leave(uri)
        self._reader.forget(uri)
        self._ring.closed(uri)
        self._present.pop(uri, None)
        self._shown.pop(uri, None)

    def files_changed(self) -> None:
        """Files changed on disk: what was said of texts that are read together with them may not hold any more."""
        self._flow.verdicts.outdated()

    def accepted(self, uri: str, suggestion: Suggestion) -> None:
        """The user took a suggestion: what may follow it is asked for at once."""
        shown = self._shown.get(uri)
        following = after(shown, suggestion, self._present.get(uri)) if shown is not None else None
        if following is not None and self._flow.settings.prefetch and self._flow.settings.enabled:
            place = following.line, following.column
            self._spawn(self._answer(Question(following.snapshot, following.project, *place, True, prefetch=True)))

    def forget(self) -> None:
        """Forget all texts and verdicts, for measuring; requests on their way are ended."""
        self._flow.clear()

    def idle(self) -> None:
        """Nobody types: do what can wait."""
        self._ring.settle()

    async def status(self) -> ModelStatus:
        """Which model is in use, or why none is; and why it shows nothing, where that is so. Loads nothing."""
        status = await self._keeper.status()
        return replace(status, note=" ".join(filter(None, (status.note, self._flow.silence))))

    async def model(self) -> Model:
        """The model, for what else is asked of it; opened where needed. Raises ModelUnavailable."""
        return await self._keeper.open(automatic=False)

    def configure(
        self,
        settings: CompletionSettings,
        verifiers: Sequence[Verifier] | None = None,
        roots: Sequence[str] | None = None,
    ) -> None:
        """Take new settings; where the model is another one, it is opened with the next request."""
        if roots is not None:
            self._ring.configure(roots)
        changed = settings != self._flow.settings
        if verifiers is not None and tuple(verifiers) != self._flow.verifiers:
            self._flow.verifiers, changed = tuple(verifiers), True
        if changed:
            self._flow.settings = settings
            self._flow.clear()
            self._keeper.configure(settings)

    def reset(self) -> None:
        """Try the model anew, whatever was wrong with it: a key was given, or a server started."""
        self._flow.flights.abort_all()
        self._keeper.reset()

    async def close(self) -> None:
        """End requests, connections and the model's process."""
        if self._idle is not None:
            self._idle.cancel()
        for task in (background := list(self._background)):
            task.cancel()
        await asyncio.gather(*background, return_exceptions=True)
        await self._turns.close()
        self._flow.clear()
        await self._flow.flights.close()
        await self._reader.close()
        await self._keeper.close()

    async def _answer(self, question: Question) -> tuple[Offer, ...]:
        asked = (question.snapshot.text, question.line, question.column, question.automatic)
        # What is asked for in advance does not end a question of the editor's, and the same one shares its answer.
        key, ahead = question.snapshot.uri, f"after {question.snapshot.uri}"
        key = ahead if question.prefetch or self._turns.asks(ahead, asked) else key
        return await self._turns.take(key, asked, lambda: Answering(self._flow, question).run(), superseded=())

    def _moved(self, snapshot: Snapshot, line: int) -> None:
        """Note where the cursor is; from a far place it came back to it is known what is done there."""
        before, self._cursor = self._cursor, (snapshot, line)
        if snapshot.uri not in self._present and (before is None or before[0].text != snapshot.text):
            # Nobody tells of edits: each question follows a key.
            self._flow.cadence = self._flow.cadence.key(time.monotonic())
        if before is not None and (before[0].uri != snapshot.uri or abs(before[1] - line) > FAR_LINES):
            self._ring.left(*before)
            self._rest_later()

    def _rest_later(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        self._idle = asyncio.get_running_loop().call_later(IDLE_SECONDS, self.idle)

    def _spawn(self, work: Any) -> None:
        task = asyncio.ensure_future(work)
        self._background.add(task)
        task.add_done_callback(self._ended)

    def _ended(self, task: asyncio.Task[Any]) -> None:
        self._background.discard(task)
        if not task.cancelled() and task.exception() is not None:
            log.error("what follows a completion could not be asked for", exc_info=task.exception())
