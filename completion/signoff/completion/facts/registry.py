"""The sources of exact context, one line each."""

from __future__ import annotations

from signoff.completion.facts.c import CFacts
from signoff.completion.facts.cuda import Costs, CudaFacts
from signoff.completion.facts.hdl import HdlFacts
from signoff.completion.facts.triton import TritonFacts
from signoff.completion.passage import ContextSource
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.workers import WorkerPool


def build(pool: WorkerPool, slang: Slang, costs: Costs | None = None) -> tuple[ContextSource, ...]:
    """All sources; `slang` is the one that knows the design as it is, `costs` what CUDA kernels were found to take."""
    return HdlFacts(slang), CudaFacts(pool, costs), CFacts(pool), TritonFacts(pool)
