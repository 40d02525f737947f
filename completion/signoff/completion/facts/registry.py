"""The sources of exact context, one line each."""

from __future__ import annotations

from signoff.completion.facts.c import CFacts
from signoff.completion.facts.cuda import CudaFacts
from signoff.completion.facts.hdl import HdlFacts
from signoff.completion.facts.triton import TritonFacts
from signoff.completion.passage import ContextSource
from signoff.verifiers.hdl.slang import Slang
from signoff.verifiers.workers import WorkerPool


def build(pool: WorkerPool, slang: Slang) -> tuple[ContextSource, ...]:
    """All sources; `slang` is the one that knows the design as it is."""
    return HdlFacts(slang), CudaFacts(pool), CFacts(pool), TritonFacts(pool)
