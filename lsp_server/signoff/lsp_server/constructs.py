"""Completions without a model, for open documents: the kinds joined to the parts that know the facts."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from signoff.completion.structural import registry
from signoff.completion.structural.in_scope import NamesInScope
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
        workspace = parts.workspace
        # The live slang is busy at each key; and the one that judges reads the same files next.
        slang = parts.proof_slang
        kinds = registry.build(parts.pool, slang, workspace.modules, workspace.packages, launch, self._registers)
        self._structural = Structural(kinds, lambda: parts.completion_verifiers)
        self._names = NamesInScope(parts.slang)

    async def offers(self, uri: str, place: tuple[int, int]) -> Offers:
        """Whole constructs that the tools accept at (line, column)."""
        seen = self._parts.checking.look(uri)
        if seen is None or not self._parts.settings.completion.enabled:
            return Offers()
        known = self._parts.checking.knows_surroundings(uri)
        found = await self._structural.offers(*seen, *place, era=known)
        document = self._parts.documents.get(uri)
        # What was checked on an older text says nothing about this one.
        if document is None or document.version != seen[0].version:
            return Offers(complete=False)
        return found if known else replace(found, complete=False)

    async def names(self, uri: str, place: tuple[int, int]) -> ScopeFacts | None:
        """The names in scope at (line, column), for the languages of which slang knows them; None: not yet known."""
        seen = self._parts.checking.look(uri)
        if seen is None:
            return ScopeFacts()
        return await self._names.at(*seen, *place, era=self._parts.checking.knows_surroundings(uri))

    async def close(self) -> None:
        """End what is still being asked and judged."""
        await self._names.close()
        await self._structural.close()

    def _registers(self, uri: str, kernel: str) -> int | None:
        """The most registers that a thread of a kernel takes, as a compiler said last."""
        costs = self._parts.gpu.costs(uri).of(kernel)
        return max((one.registers for one in costs), default=None) if costs else None
