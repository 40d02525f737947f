"""All rules, in the order in which their candidates are tried. A new rule is one file and one line here."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator, Mapping

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
from signoff.diagnostics.fixes.gpu import rules as gpu
from signoff.diagnostics.fixes.mcu import rules as mcu
from signoff.diagnostics.fixes.proposer import Cost, Fault
from signoff.diagnostics.fixes.proven import RULES as NAME
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON
from signoff.verifiers.mcu.facts import C_LANGUAGES
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
# Rules whose candidates are ranked by what the project itself does: behind one that is proven, no other is asked for.
RANKED = frozenset(("includes", "corrections"))


class Rules:
    """The rules as a proposer: what is known to be wrong in such a place, and how that is put right."""

    name = NAME
    cost = Cost.FREE

    def concerned(self, fault: Fault) -> bool:
        """A rule tells itself whether it has anything to say."""
        return True

    async def propose(self, fault: Fault) -> AsyncGenerator[FixCandidate, Refusal | None]:
        """The candidates of all rules, in the order of the rules."""
        proven: set[str] = set()
        for candidate in await asyncio.to_thread(_listed, fault):
            if candidate.rule in RANKED and candidate.rule in proven:
                continue
            if (yield candidate) is None:
                proven.add(candidate.rule)


def _listed(fault: Fault) -> list[FixCandidate]:
    return list(candidates(fault.finding, fault.snapshot, fault.project, fault.known))


def candidates(
    finding: Finding, snapshot: Snapshot, project: Project, known: Mapping[str, Outcome] | None = None
) -> Iterator[FixCandidate]:
    """The candidates of every rule of the snapshot's language for one finding of it, the same edit once.

    `known` is what the verifiers, by name, say of the snapshot: rules for GPU code use the facts in it.
    """
    seen: set[object] = set()
    for candidate in _of_language(finding, snapshot, project, known or {}):
        if (candidate.edits, candidate.elsewhere) not in seen:
            seen.add((candidate.edits, candidate.elsewhere))
            yield candidate


def _of_language(
    finding: Finding, snapshot: Snapshot, project: Project, known: Mapping[str, Outcome]
) -> Iterator[FixCandidate]:
    index = LineIndex(snapshot.text)
    if snapshot.language in CUDA_LANGUAGES | {PYTHON}:
        yield from gpu.candidates(finding, snapshot, project, index, known)
        return
    if snapshot.language in C_LANGUAGES:
        yield from mcu.candidates(finding, snapshot, project, index, known)
        return
    for rule in RULES:
        yield from rule(finding, snapshot, project, index)
