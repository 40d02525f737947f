"""What the tests of fixes for GPU code share: documents, the tools that judge them, and the first fixes for a text."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from signoff.diagnostics.fixes.offer import FixCache, ProvenFix, offers
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import baselines
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Speed, Verifier

CASES = Path(__file__).parent / "cases"
PATH = "/kernels/kernel.cu"


def document(text: str, path: str = PATH, version: int = 3) -> tuple[Snapshot, Project]:
    language = "python" if path.endswith(".py") else "cuda-cpp"
    snapshot = Snapshot(f"file://{path}", path, language, version, text)
    root = str(Path(path).parent)
    return snapshot, Project(root, declared=True, files=(path,), buffers=(snapshot,))


async def fixes_for(
    text: str, verifiers: Sequence[Verifier], path: str = PATH
) -> tuple[list[Finding], tuple[ProvenFix, ...]]:
    """The findings on a text, gravest first, and the fixes that are proven for them."""
    snapshot, project = document(text, path)
    known = await baselines(snapshot, project, verifiers)
    # A deep verifier runs on save: a proof takes what it has said, and asks it again only about that.
    known |= {one.name: await one.run(snapshot, project) for one in verifiers if one.speed is Speed.DEEP}
    merged = merge((classify(one) for outcome in known.values() for one in outcome.findings), cap=100)
    findings = sorted(merged, key=lambda one: (one.severity, one.span))
    return findings, await offers(findings, snapshot, project, verifiers, known, cache=FixCache(), budget=60)


def text_of(name: str) -> str:
    return (CASES / name).read_text(encoding="utf-8")
