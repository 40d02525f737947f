"""All rules for GPU code, in the order in which they are tried. A new rule is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu import banks, block, bounds, checks, grid, names, shared, stride, triton
from signoff.diagnostics.fixes.gpu.ground import Ground, ground
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

GPU_RULES: tuple[Callable[[Ground], Iterable[FixCandidate]], ...] = (
    grid.propose,
    stride.propose,
    block.propose,
    shared.propose,
    bounds.propose,
    checks.propose,
    banks.propose,
    names.propose,
    triton.propose,
)


def candidates(
    finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex, known: Mapping[str, Outcome]
) -> Iterator[FixCandidate]:
    """The candidates of every rule for one finding. `known`: what the verifiers, by name, say of the snapshot."""
    place = ground(finding, snapshot, project, index, known)
    for rule in GPU_RULES:
        yield from rule(place)
