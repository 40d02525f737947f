"""Refactorings of open documents: judged by the quick tools when they are listed, proven when one is chosen.

Nothing here knows the protocol.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING

from signoff.verifiers.finding import Span
from signoff.verifiers.verifier import Verifier

if TYPE_CHECKING:
    # Not for the server's start.
    from signoff.diagnostics.fixes.proven import ProvenFix
    from signoff.diagnostics.fixes.verdict import Refusal
    from signoff.diagnostics.refactor.offer import Refactor
    from signoff.lsp_server.fixing import Fixing, Known

# Seconds; a person who has opened a menu waits no longer for what might be in it.
BUDGET = 5.0


class Refactoring:
    """Seeks refactorings. `judges` prove them, the quickest first; `provers` have Yosys among them.

    `fixing` ends the work on a document with its next edit.
    """

    def __init__(
        self,
        known: Known,
        fixing: Fixing,
        judges: Callable[[], Sequence[Verifier]],
        provers: Callable[[], Sequence[Verifier]],
    ) -> None:
        self._known = known
        self._fixing = fixing
        self._judges = judges
        self._provers = provers

    async def offers(self, uri: str, asked: Span) -> tuple[ProvenFix, ...]:
        """Those in a stretch of an open document that the quick tools accept, as many as are judged in time."""
        work = self._work(uri)
        if work is None:
            return ()
        found: list[ProvenFix] = []
        try:
            async with asyncio.timeout(BUDGET):
                await self._fixing.while_unchanged(uri, work.seek(asked, found))
        except TimeoutError:
            pass
        return tuple(found)

    async def finished(self, uri: str, fix: ProvenFix) -> ProvenFix | Refusal:
        """One of them with all that can be proven of it, or why it is not what it claims to be. Raises Outdated."""
        from signoff.lsp_server.fixing import Outdated

        work = self._work(uri)
        if work is None or work.snapshot.version != fix.version:
            raise Outdated
        return await self._fixing.while_unchanged(uri, work.finished(fix, self._provers()))

    def _work(self, uri: str) -> Refactor | None:
        from signoff.diagnostics.refactor.offer import Refactor

        seen = self._known.look(uri)
        return Refactor(*seen, self._judges(), self._known.baseline(uri)) if seen is not None else None
