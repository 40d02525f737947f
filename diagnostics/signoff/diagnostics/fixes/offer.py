"""Which fixes are offered for findings: the candidates that were proven, within a bounded time."""

from __future__ import annotations

import asyncio
from collections import Counter, OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING

from signoff.verifiers.display import display
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, apply_edits
from signoff.verifiers.verifier import Verifier

if TYPE_CHECKING:
    from signoff.diagnostics.fixes.candidate import Elsewhere, FixCandidate
    from signoff.diagnostics.prove import Proof, Runs

# A person waiting for a light bulb waits no longer than this (seconds).
BUDGET = 5.0
PROVEN_PER_FINDING = 3
# Rules whose candidates for one fault mean different things; the others' differ in layout, or all are right.
GUESSING = frozenset(
    ("declare", "punctuation", "spelling", "names", "clock_tree", "handlers", "pins", "recipe_sources")
)
# Rules whose candidates are ranked by what the project itself does: behind one that is proven, no other is asked for.
RANKED = frozenset(("includes", "corrections"))
# Characters; the search for fixes takes the whole text apart, and nobody mends a generated netlist by hand.
LONGEST = 2_000_000
TRIED_PER_FINDING = 16


@dataclass(frozen=True, slots=True)
class ProvenFix:
    """A fix that may be offered: its edits apply to exactly `version` of the finding's document.

    `behaviour` says what it changes in the hardware beyond the fault ("" where it is nothing). `ambiguous`:
    the tools accept another one of the same kind, too, and nothing but a person's knowledge decides. One of another
    file than the finding's names it as `elsewhere`: its edits apply to exactly the text that it says, and `project` is
    the project after them.
    """

    title: str
    edits: tuple[Edit, ...]
    proof: Proof
    finding: Finding
    version: int
    behaviour: str = ""
    rule: str = ""
    ambiguous: bool = False
    elsewhere: Elsewhere | None = None
    project: Project | None = None


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
    # The rules cost a starting server more time than it has; whoever asks for a fix has that time.
    from signoff.diagnostics.prove import baselines

    found: dict[object, ProvenFix] = {}
    if len(snapshot.text) > LONGEST:
        return ()
    try:
        async with asyncio.timeout(budget):
            known = await baselines(snapshot, project, verifiers, baseline)
            search = _Search(snapshot, project, verifiers, known, _shared if cache is None else cache)
            for finding in findings:
                if finding.path == snapshot.path:
                    for fix in await search.fixes(finding):
                        found.setdefault((fix.edits, fix.elsewhere), fix)
    except TimeoutError:
        pass
    return tuple(found.values())


@dataclass(frozen=True, slots=True)
class _Search:
    """The search for fixes in one state of a document. `runs` spares running a tool twice on one text."""

    snapshot: Snapshot
    project: Project
    verifiers: Sequence[Verifier]
    known: Mapping[str, Outcome]
    cache: FixCache
    runs: Runs = field(default_factory=dict)

    async def fixes(self, finding: Finding) -> tuple[ProvenFix, ...]:
        """The proven fixes of one finding, from the cache where all that they rest on is the same."""
        said = tuple((name, outcome.status, outcome.findings) for name, outcome in sorted(self.known.items()))
        key = (self.snapshot, self.project, finding, said)
        fixes = self.cache.get(key)
        if fixes is None:
            fixes = await self._proven(finding)
            self.cache.put(key, fixes)
        return fixes

    async def _proven(self, finding: Finding) -> tuple[ProvenFix, ...]:
        from signoff.diagnostics.fixes.rules import candidates

        proposed = await asyncio.to_thread(lambda: list(candidates(finding, self.snapshot, self.project, self.known)))
        fixes: dict[str, ProvenFix] = {}
        for candidate in proposed[:TRIED_PER_FINDING]:
            if candidate.rule in RANKED and any(fix.rule == candidate.rule for fix in fixes.values()):
                continue
            result = _result(candidate, self.snapshot)
            if result not in fixes and (fix := await self._prove(candidate)) is not None:
                fixes[result] = fix
            if len(fixes) == PROVEN_PER_FINDING:
                break
        # A candidate that leaves more errors than another has mended a consequence of the fault, not the fault.
        fewest = min((fix.proof.errors_left for fix in fixes.values()), default=0)
        kept = [fix for fix in fixes.values() if fix.proof.errors_left == fewest]
        counts = Counter(fix.rule for fix in kept if fix.rule in GUESSING)
        return tuple(replace(fix, ambiguous=counts[fix.rule] > 1) for fix in kept)

    async def _prove(self, candidate: FixCandidate) -> ProvenFix | None:
        from signoff.diagnostics.prove import prove

        proof = await prove(candidate, self.snapshot, self.project, self.verifiers, self.known, self.runs)
        if proof is None:
            return None
        title, version = titled(candidate, proof), self.snapshot.version
        fix = ProvenFix(title, candidate.edits, proof, candidate.finding, version, candidate.behaviour, candidate.rule)
        return replace(fix, elsewhere=candidate.elsewhere, project=candidate.project)


def _result(candidate: FixCandidate, snapshot: Snapshot) -> str:
    """The text after the edits; two places for a line that differ in blanks only are one fix."""
    text = snapshot.text if candidate.elsewhere is None else candidate.elsewhere.text
    return " ".join(apply_edits(text, candidate.edits).split())


def titled(candidate: FixCandidate, proof: Proof) -> str:
    """The order, what it changes, and the evidence: "Insert ';' (accepted by slang, Verilator)"."""
    order = f"{candidate.title}: {candidate.behaviour}" if candidate.behaviour else candidate.title
    return f"{order} (accepted by {', '.join(display(name) for name in proof.tools)})"
