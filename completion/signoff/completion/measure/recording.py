"""A model that is counted, and that says the same again when it is asked the same."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace

from signoff.completion.model.protocol import Description, Model, Piece, Request


@dataclass(slots=True)
class Traffic:
    """What a model was asked: `requests` sent, `finished` to their end, `aborted` before it, and `pieces` written
    (about a token each)."""

    requests: int = 0
    finished: int = 0
    aborted: int = 0
    pieces: int = 0


class RecordedModel:
    """Passes requests on to `inner` and counts them; `said` are the texts that came, aborted ones as far as they came.

    `again`: an answer that was heard to its end is given again to an equal request, piece by piece at the pace at
    which it came first. Two ways of using one model are so compared on the same texts and times.
    """

    def __init__(self, inner: Model, *, again: bool = False) -> None:
        self._inner = inner
        self._again = again
        self._heard: dict[Request, tuple[tuple[float, Piece], ...]] = {}
        self.traffic = Traffic()
        self.said: list[str] = []

    @property
    def description(self) -> Description:
        """The inner model's."""
        return self._inner.description

    def forget(self) -> None:
        """Count from nothing again."""
        self.traffic, self.said = Traffic(), []

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuation, piece by piece; see Model."""
        self.traffic.requests += 1
        key = replace(request, passages=())
        known = self._heard.get(key) if self._again else None
        heard: list[tuple[float, Piece]] = []
        whole, start = False, time.perf_counter()
        pieces = self._replay(known) if known is not None else self._inner.stream(request)
        try:
            async for piece in pieces:
                heard.append((time.perf_counter() - start, piece))
                self.traffic.pieces += 1
                yield piece
            whole = True
        finally:
            self.traffic.finished += whole
            self.traffic.aborted += not whole
            self.said.append("".join(piece.text for _, piece in heard))
            if known is None and heard:
                # One that was cut off early is enough: the same trimming cuts it at the same place again.
                self._heard[key] = tuple(heard)
            close = getattr(pieces, "aclose", None)
            if close is not None:
                await close()

    async def _replay(self, known: tuple[tuple[float, Piece], ...]) -> AsyncIterator[Piece]:
        start = time.perf_counter()
        for moment, piece in known:
            await asyncio.sleep(max(0.0, moment - (time.perf_counter() - start)))
            yield piece

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; see Model."""
        return await self._inner.count_tokens(text)

    async def close(self) -> None:
        """Close the inner model."""
        await self._inner.close()
