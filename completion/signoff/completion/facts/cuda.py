"""Exact context for CUDA: signatures of kernels and device functions, types, macros, the runtime's prototypes."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace

from signoff.completion.facts.c import way_of
from signoff.completion.facts.declared import DeclaredFacts
from signoff.completion.facts.questions import Question
from signoff.verifiers.declarations.scope import Way
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, KernelCost
from signoff.verifiers.gpu.values.preprocess import ALWAYS, NEVER
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

# What nvcc includes in front of every unit.
RUNTIME = "cuda_runtime.h"


# What the compilers last said of the kernels of a document, by its uri and a kernel's bare name.
Costs = Callable[[str], Mapping[str, Iterable[KernelCost]]]


class CudaFacts(DeclaredFacts):
    """The source for CUDA documents. `costs` tells what their kernels take, as far as they were compiled."""

    def __init__(self, pool: WorkerPool, costs: Costs | None = None) -> None:
        super().__init__(pool, CUDA_LANGUAGES, _way, "cuda")
        self._costs = costs

    async def question(self, snapshot: Snapshot, project: Project, prefix: str, suffix: str) -> Question:
        """See DeclaredFacts; with what the hardware allows and the kernels take."""
        from signoff.completion.facts.gpu_limits import allowed, taken

        question = await super().question(snapshot, project, prefix, suffix)
        costs = taken(self._costs(snapshot.uri)) if self._costs is not None else ()
        return replace(question, hardware=(("", allowed(project)), *costs))


async def _way(snapshot: Snapshot, project: Project) -> Way:
    from signoff.verifiers.gpu.compile.toolkit import toolkit

    found = await asyncio.to_thread(toolkit, project.settings)
    unit = project.unit or CompileUnit(snapshot.path)
    way = way_of(unit, snapshot.path, ALWAYS, found.include_dirs or found.nvrtc.include_dirs)
    return Way(way.folders, way.defines, (*way.undefined, *NEVER), (RUNTIME, *way.forced))
