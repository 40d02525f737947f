"""Exact context for C and C++: prototypes, structures, registers and constants of the headers that a unit includes."""

from __future__ import annotations

from signoff.completion.facts.declared import DeclaredFacts
from signoff.verifiers.declarations.scope import Way
from signoff.verifiers.mcu.facts import C_LANGUAGES
from signoff.verifiers.mcu.source.units import ALWAYS, is_cplusplus
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool


class CFacts(DeclaredFacts):
    """The source for C and C++ documents, of firmware or not."""

    def __init__(self, pool: WorkerPool) -> None:
        super().__init__(pool, C_LANGUAGES, _way, "c")


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
