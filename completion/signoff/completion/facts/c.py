"""Exact context for C and C++: prototypes, structures, registers and constants of the headers that a unit includes."""

from __future__ import annotations

import re

from signoff.completion.context import Hole
from signoff.completion.facts import told
from signoff.completion.facts.declared import DeclaredFacts
from signoff.completion.passage import Passage
from signoff.verifiers.declarations.scope import Way
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.mcu.source.units import ALWAYS, is_cplusplus
from signoff.verifiers.project import CompileUnit, Image, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

# The head of a function where a handler may be meant: void USART2_
HEAD = re.compile(r"(?:__weak\s+)?void\s+([A-Za-z]\w{2}[A-Za-z0-9]*_?)\w*$")
MOST_HANDLERS, VECTORS = 12, 6.0


class CFacts(DeclaredFacts):
    """The source for C and C++ documents, of firmware or not."""

    def __init__(self, pool: WorkerPool) -> None:
        super().__init__(pool, C_LANGUAGES, _way, "c")
        self._vectors: dict[tuple[str, str], tuple[Image, tuple[str, ...]]] = {}

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        """See DeclaredFacts; with the handlers of the vector table where one's name is typed."""
        head = HEAD.match(hole.line_prefix)
        handlers = await self._handlers(project) if head is not None else ()
        fit = [name for name in handlers if head and name.startswith(head[1])][:MOST_HANDLERS]
        found = await super().gather(snapshot, project, hole)
        return (told.listed("vector table", fit, VECTORS, near=True), *found) if fit else found

    async def _handlers(self, project: Project) -> tuple[str, ...]:
        """The names in the vector table of the project's image, found out once for each state of it."""
        from signoff.completion.structural.c_facts import handlers_of, part_of

        image = project.image
        if image is None:
            return ()
        key = image.root, image.name
        if key not in self._vectors or self._vectors[key][0] != image:
            self._vectors[key] = image, await handlers_of(project, await part_of(project))
        return self._vectors[key][1]


async def _way(snapshot: Snapshot, project: Project) -> Way:
    unit = project.unit or CompileUnit(snapshot.path)
    compiler = ALWAYS if project.image is not None else ("__GNUC__=12", "__STDC__=1")
    cplusplus = ("__cplusplus=201703L",) if is_cplusplus(unit.source) or snapshot.language == "cpp" else ()
    return way_of(unit, snapshot.path, (*compiler, *cplusplus))


def way_of(unit: CompileUnit, path: str, compiler: tuple[str, ...], folders: tuple[str, ...] = ()) -> Way:
    """How headers are found; a header is read behind what its unit includes before it."""
    through = (unit.source,) if unit.source and unit.source != path else ()
    where = tuple(dict.fromkeys((*unit.include_dirs, *unit.system_include_dirs, *folders)))
    return Way(where, (*compiler, *unit.defines), unit.undefines, (*unit.forced_includes, *through))
