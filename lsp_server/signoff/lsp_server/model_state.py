"""Tells the client which model is in use and how it is, whenever that changes."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeVar

if TYPE_CHECKING:
    from signoff.completion.model.protocol import ModelStatus

Result = TypeVar("Result")

NOTIFICATION = "signoff/modelStatus"
# A request that takes longer may be waiting for a model that is loaded, or slow: that is worth telling.
PATIENCE_SECONDS = 1.0
# A change of one of these is told; a latency alone changes all the time.
TOLD = ("name", "backend", "state", "note")
# Here the message says what the user has to do: another one is news.
TO_MEND = frozenset({"misconfigured", "missing"})


def model_json(status: ModelStatus) -> dict[str, Any]:
    """The status as data for a client: `state` is one of model.protocol.STATES, `latencyMilliseconds` the time to the
    first token (0: not known yet), `retrySeconds` when a server that failed is asked again by itself."""
    return {
        "name": status.name,
        "backend": status.backend,
        "ready": status.ready,
        "state": status.state or ("ready" if status.ready else "off"),
        "message": status.message,
        "note": status.note,
        "latencyMilliseconds": round(status.latency * 1000),
        "retrySeconds": round(status.retry_in, 1),
    }


class ModelState:
    """`ask` gives the present status; `tell` sends it, only where it is another than the last one told."""

    def __init__(self, ask: Callable[[], Awaitable[ModelStatus]], tell: Callable[[dict[str, Any]], None]) -> None:
        self._ask = ask
        self._tell = tell
        self._told: list[Any] = []
        self._asking = False

    async def refresh(self) -> None:
        """Look at the model, unless that is being done."""
        if self._asking:
            return
        self._asking = True
        try:
            status = model_json(await self._ask())
        finally:
            self._asking = False
        news = [status[name] for name in TOLD] + [status["message"]] * (status["state"] in TO_MEND)
        if news != self._told:
            self._told = news
            self._tell(status)

    async def follow(self, request: Awaitable[Result]) -> Result:
        """The answer to a request, looking at the model while it takes long."""
        watching = asyncio.ensure_future(self._look_often())
        try:
            return await request
        finally:
            watching.cancel()

    async def _look_often(self) -> None:
        while True:
            await asyncio.sleep(PATIENCE_SECONDS)
            await self.refresh()
