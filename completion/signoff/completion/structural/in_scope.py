"""The names in scope at a cursor. While a word is being typed they stay the same, and are asked for once."""

from __future__ import annotations

import asyncio

from signoff.completion.structural.gathering import Gathering, alike
from signoff.completion.structural.offers import WAIT_SECONDS
from signoff.completion.structural.place import place_at
from signoff.verifiers.hdl.facts import ScopeFacts
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot


class NamesInScope:
    """Asks slang. Use within one event loop."""

    def __init__(self, slang: Slang) -> None:
        self._slang = slang
        self._asked: Gathering[ScopeFacts] = Gathering(again=True)

    async def at(
        self,
        snapshot: Snapshot,
        project: Project,
        line: int,
        column: int,
        *,
        wait: float = WAIT_SECONDS,
        era: object = None,
    ) -> ScopeFacts | None:
        """The names; none where no name can be meant. None where slang does not say so within `wait` seconds."""
        until = asyncio.get_running_loop().time() + wait
        place = place_at(snapshot, line, column)
        if snapshot.language not in self._slang.languages or not place.takes_names:
            return ScopeFacts()
        key = place.before, place.after, alike(project, snapshot.uri), era
        return await self._asked.answer(
            snapshot.uri, key, lambda: self._slang.scope(snapshot, project, line, column), until=until
        )

    async def close(self) -> None:
        """End what is under way."""
        await self._asked.close()
