"""The plain policy that Signoff's flow is compared with: a request after each pause of 300 ms, cancelled by the next
key; nothing is kept, nothing is checked. Where a text ends is found as in Signoff's own flow."""

from __future__ import annotations

import asyncio
import contextlib

from signoff.completion import candidates, prompt
from signoff.completion.context import hole_at
from signoff.completion.model.protocol import Model
from signoff.verifiers.snapshot import Snapshot

DEBOUNCE = 0.3


class PlainPolicy:
    """One request a keystroke."""

    def __init__(self, model: Model, max_tokens: int) -> None:
        self._model = model
        self._max_tokens = max_tokens

    async def ask(self, snapshot: Snapshot, line: int, column: int) -> tuple[str, ...]:
        """See Policy."""
        await asyncio.sleep(DEBOUNCE)
        hole = hole_at(snapshot, line, column)
        if hole is None:
            return ()
        request = prompt.build(hole, self._model.description, (), max_tokens=self._max_tokens)
        raw, end = "", candidates.Ending(hole)
        async with contextlib.aclosing(self._model.stream(request)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                raw += piece.text
                if end.reached(raw):
                    break
        text = candidates.trim(raw, hole)
        return (text,) if text else ()

    def typed(self, snapshot: Snapshot, line: int) -> None:
        """Nothing is kept that could grow old."""

    def accepted(self, snapshot: Snapshot, text: str) -> None:
        """Nothing is done ahead."""
