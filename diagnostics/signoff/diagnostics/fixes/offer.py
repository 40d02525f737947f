"""Which fixes are offered for findings: the candidates that were proven, within a bounded time."""

from __future__ import annotations

import asyncio
from collections import OrderedDict
from collections.abc import Hashable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier

if TYPE_CHECKING:
    from signoff.diagnostics.fixes.proposer import Cost, Proposer
    from signoff.diagnostics.fixes.search import Search, Watch
    from signoff.diagnostics.prove import Runs

__all__ = ["BUDGET", "FixCache", "ProvenFix", "offers"]

# A person waiting for a light bulb waits no longer than this (seconds).
BUDGET = 5.0
# Characters; the search for fixes takes the whole text apart, and nobody mends a generated netlist by hand.
LONGEST = 2_000_000


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
    proposers: Sequence[Proposer] | None = None,
    most: Cost | None = None,
    watch: Watch | None = None,
) -> tuple[ProvenFix, ...]:
    """The proven fixes of those findings that lie in the snapshot, best first a finding, each edit once.

    `proposers` (None: all that need no model) are asked up to those that cost `most` (None: all but models). What is
    not proven within `budget` seconds is not offered. `watch` hears of every candidate that is judged. Cancelling ends
    the tools' runs.
    """
    # The rules cost a starting server more time than it has; whoever asks for a fix has that time.
    from signoff.diagnostics.fixes.proposers import PROPOSERS
    from signoff.diagnostics.prove import baselines

    here = [finding for finding in findings if finding.path == snapshot.path]
    if len(snapshot.text) > LONGEST or not here:
        return ()
    offer = _Offer(
        snapshot,
        project,
        verifiers,
        PROPOSERS if proposers is None else tuple(proposers),
        _shared if cache is None else cache,
        watch,
    )
    try:
        async with asyncio.timeout(budget):
            offer.known = await baselines(snapshot, project, verifiers, baseline)
            await offer.seek(here, most)
    except TimeoutError:
        pass
    found: dict[object, ProvenFix] = {}
    for finding in here:
        for fix in offer.fixes(finding):
            found.setdefault((fix.edits, fix.elsewhere), fix)
    return tuple(found.values())


@dataclass(slots=True)
class _Offer:
    """The search for fixes in one state of a document. `runs` spares running a tool twice on one text."""

    snapshot: Snapshot
    project: Project
    verifiers: Sequence[Verifier]
    proposers: tuple[Proposer, ...]
    cache: FixCache
    watch: Watch | None
    known: Mapping[str, Outcome] = field(default_factory=dict)
    runs: Runs = field(default_factory=dict)
    searches: dict[Finding, Search] = field(default_factory=dict)
    found: dict[Finding, tuple[ProvenFix, ...]] = field(default_factory=dict)

    def fixes(self, finding: Finding) -> tuple[ProvenFix, ...]:
        """What is known of one finding, also where the search was cut off."""
        if finding in self.found:
            return self.found[finding]
        return self.searches[finding].fixes if finding in self.searches else ()

    async def seek(self, findings: Sequence[Finding], most: Cost | None) -> None:
        """The proven fixes of the findings, from the cache where all that they rest on is the same.

        Those who propose few are asked of every finding before those who try many are asked of any.
        """
        from signoff.diagnostics.fixes.proposer import Cost

        last = Cost.MANY if most is None else most
        asked = list(dict.fromkeys(findings))
        for finding in asked:
            # Who was asked for more has been asked for this as well.
            for cost in sorted({last, Cost.MANY}, reverse=True):
                if cost >= last and (kept := self.cache.get(self._key(finding, cost))) is not None:
                    self.found[finding] = kept
        for least, limit in ((Cost.FREE, Cost.TOOL), (Cost.MANY, Cost.MANY), (Cost.MODEL, Cost.MODEL)):
            for finding in asked:
                if finding not in self.found and least <= last:
                    await self._search(finding).ask(self.proposers, least=least, most=min(limit, last))
        for finding in asked:
            if finding not in self.found:
                self.found[finding] = self.searches[finding].fixes
                self.cache.put(self._key(finding, last), self.found[finding])

    def _search(self, finding: Finding) -> Search:
        from signoff.diagnostics.fixes.proposer import Fault
        from signoff.diagnostics.fixes.search import Search

        if finding not in self.searches:
            fault = Fault(finding, self.snapshot, self.project, self.known)
            self.searches[finding] = Search(fault, self.verifiers, self.runs, self.watch)
        return self.searches[finding]

    def _key(self, finding: Finding, most: Cost) -> Hashable:
        said = tuple((name, outcome.status, outcome.findings) for name, outcome in sorted(self.known.items()))
        asked = tuple((one.name, id(one)) for one in self.proposers)
        return (self.snapshot, self.project, finding, said, asked, most)
