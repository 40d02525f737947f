"""Refactors a whole text: every place is judged by itself, and what claims to keep the behaviour is proven together."""

from __future__ import annotations

import time
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mend import Mended, here
from signoff.diagnostics.fixes.proven import ProvenFix, proven
from signoff.diagnostics.fixes.verdict import Refusal
from signoff.diagnostics.prove import Level, Proof, baselines, spliced
from signoff.diagnostics.prove_deep import strengthen
from signoff.diagnostics.refactor.offer import NOT_SHOWN, Refactor, told, unproven
from signoff.verifiers.finding import Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits, difference
from signoff.verifiers.verifier import Verifier

# A file with more such places is better changed in several steps.
ROUNDS = 200
# Seconds for the proofs of one file's edits one by one, once they could not be proven together.
SINGLY = 120.0


async def refactor(
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    provers: Sequence[Verifier],
    names: Collection[str],
    *,
    behaviour: bool = False,
) -> Mended:
    """The text after all refactorings of these names that could be proven.

    `provers` has Yosys among them. What claims to keep the behaviour and is not proven to is withheld, unless
    `behaviour` asks for it; what is made to change something is what `names` asks for. Cancelling it ends the tools.
    """
    first = _Refactoring(snapshot, project, verifiers, provers, names, behaviour)
    await first.go()
    if first.kept and not await first.prove_together():
        # Together they are not shown to keep the behaviour; each by itself may be.
        first = _Refactoring(snapshot, project, verifiers, provers, names, behaviour, singly=True)
        await first.go()
    known = await baselines(first.snapshot, first.project, verifiers, first.known)
    left = tuple(here(known, first.snapshot))
    applied, withheld = tuple(reversed(first.applied)), tuple(first.withheld)
    return Mended(first.snapshot.text, applied, withheld, left, known, first.project)


@dataclass(slots=True)
class _Refactoring:
    """A text on its way, changed from its end upwards, so that the places still to come stay where they are.

    `singly`: each edit that claims to keep the behaviour is proven to before the next one is made.
    """

    snapshot: Snapshot
    project: Project
    verifiers: Sequence[Verifier]
    provers: Sequence[Verifier]
    names: Collection[str]
    behaviour: bool
    singly: bool = False
    known: Mapping[str, Outcome] = field(default_factory=dict)
    applied: list[ProvenFix] = field(default_factory=list)
    withheld: list[ProvenFix] = field(default_factory=list)
    tried: set[object] = field(default_factory=set)
    begun: Snapshot | None = None
    ends: float = field(default_factory=lambda: time.monotonic() + SINGLY)

    @property
    def kept(self) -> tuple[ProvenFix, ...]:
        """Those applied that claim to keep the behaviour and are not proven to yet."""
        return tuple(fix for fix in self.applied if unproven(fix))

    async def go(self) -> None:
        """Apply what there is, the lowest place first."""
        self.begun = self.snapshot
        while len(self.applied) < ROUNDS and await self._step():
            pass

    async def _step(self) -> bool:
        refactor = Refactor(self.snapshot, self.project, self.verifiers, self.known, self.names)
        candidates = [one for one in await refactor.candidates(None) if _key(one) not in self.tried]
        self.known = refactor.known
        for candidate in sorted(candidates, key=lambda one: one.finding.span, reverse=True):
            self.tried.add(_key(candidate))
            fix = await refactor.judged(candidate)
            if fix is not None and await self._take(refactor, fix):
                return True
        return False

    async def _take(self, refactor: Refactor, fix: ProvenFix) -> bool:
        """Apply a refactoring, once it is proven as far as it has to be; False where it is left out."""
        if self.singly and unproven(fix):
            done = await self._proven(refactor, fix)
            if isinstance(done, Refusal):
                return False
            fix = done
            if unproven(fix) and not self.behaviour:
                self.withheld.append(fix)
                return False
        self.applied.append(fix)
        text = apply_edits(self.snapshot.text, fix.edits)
        snapshot, self.project = spliced(self.snapshot, self.project, text)
        self.snapshot = replace(snapshot, version=snapshot.version + 1)
        # The judge's tools have just read it.
        self.known = {name: said for (name, read, _), said in refactor.runs.items() if read == text}
        return True

    async def _proven(self, refactor: Refactor, fix: ProvenFix) -> ProvenFix | Refusal:
        if time.monotonic() < self.ends or fix.candidate is None:
            return await refactor.finished(fix, self.provers)
        detail = f"{fix.proof.detail}; {NOT_SHOWN}the time for the proofs of one file is over"
        return told(fix.candidate, replace(fix.proof, detail=detail), fix.version)

    async def prove_together(self) -> bool:
        """Whether all that claims to keep the behaviour is proven to by one proof; the fixes then say so."""
        kept, begun = self.kept, self.begun
        if begun is None or len(kept) < len(self.applied) or kept[0].candidate is None:
            return False
        whole = replace(kept[0].candidate, edits=(difference(begun.text, self.snapshot.text),))
        proof = await strengthen(whole, begun, self.project, kept[0].proof, self.provers)
        if not isinstance(proof, Proof) or proof.level is Level.ACCEPTED:
            return False
        self.applied = [_shared(fix, proof) for fix in self.applied]
        return True


def _shared(fix: ProvenFix, whole: Proof) -> ProvenFix:
    """A fix with what was proven of all of them at once."""
    if fix.candidate is None:
        return fix
    tools = tuple(dict.fromkeys((*fix.proof.tools, *whole.tools)))
    versions = tuple((dict(fix.proof.versions) | dict(whole.versions)).items())
    proof = replace(
        fix.proof, level=whole.level, scope=whole.scope, tools=tools, versions=versions, detail=whole.detail
    )
    return proven(fix.candidate, proof, fix.version)


def _key(candidate: FixCandidate) -> object:
    """What a place is known by, as long as only what lies below it changes."""
    span = candidate.finding.span
    return (candidate.rule, candidate.title, span.start_line, span.start_column)
