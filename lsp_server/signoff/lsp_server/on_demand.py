"""What runs only when the user asks for it: compiling a whole CUDA file, having torch build an extension."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING

from signoff.verifiers.finding import Outcome, Severity

if TYPE_CHECKING:
    # Not for the server's start, which this module is part of.
    from signoff.verifiers.project import Project
    from signoff.verifiers.snapshot import Snapshot

# None: there is nothing of the kind in this document.
OnDemand = Callable[["Snapshot", "Project"], Awaitable[Outcome | None]]


async def compile_whole(snapshot: Snapshot, project: Project) -> Outcome | None:
    """nvcc -c on a CUDA document: host code and device code."""
    if snapshot.language != "cuda-cpp":
        return None
    from signoff.verifiers.gpu.compile.nvcc import compile_whole as whole

    return await whole(snapshot, project)


async def build_extension(snapshot: Snapshot, project: Project) -> Outcome | None:
    """torch's own extension builder on what a Python document gives to load_inline; only in a trusted workspace."""
    if snapshot.language != "python":
        return None
    from signoff.verifiers.gpu.strings.torch_build import build

    return await build(snapshot, project)


def verdict(outcome: Outcome, name: str) -> str:
    """How it went, in one sentence for a person."""
    if not outcome.ran:
        return f"{outcome.tool}: {outcome.message or outcome.status}"
    errors = sum(1 for finding in outcome.findings if finding.severity is Severity.ERROR)
    if errors:
        return f"{outcome.tool}: {errors} error{'s' if errors > 1 else ''} in {name}"
    if not outcome.complete:
        return f"{outcome.tool}: {name} could not be judged entirely. {outcome.notice or outcome.message}".strip()
    return f"{outcome.tool}: {name} is accepted ({outcome.seconds:.1f} s)"
