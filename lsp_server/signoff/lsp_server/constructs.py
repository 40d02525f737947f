"""Completions without a model, for open documents: the kinds joined to the parts that know the facts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

from signoff.completion.structural import registry
from signoff.completion.structural.offers import Offers, Structural
from signoff.lsp_server.checking import enabled
from signoff.verifiers.hdl.facts import ScopeFacts
from signoff.verifiers.verifier import Verifier

if TYPE_CHECKING:
    from signoff.lsp_server.parts import Parts

# Of the judges of a document those that answer while an editor waits; a linker or a whole compilation does not.
QUICK = frozenset(("slang", "launch", "nvrtc", "triton", "part", "gcc"))


class Constructs:
    """Answers for open documents. Every answer is of the present text."""

    def __init__(self, parts: Parts) -> None:
        self._parts = parts
        self._structural = Structural(registry.build(parts.slang, parts.workspace.modules), self._judges)

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

    def _judges(self) -> Sequence[Verifier]:
        parts = self._parts
        beside = (verifier for verifier in parts.verifiers if verifier.name == "triton")
        judges = (parts.proof_slang, *parts.proof_cuda, *parts.proof_firmware, *beside)
        return tuple(one for one in judges if one.name in QUICK and enabled(one, parts.settings))
