"""The pipeline of completion: hole, prompt, model, candidates, check, rank. Cancelling ends model and check."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import Awaitable, Callable, Sequence

from signoff.completion import candidates, prompt
from signoff.completion.cache import CompletionCache
from signoff.completion.check import Checked, Checker
from signoff.completion.context import Hole, hole_at
from signoff.completion.flight import Flights
from signoff.completion.model.protocol import Model, ModelStatus, ModelUnavailable, Request
from signoff.completion.model.registry import open_model
from signoff.completion.passage import ContextSource, Passage
from signoff.completion.rank import rank
from signoff.completion.settings import CompletionSettings
from signoff.completion.suggestion import Suggestion, Verdict
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier
from signoff.verifiers.workers import WorkerPool

__all__ = ["CompletionEngine", "ModelStatus", "Suggestion", "Verdict"]

log = logging.getLogger(__name__)

# A model that could not be had is asked for again after so many seconds.
RETRY_SECONDS = 10.0
Opener = Callable[[CompletionSettings, WorkerPool], Awaitable[Model]]


class CompletionEngine:
    """Completions that the verifiers accepted. Use within one event loop; close() ends all it started."""

    def __init__(
        self,
        pool: WorkerPool,
        verifiers: Sequence[Verifier],
        settings: CompletionSettings,
        sources: Sequence[ContextSource] = (),
        opener: Opener | None = None,
    ) -> None:
        """`opener` gives the model in place of the registry: for measuring one that is counted."""
        self._pool = pool
        self._verifiers = tuple(verifiers)
        self._settings = settings
        self._sources = tuple(sources)
        self._opener = opener
        self._cache = CompletionCache()
        self._flights: Flights[tuple[Suggestion, ...]] = Flights()
        self._model: Model | None = None
        self._opening = asyncio.Lock()
        self._trouble: tuple[float, str] | None = None
        self._background: set[asyncio.Task[None]] = set()

    async def complete(
        self,
        snapshot: Snapshot,
        project: Project,
        line: int,
        column: int,
        *,
        automatic: bool,
    ) -> tuple[Suggestion, ...]:
        """What may stand at a position (from 0, columns in code points), best first; all of it accepted.

        `automatic`: asked for by typing, not by a key.
        () where there is no model, nothing passes, or a later call for the document took this one's place.
        """
        if not self._settings.enabled or not self._judges(snapshot, project):
            return ()
        question = (snapshot.text, line, column, automatic)
        return await self._flights.fly(
            snapshot.uri,
            question,
            lambda: self._complete(snapshot, project, (line, column), automatic),
            superseded=(),
        )

    async def status(self) -> ModelStatus:
        """Which model is in use, or why none is. Loads nothing."""
        try:
            known = (await self._open()).description
        except ModelUnavailable as error:
            return ModelStatus(message=str(error))
        return ModelStatus(known.name, known.backend, True, f"{known.name} ({known.backend})")

    def configure(self, settings: CompletionSettings) -> None:
        """Take new settings; the model is opened anew with the next request."""
        if settings == self._settings:
            return
        self._settings, self._trouble = settings, None
        self._cache.clear()
        self._drop()

    async def close(self) -> None:
        """End requests, connections and the model's process."""
        await self._flights.close()
        model, self._model = self._model, None
        if model is not None:
            await model.close()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        mine = [source for source in self._sources if snapshot.language in source.languages]
        found = await asyncio.gather(*(source.gather(snapshot, project, hole) for source in mine))
        return tuple(passage for part in found for passage in part)

    def _judges(self, snapshot: Snapshot, project: Project) -> bool:
        """Whether anything could be shown at all: without a verifier nothing is, so no model need be asked."""
        mine = [row for row in self._verifiers if snapshot.language in row.languages]
        return any(row.available(project.settings).available for row in mine)

    async def _complete(
        self, snapshot: Snapshot, project: Project, place: tuple[int, int], automatic: bool
    ) -> tuple[Suggestion, ...]:
        hole = hole_at(snapshot, *place)
        if hole is None:
            return ()
        facts = await self._gather(snapshot, project, hole)
        scope = (snapshot.uri, snapshot.language, facts, automatic)
        with contextlib.closing(Checker(self._verifiers, snapshot, project, hole)) as checker:
            known = self._cache.get(scope, hole.prefix, hole.suffix)
            if known is not None:
                found = await self._checked(checker, known)
                if found or not known:
                    return self._suggest(found, hole)
            if automatic:
                await asyncio.sleep(self._settings.debounce if self._settings.debounce >= 0 else 0.15)
            try:
                found = await self._ask(hole, checker, range(1 if automatic else self._settings.candidates), facts)
                if not found and automatic and self._settings.candidates > 1:
                    # The verifiers refused the likeliest text. Another costs little: the prompt has been read.
                    found = await self._ask(hole, checker, range(1, 2), facts)
            except ModelUnavailable as error:
                self._fail(error)
                return ()
        self._cache.put(scope, hole.prefix, hole.suffix, tuple(item.text for item in found))
        return self._suggest(found, hole)

    async def _ask(self, hole: Hole, checker: Checker, seeds: range, facts: tuple[Passage, ...]) -> tuple[Checked, ...]:
        """The accepted among the model's texts, one a seed; 0 is its likeliest text, the others are drawn."""
        model = await self._open()
        checker.prepare()
        wanted = self._settings
        requests = [
            prompt.build(
                hole,
                model.description,
                facts,
                max_tokens=wanted.max_tokens,
                temperature=wanted.temperature if seed else 0.0,
                seed=seed,
            )
            for seed in seeds
        ]
        texts = await asyncio.gather(*(self._generate(model, request, hole) for request in requests))
        return await self._checked(checker, tuple(dict.fromkeys(text for text in texts if text)))

    async def _generate(self, model: Model, request: Request, hole: Hole) -> str:
        """One candidate. Where the model is cut off by time or length, what stands in whole statements."""
        raw, finish, whole = "", "", True
        try:
            async with asyncio.timeout(self._settings.timeout), contextlib.aclosing(model.stream(request)) as stream:  # type: ignore[type-var]
                async for piece in stream:
                    raw, finish = raw + piece.text, piece.finish or finish
                    if candidates.finished(raw, hole):
                        break
                else:
                    whole = finish != "length"
        except TimeoutError:
            whole = False
        text = candidates.trim(raw, hole)
        return text if whole else candidates.whole_statements(text, hole.language)

    async def _checked(self, checker: Checker, texts: Sequence[str]) -> tuple[Checked, ...]:
        return rank(await asyncio.gather(*(checker.check(text) for text in texts)))

    def _suggest(self, found: Sequence[Checked], hole: Hole) -> tuple[Suggestion, ...]:
        name = self._model.description.name if self._model is not None else ""
        return tuple(Suggestion(item.text, hole.span, Verdict(item.tools, item.not_run), name) for item in found)

    async def _open(self) -> Model:
        async with self._opening:
            if self._model is not None:
                return self._model
            if self._trouble is not None and time.monotonic() - self._trouble[0] < RETRY_SECONDS:
                raise ModelUnavailable(self._trouble[1])
            settings = self._settings
            try:
                model = await (self._opener or open_model)(settings, self._pool)
            except ModelUnavailable as error:
                self._trouble = (time.monotonic(), str(error))
                raise
            if settings is not self._settings:  # changed while it was opened: the next request opens another
                await model.close()
                raise ModelUnavailable("The settings of completion have just changed.")
            self._model, self._trouble = model, None
            return model

    def _fail(self, error: ModelUnavailable) -> None:
        log.warning("%s", error)
        self._trouble = (time.monotonic(), str(error))
        self._drop()

    def _drop(self) -> None:
        """Give the model up without waiting for its end."""
        model, self._model = self._model, None
        if model is not None:
            task = asyncio.ensure_future(model.close())
            self._background.add(task)
            task.add_done_callback(self._background.discard)
