"""All rules for firmware, in the order in which they are tried. A new rule is one file and one line here."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu import (
    buses,
    clock_tree,
    clocks,
    corrections,
    declarations,
    handlers,
    includes,
    isr,
    names,
    pins,
    recipe_sources,
    registers,
    shifts,
)
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

MCU_RULES: tuple[Callable[[Ground], Iterable[FixCandidate]], ...] = (
    includes.propose,
    recipe_sources.propose,
    names.propose,
    corrections.propose,
    clocks.propose,
    buses.propose,
    pins.propose,
    shifts.propose,
    clock_tree.propose,
    declarations.propose,
    handlers.propose,
    isr.propose,
    registers.propose,
)


def candidates(
    finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex, known: Mapping[str, Outcome]
) -> Iterator[FixCandidate]:
    """The candidates of every rule for one finding. `known`: what the verifiers, by name, say of the snapshot."""
    place = Ground(finding, snapshot, project, index, known)
    for rule in MCU_RULES:
        yield from rule(place)
