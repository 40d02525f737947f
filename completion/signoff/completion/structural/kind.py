"""The contract of a kind of structural completion."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Proposal
from signoff.verifiers.project import Project


class NotKnownYet(Exception):
    """What a kind needs is still being read: `found` is all that it can say now, and the next key asks again."""

    def __init__(self, found: Sequence[Proposal] = ()) -> None:
        super().__init__("facts are still being read")
        self.found = tuple(found)


class StructuralKind(Protocol):
    """One kind. An instance is shared by all documents; it keeps nothing that depends on one of them."""

    @property
    def languages(self) -> frozenset[str]:
        """LSP language ids it knows."""

    def wants(self, place: Place) -> bool:
        """Whether the text around the cursor asks for it at all. Runs at every key: no more than a look at the line."""

    async def propose(self, place: Place, project: Project) -> Sequence[Proposal]:
        """What may stand here, best first; () where there are no facts. Raises NotKnownYet where they are
        still being read, and anything else only on a fault of our own."""
