"""Completions without a model, for open documents: the kinds joined to the parts that know the facts."""

from __future__ import annotations

from typing import TYPE_CHECKING

from signoff.completion.structural import registry
from signoff.completion.structural.offers import Offers, Structural
from signoff.verifiers.gpu.checks.launch import Launch
from signoff.verifiers.hdl.facts import ScopeFacts

if TYPE_CHECKING:
    from signoff.lsp_server.parts import Parts


class Constructs:
    """Answers for open documents. Every answer is of the present text."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        launch = next(one for one in parts.verifiers if isinstance(one, Launch))
        kinds = registry.build(parts.pool, parts.slang, parts.workspace.modules, launch, self._registers)
        self._structural = Structural(kinds, lambda: parts.completion_verifiers)

    async def offers(self, uri: str, place: tuple[int, int]) -> Offers:
        """Whole constructs that the tools accept at (line, column)."""
        seen = self._parts.checking.look(uri)
        if seen is None or not self._parts.settings.completion.enabled:
            return Offers()
        found = await self._structural.offers(*seen, *place)
        document = self._parts.documents.get(uri)
        # What was checked on an older text says nothing about this one.
        return found if document is not None and document.version == seen[0].version else Offers(complete=False)

    async def names(self, uri: str, place: tuple[int, int]) -> ScopeFacts:
        """The names in scope at (line, column), for the languages of which slang knows them."""
        seen = self._parts.checking.look(uri)
        if seen is None or seen[0].language not in self._parts.slang.languages:
            return ScopeFacts()
        return await self._parts.slang.scope(*seen, *place)

    async def close(self) -> None:
        """End what is still being judged."""
        await self._structural.close()

    def _registers(self, uri: str, kernel: str) -> int | None:
        """The most registers that a thread of a kernel takes, as a compiler said last."""
        costs = self._parts.gpu.costs(uri).of(kernel)
        return max((one.registers for one in costs), default=None) if costs else None
