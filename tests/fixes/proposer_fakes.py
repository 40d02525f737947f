"""Proposers of the tests' own making: one that says what it is told to, and hears what came of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Iterable
from dataclasses import dataclass, field
from typing import Any

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.verdict import Refusal


@dataclass
class Told:
    """Proposes what `says` gives for a fault; `heard` is what it was told of each, `ended` that it was closed."""

    says: Callable[[Fault], Iterable[Any]]
    name: str = "told"
    cost: Cost = Cost.TOOL
    heard: list[Refusal | None] = field(default_factory=list)
    asked: int = 0
    ended: bool = False

    def concerned(self, fault: Fault) -> bool:
        return True

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        self.asked += 1
        try:
            for candidate in self.says(fault):
                self.heard.append((yield candidate))
        finally:
            self.ended = True


@dataclass
class Hanging:
    """Never answers; `begun` is set once it is asked, `ended` once its work is over."""

    name: str = "hanging"
    cost: Cost = Cost.TOOL
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: asyncio.Event = field(default_factory=asyncio.Event)

    def concerned(self, fault: Fault) -> bool:
        return True

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        self.begun.set()
        try:
            await asyncio.Event().wait()
            yield FixCandidate("never", (), "", fault.finding)
        finally:
            self.ended.set()
