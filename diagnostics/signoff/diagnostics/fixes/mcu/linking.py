"""The linker's say in a fix that calls or defines a name: what is declared need not be in the image."""

from __future__ import annotations

import asyncio

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier

# Seconds: an image that was linked before is linked again in a fraction of one. Another is not waited for.
PATIENCE = 3.0


async def judged(
    candidate: FixCandidate, linker: Verifier | None, mended: tuple[Snapshot, Project], before: Outcome | None
) -> Refusal | bool:
    """Whether the linker accepts the image with the mended text; a Refusal where it misses what the edit names.

    False where it cannot tell: it is not here, the image is large and was never linked, or fails for another reason.
    """
    if linker is None or not candidate.links:
        return False
    try:
        after = await asyncio.wait_for(linker.run(*mended), PATIENCE)
    except TimeoutError:
        return False
    if not after.ran:
        return False
    known = before.findings if before is not None and before.judged else ()
    for one in after.findings:
        if one.severity is Severity.ERROR and _concerns(one, candidate) and not _was_there(one, known):
            return Refusal(f"{one.tool} would report {one.code}: {one.message}")
    return after.judged and not any(one.severity is Severity.ERROR for one in after.findings)


def _concerns(finding: Finding, candidate: FixCandidate) -> bool:
    return dict(finding.data).get("name") in candidate.links


def _was_there(finding: Finding, known: tuple[Finding, ...]) -> bool:
    name = dict(finding.data).get("name")
    return any(one.code == finding.code and dict(one.data).get("name") == name for one in known)
