"""Exact context for CUDA: signatures of kernels and device functions, types, macros, the runtime's prototypes."""

from __future__ import annotations

import asyncio

from signoff.completion.facts.c import way_of
from signoff.completion.facts.declared import DeclaredFacts
from signoff.verifiers.declarations.scope import Way
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES
from signoff.verifiers.gpu.values.preprocess import ALWAYS, NEVER
from signoff.verifiers.project import CompileUnit, Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

# What nvcc includes in front of every unit.
RUNTIME = "cuda_runtime.h"


class CudaFacts(DeclaredFacts):
    """The source for CUDA documents."""

    def __init__(self, pool: WorkerPool) -> None:
        super().__init__(pool, CUDA_LANGUAGES, _way, "cuda")


async def _way(snapshot: Snapshot, project: Project) -> Way:
    from signoff.verifiers.gpu.compile.toolkit import toolkit

    found = await asyncio.to_thread(toolkit, project.settings)
    unit = project.unit or CompileUnit(snapshot.path)
    way = way_of(unit, snapshot.path, ALWAYS, found.include_dirs or found.nvrtc.include_dirs)
    return Way(way.folders, way.defines, (*way.undefined, *NEVER), (RUNTIME, *way.forced))
