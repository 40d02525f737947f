"""Keeps the one model that the settings ask for: opened when it is needed, anew after trouble, left alone meanwhile."""

from __future__ import annotations

import asyncio
import contextlib
import logging
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any, cast

from signoff.completion.model.chat import CannotChat, Chat, Talk, chatting
from signoff.completion.model.health import SLOW_SECONDS, Health
from signoff.completion.model.protocol import (
    Description,
    Model,
    ModelChanged,
    ModelRefused,
    ModelStatus,
    ModelUnavailable,
    Piece,
    PromptTooLong,
    Request,
    ServerBusy,
    ServerUnreachable,
)
from signoff.completion.model.registry import open_model
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool

log = logging.getLogger(__name__)

# How often a server is asked whether it still serves the same model.
CHECK_SECONDS = 60.0

Opener = Callable[[CompletionSettings, WorkerPool], Awaitable[Model]]


class Keeper:
    """Use within one event loop. Models that it hands out report to its health; close() ends all it started."""

    def __init__(
        self,
        settings: CompletionSettings,
        pool: WorkerPool,
        opener: Opener = open_model,
        health: Callable[[], Health] = Health,
    ) -> None:
        self._settings = settings
        self._pool = pool
        self._opener = opener
        self._new_health = health
        self.health = self._healthy()
        # What the server has just said of a model that it listed: that it does not have it.
        self._denied: tuple[str, ModelUnavailable] | None = None
        self._model: Watched | None = None
        self._opening: asyncio.Task[Watched] | None = None
        self._checked = 0.0
        self._background: set[asyncio.Future[Any]] = set()

    async def open(self, *, automatic: bool = True) -> Model:
        """The model, opened where needed. Raises ModelUnavailable; while it is left alone at once, without asking.

        `automatic`: asked for by typing, which never disturbs a server that is backed off from.
        """
        self.health.ask(automatic)
        if self._model is None:
            return await self._open()
        if time.monotonic() - self._checked > CHECK_SECONDS:
            self._checked = time.monotonic()
            self._spawn(self._check(self._model))
        return self._model

    async def status(self) -> ModelStatus:
        """Which model is in use and how it is, or why there is none. Loads nothing, and asks no server that is down."""
        try:
            model = await self.open()
            if self.health.error is not None:
                raise self.health.error
        except ModelUnavailable as error:
            return ModelStatus(message=str(error), state=error.state, retry_in=self.health.retry_in)
        known, health = model.description, self.health
        state = "loading" if getattr(model, "loading", False) else health.state
        return ModelStatus(
            known.name, known.backend, True, _words(known, health), state, health.latency, 0.0, known.note
        )

    def configure(self, settings: CompletionSettings) -> None:
        """Take new settings; the model is opened anew with the next request, whatever was wrong before."""
        if settings != self._settings:
            self._settings = settings
            self.reset()

    def reset(self) -> None:
        """Forget the model and what was wrong with it: a key was given, a server has just been started."""
        self.health, self._denied = self._healthy(), None
        if self._opening is not None:
            self._opening.cancel()
            self._opening = None
        self._drop()

    def _healthy(self) -> Health:
        health = self._new_health()
        # What has said nothing until it is cut off is slow too.
        health.slow_after = min(SLOW_SECONDS, 0.9 * self._settings.timeout)
        return health

    async def close(self) -> None:
        """End requests, connections and the model's process."""
        self.reset()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def _open(self) -> Model:
        if self._opening is None or self._opening.done():
            self._opening = asyncio.ensure_future(self._opened(self._settings, self.health))
            self._keep(self._opening)
        opening = self._opening
        try:
            # A keystroke cancels the request, not the opening that the next one needs as well.
            return await asyncio.shield(opening)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if opening.cancelled() and not (caller and caller.cancelling()):
                raise ModelUnavailable("The settings of completion have just changed.") from None
            raise

    async def _opened(self, settings: CompletionSettings, health: Health) -> Watched:
        try:
            model = await self._opener(settings, self._pool)
            await self._believe(model)
        except ModelUnavailable as error:
            health.failed(error)
            raise
        health.opened()
        self._model, self._checked = Watched(model, health, self._failed), time.monotonic()
        return self._model

    async def _believe(self, model: Model) -> None:
        """Raises ModelRefused where the server has said a moment ago that it does not have the model it lists."""
        denied, self._denied = self._denied, None
        if denied is not None and denied[0] == model.description.name:
            await model.close()
            raise ModelRefused(f"The model server lists {denied[0]}, and refuses it. {denied[1]}")

    def _failed(self, model: Watched, error: ModelUnavailable) -> None:
        log.warning("%s", error)
        if isinstance(error, ModelChanged):
            self._denied = model.description.name, error
        if model is self._model and not isinstance(error, PromptTooLong):
            self._drop()

    async def _check(self, model: Watched) -> None:
        """Whether the server serves what it did; where it does not, the next request describes it anew."""
        with contextlib.suppress(ModelUnavailable):
            if not await model.same() and model is self._model:
                log.info("%s serves another model than before", model.description.backend)
                self._drop()

    def _drop(self) -> None:
        """Give the model up without waiting for its end."""
        model, self._model = self._model, None
        if model is not None:
            self._spawn(model.close())

    def _spawn(self, work: Any) -> None:
        self._keep(asyncio.ensure_future(work))

    def _keep(self, task: asyncio.Future[Any]) -> None:
        self._background.add(task)
        task.add_done_callback(self._background.discard)
        # Who waits for it reads its error; where nobody does, nothing is logged.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


class Watched:
    """A model whose answers are told to a Health, and whose failures end it."""

    def __init__(self, model: Model, health: Health, failed: Callable[[Watched, ModelUnavailable], None]) -> None:
        self._model = model
        self._health = health
        self._failed = failed
        # What is known of talking to it: None nothing yet, True, or why it cannot be done.
        self._chats: CannotChat | bool | None = None

    @property
    def description(self) -> Description:
        """What it is; may change when the server says more (its context's length)."""
        return self._model.description

    @property
    def loading(self) -> bool:
        """Whether it is being loaded on this machine."""
        return bool(getattr(self._model, "loading", False))

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuations, piece by piece; see Model."""
        if (prepare := getattr(self._model, "prepare", None)) is not None:
            await self._told(prepare())  # loading is no part of how fast it answers
        start, first = time.monotonic(), True
        try:
            async with contextlib.aclosing(self._model.stream(request)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    if first:
                        first = False
                        self._health.answered(time.monotonic() - start)
                    yield piece
            if first:  # an empty answer is one
                self._health.answered(time.monotonic() - start)
        except (GeneratorExit, asyncio.CancelledError):
            if first:
                self._health.silent(time.monotonic() - start)
            raise
        except ModelUnavailable as error:
            self._tell(error)
            raise

    async def answer(self, talk: Talk) -> AsyncIterator[Piece]:
        """The answer, piece by piece; see Chat. How long it takes says nothing about completions."""
        await self.chats()
        chat = cast(Chat, self._model)
        try:
            async with contextlib.aclosing(chat.answer(talk)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    yield piece
        except (ServerUnreachable, ServerBusy) as error:
            self._tell(error)
            raise

    async def chats(self) -> None:
        """Whether it can be talked to, asked once; see Chat."""
        if self._chats is None:
            try:
                await chatting(self._model)
                self._chats = True
            except CannotChat as error:
                self._chats = error
            except (ServerUnreachable, ServerBusy) as error:
                self._tell(error)
                raise
        if isinstance(self._chats, CannotChat):
            raise CannotChat(str(self._chats))

    async def _told(self, work: Awaitable[None]) -> None:
        try:
            await work
        except ModelUnavailable as error:
            self._tell(error)
            raise

    def _tell(self, error: ModelUnavailable) -> None:
        self._health.failed(error)
        self._failed(self, error)

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; None where it cannot be asked, or not now."""
        if self._health.error is not None:
            return None
        try:
            return await self._model.count_tokens(text)
        except ModelUnavailable:
            return None

    async def same(self) -> bool:
        """Whether the server still serves the model that was described. Raises ModelUnavailable."""
        check = getattr(self._model, "same", None)
        return check is None or bool(await check())

    async def close(self) -> None:
        """Give up connections and processes."""
        await self._model.close()


def _words(known: Description, health: Health) -> str:
    text = f"{known.name} ({known.backend})"
    if health.state == "slow":
        text += f" answers slowly: first token after {health.latency:.1f} s"
    return f"{text}. {known.note}" if known.note else text
