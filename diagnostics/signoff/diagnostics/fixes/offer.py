"""Which fixes are offered for findings: the candidates that were proven, within a bounded time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.rules import candidates
from signoff.diagnostics.prove import DISPLAY, Proof, Runs, baselines, prove
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, apply_edits
from signoff.verifiers.verifier import Verifier

# A person waiting for a light bulb waits no longer than this (seconds).
BUDGET = 5.0
PROVEN_PER_FINDING = 3
TRIED_PER_FINDING = 16


@dataclass(frozen=True, slots=True)
class ProvenFix:
    """A fix that may be offered: its edits apply to exactly `version` of the finding's document.

    `behaviour` says what it changes in the hardware beyond the fault ("" where it is nothing).
    """

    title: str
    edits: tuple[Edit, ...]
    proof: Proof
    finding: Finding
    version: int
    behaviour: str = ""


class FixCache:
    """The last proofs, by all that they rest on."""

    def __init__(self, size: int = 128) -> None:
        self._size = size
        self._entries: OrderedDict[Hashable, tuple[ProvenFix, ...]] = OrderedDict()

    def get(self, key: Hashable) -> tuple[ProvenFix, ...] | None:
        """The fixes of a key, or None where they have not been sought."""
        if key in self._entries:
            self._entries.move_to_end(key)
        return self._entries.get(key)

    def put(self, key: Hashable, fixes: tuple[ProvenFix, ...]) -> None:
        """Keep the fixes of a key."""
        self._entries[key] = fixes
        while len(self._entries) > self._size:
            self._entries.popitem(last=False)


_shared = FixCache()


async def offers(
    findings: Sequence[Finding],
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    baseline: Mapping[str, Outcome] | None = None,
    *,
    cache: FixCache | None = None,
    budget: float = BUDGET,
) -> tuple[ProvenFix, ...]:
    """The proven fixes of those findings that lie in the snapshot, best first a finding, each edit once.

    What is not proven within `budget` seconds is not offered. Cancelling ends the tools' runs.
    """
    kept = _shared if cache is None else cache
    found: dict[tuple[Edit, ...], ProvenFix] = {}
    runs: Runs = {}
    try:
        async with asyncio.timeout(budget):
            known = await baselines(snapshot, project, verifiers, baseline)
            for finding in findings:
                if finding.path == snapshot.path:
                    for fix in await _of_finding(finding, snapshot, project, verifiers, known, kept, runs):
                        found.setdefault(fix.edits, fix)
    except TimeoutError:
        pass
    return tuple(found.values())


async def _of_finding(
    finding: Finding,
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    known: Mapping[str, Outcome],
    cache: FixCache,
    runs: Runs,
) -> tuple[ProvenFix, ...]:
    said = tuple((name, outcome.status, outcome.findings) for name, outcome in sorted(known.items()))
    key = (snapshot, project, finding, said)
    fixes = cache.get(key)
    if fixes is None:
        fixes = await _proven(finding, snapshot, project, verifiers, known, runs)
        cache.put(key, fixes)
    return fixes


async def _proven(
    finding: Finding,
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    known: Mapping[str, Outcome],
    runs: Runs,
) -> tuple[ProvenFix, ...]:
    proposed = await asyncio.to_thread(lambda: list(candidates(finding, snapshot, project)))
    fixes: list[ProvenFix] = []
    results: set[str] = set()
    for candidate in proposed[:TRIED_PER_FINDING]:
        result = " ".join(apply_edits(snapshot.text, candidate.edits).split())
        proof = await prove(candidate, snapshot, project, verifiers, known, runs) if result not in results else None
        if proof is not None:
            results.add(result)
            title = titled(candidate, proof)
            fixes.append(ProvenFix(title, candidate.edits, proof, finding, snapshot.version, candidate.behaviour))
        if len(fixes) == PROVEN_PER_FINDING:
            break
    # A candidate that leaves more errors than another has mended a consequence of the fault, not the fault.
    fewest = min((fix.proof.errors_left for fix in fixes), default=0)
    return tuple(fix for fix in fixes if fix.proof.errors_left == fewest)


def titled(candidate: FixCandidate, proof: Proof) -> str:
    """The order, what it changes, and the evidence: "Insert ';' (accepted by slang, Verilator)"."""
    order = f"{candidate.title}: {candidate.behaviour}" if candidate.behaviour else candidate.title
    return f"{order} (accepted by {', '.join(DISPLAY.get(name, name) for name in proof.tools)})"
