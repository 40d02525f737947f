"""What the C kinds ask: the microcontroller, and what the unit's headers declare."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Iterable
from pathlib import Path

from signoff.completion.facts.c import CFacts
from signoff.completion.facts.questions import Looked, Wanted
from signoff.completion.structural.kind import NotKnownYet
from signoff.completion.structural.place import Place
from signoff.verifiers.declarations.facts import Declaration
from signoff.verifiers.mcu.parts.library import for_project
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.project import Project
from signoff.verifiers.workers import WorkerPool

# An entry of a vector table in a startup file, as GNU's, Arm's and IAR's assemblers have it.
_ENTRY = re.compile(r"^\s*(?:\.word|\.long|DCD)\s+(\w+)", re.MULTILINE)
_ASSEMBLER = (".s", ".S", ".asm")
LARGEST = 200_000


class CHeaders:
    """Looks names up in the headers of a document's unit."""

    def __init__(self, pool: WorkerPool) -> None:
        self._facts = CFacts(pool)

    async def look(self, place: Place, project: Project, wanted: Wanted) -> Looked:
        """What is declared of what is wanted. Raises NotKnownYet while headers are being read for the first time."""
        found = await self._facts.look(place.snapshot, project, wanted)
        if found is None:
            raise NotKnownYet
        return found

    async def settled(self) -> None:
        """Until no headers are being read."""
        await self._facts.settled()

    async def declared(self, place: Place, project: Project, names: Iterable[str]) -> dict[str, Declaration]:
        """Those of the names that the headers declare. Raises NotKnownYet as look() does."""
        return dict((await self.look(place, project, Wanted(names=tuple(names)))).names)


async def part_of(project: Project) -> Part | None:
    """The microcontroller of a project; an SVD file may have to be read for it."""
    return await asyncio.to_thread(for_project, project)


async def handlers_of(project: Project, part: Part | None) -> tuple[str, ...]:
    """The names in the image's vector table: as the startup file has them, else as the part does."""
    files = [unit.source for unit in project.image.units] if project.image is not None else []
    startup = [path for path in files if path.endswith(_ASSEMBLER)]
    names = await asyncio.to_thread(lambda: [name for path in startup for name in _entries(path)])
    told = [one.handler for one in part.interrupts if one.handler] if part is not None and part.certain else []
    return tuple(dict.fromkeys(names or told))


def _entries(path: str) -> list[str]:
    try:
        file = Path(path)
        text = file.read_bytes().decode(errors="replace") if file.stat().st_size <= LARGEST else ""
    except OSError:
        return []
    return [name for name in _ENTRY.findall(text) if name.endswith("Handler")]
