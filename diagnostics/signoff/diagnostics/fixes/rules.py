"""All rules, in the order in which their candidates are tried. A new rule is one file and one line here."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes import (
    blocking,
    connections,
    declare,
    ends,
    latches,
    literals,
    nets,
    punctuation,
    sensitivity,
    spelling,
)
from signoff.diagnostics.fixes.candidate import FixCandidate, Rule
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

RULES: tuple[Rule, ...] = (
    spelling.propose,
    ends.propose,
    punctuation.propose,
    nets.propose,
    connections.propose,
    declare.propose,
    sensitivity.propose,
    blocking.propose,
    latches.propose,
    literals.propose,
)


def candidates(finding: Finding, snapshot: Snapshot, project: Project) -> Iterator[FixCandidate]:
    """The candidates of every rule for one finding of the snapshot, the same edit once."""
    index = LineIndex(snapshot.text)
    seen: set[object] = set()
    for rule in RULES:
        for candidate in rule(finding, snapshot, project, index):
            if candidate.edits not in seen:
                seen.add(candidate.edits)
                yield candidate
