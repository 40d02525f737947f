"""Mends a whole text: proven fixes are applied one after the other, in memory, until none is left."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signoff.diagnostics.fixes.confirm import confirmed, pending
from signoff.diagnostics.fixes.offer import FixCache, ProvenFix, offers
from signoff.diagnostics.fixes.proposer import Cost, Proposer
from signoff.diagnostics.fixes.proposers import PROPOSERS
from signoff.diagnostics.fixes.search import Watch
from signoff.diagnostics.merge import merge
from signoff.diagnostics.prove import Level, baselines, spliced, wanted
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex, apply_edits
from signoff.verifiers.verifier import Speed, Verifier

# Each round mends one fault; a file with more is better looked at by a person.
ROUNDS = 100
# Seconds for one fault: nobody waits in front of an editor here.
BUDGET = 60.0
# A model on this machine reads and writes for longer.
MODEL_BUDGET = 300.0


@dataclass(frozen=True, slots=True)
class Mended:
    """A text after all fixes that could be proven. `left` are the findings that remain, merged.

    `withheld` are proven fixes that were not applied, as they change the hardware beyond the fault or as the
    tools accept several with different meanings.
    `outcomes` is what the tools said about the final text. `elsewhere` are other files that fixes have edited, as they
    are then, and `project` is the document's project after all.
    """

    text: str
    applied: tuple[ProvenFix, ...]
    withheld: tuple[ProvenFix, ...]
    left: tuple[Finding, ...]
    outcomes: Mapping[str, Outcome]
    project: Project
    elsewhere: Mapping[str, str] = field(default_factory=dict)


async def mend(
    snapshot: Snapshot,
    project: Project,
    verifiers: Sequence[Verifier],
    *,
    behaviour: bool = False,
    proposers: Sequence[Proposer] = PROPOSERS,
    most: Cost = Cost.TOOL,
    codes: Collection[str] = (),
    watch: Watch | None = None,
    provers: Sequence[Verifier] = (),
    deep: bool = False,
) -> Mended:
    """Apply the best proven fix of the first fault that has one, and begin anew, until no fault has one.

    Errors come before warnings, the upper ones first. Fixes that change the hardware beyond the fault are
    applied only with `behaviour`, and one of several with different meanings never: a person must choose. Of the
    `proposers` those up to `most` are asked, the dearer ones only once the cheaper have nothing left to mend; what was
    found by trying is applied only where these were asked for. `codes`: only findings with one of these (empty: all).
    `watch` hears of every candidate that is judged.

    `provers` have Yosys among them: what claims to keep the behaviour is applied only once that is proven, and a
    testbench that a trusted project names must keep passing. With `deep` the slow ones of `verifiers` have their say on
    every fix, too.
    """
    wanted_codes = frozenset(codes)
    mending = _Mending(snapshot, project, verifiers, behaviour, proposers, most, wanted_codes, watch, provers, deep)
    while await mending.step():
        pass
    here = tuple(mending.here)
    text, applied, withheld = mending.snapshot.text, tuple(mending.applied), mending.withheld
    return Mended(text, applied, withheld, here, mending.known, mending.project, mending.elsewhere)


@dataclass(slots=True)
class _Mending:
    """A text on its way: `snapshot` and `project` are as they stand after the fixes `applied`."""

    snapshot: Snapshot
    project: Project
    verifiers: Sequence[Verifier]
    behaviour: bool
    proposers: Sequence[Proposer]
    most: Cost
    codes: frozenset[str]
    watch: Watch | None
    provers: Sequence[Verifier]
    deep: bool
    applied: list[ProvenFix] = field(default_factory=list)
    elsewhere: dict[str, str] = field(default_factory=dict)
    known: dict[str, Outcome] = field(default_factory=dict)
    here: list[Finding] = field(default_factory=list)
    withheld: tuple[ProvenFix, ...] = ()
    # What the dearer proposers have had no fix for: asking them again after each fix elsewhere would take minutes.
    hopeless: set[tuple[object, ...]] = field(default_factory=set)

    async def step(self) -> bool:
        """Apply one fix; False where there is none left, or too many were applied."""
        self.known = await baselines(self.snapshot, self.project, self.verifiers)
        if self.deep:
            self.known |= await _deep(self.snapshot, self.project, self.verifiers)
        self.here = here(self.known, self.snapshot)
        self.withheld = ()
        fix = await self._first(Cost.TOOL)
        if fix is None and not self.deep and (deep := await _deep(self.snapshot, self.project, self.verifiers)):
            # What only a slow tool sees, as the linker does: asked once nothing else is left to mend.
            self.known |= deep
            self.here = here(self.known, self.snapshot)
            fix = await self._first(Cost.TOOL)
        for cost in (Cost.MANY, Cost.MODEL):
            fix = await self._first(cost) if fix is None and cost <= self.most else fix
        if fix is None or len(self.applied) == ROUNDS:
            return False
        self._apply(fix)
        return True

    def _apply(self, fix: ProvenFix) -> None:
        self.applied.append(fix)
        if fix.elsewhere is not None:
            path, text = fix.elsewhere.path, apply_edits(fix.elsewhere.text, fix.edits)
            self.elsewhere[path] = text
            self.project = _with_file(fix.project or self.project, path, text)
            return
        text = apply_edits(self.snapshot.text, fix.edits)
        snapshot, self.project = spliced(self.snapshot, self.project, text)
        self.snapshot = replace(snapshot, version=snapshot.version + 1)

    async def _first(self, most: Cost) -> ProvenFix | None:
        """The best fix of the first finding that has one; those passed over, one a finding, are withheld."""
        withheld: list[ProvenFix] = []
        for finding in self.here:
            if finding.severity > Severity.WARNING or (self.codes and finding.code not in self.codes):
                continue
            fixes = await self._fixes(finding, most)
            free = [fix for fix in fixes if not fix.ambiguous and (self.behaviour or not fix.behaviour)]
            for fix in free:
                if (sure := await self._confirmed(fix)) is not None:
                    return sure
            withheld += [] if free else fixes if fixes and fixes[0].ambiguous else fixes[:1]
        # What only a slow tool lets see is looked for after the rest, which is then found again.
        self.withheld = tuple({(fix.edits, fix.elsewhere): fix for fix in (*self.withheld, *withheld)}.values())
        return None

    async def _confirmed(self, fix: ProvenFix) -> ProvenFix | None:
        """The fix with what slow tools and a testbench show of it; None where one of them objects."""
        line = LineIndex(self.snapshot.text).line(fix.finding.span.start_line)
        key, ground = (fix.title, line), (self.snapshot, self.project, self.provers, self.known)
        if key in self.hopeless:
            return None
        if not self.provers or not pending(fix, *ground):
            return fix
        sure = await confirmed(fix, *ground)
        if isinstance(sure, ProvenFix) and (self.behaviour or not _claims(sure)):
            return sure
        self.hopeless.add(key)
        return None

    async def _fixes(self, finding: Finding, most: Cost) -> tuple[ProvenFix, ...]:
        line = LineIndex(self.snapshot.text).line(finding.span.start_line)
        key = (most, finding.tool, finding.code, finding.message, line)
        if key in self.hopeless:
            return ()
        # The cheaper ones have been asked, and what they proved was withheld: nothing is guessed beside it.
        asked = [one for one in self.proposers if one.cost == most or most <= Cost.TOOL]
        if most > Cost.TOOL and any(fix.finding == finding for fix in self.withheld):
            return ()
        fixes = await offers(
            [finding],
            self.snapshot,
            self.project,
            self.verifiers,
            self.known,
            cache=FixCache(),
            budget=BUDGET if most < Cost.MODEL else MODEL_BUDGET,
            proposers=asked,
            most=most,
            watch=self.watch,
        )
        if most > Cost.TOOL and not fixes:
            self.hopeless.add(key)
        return fixes


def _claims(fix: ProvenFix) -> bool:
    """Whether it claims to keep the behaviour without being shown to."""
    return fix.candidate is not None and fix.candidate.keeps and fix.proof.level is Level.ACCEPTED


def here(known: Mapping[str, Outcome], snapshot: Snapshot) -> list[Finding]:
    """The findings on the document, merged, errors first."""
    found = merge((classify(one) for outcome in known.values() for one in outcome.findings), cap=1000)
    return sorted((one for one in found if one.path == snapshot.path), key=lambda one: (one.severity, one.span))


async def _deep(snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier]) -> dict[str, Outcome]:
    chosen = [one for one in wanted(verifiers, snapshot, project) if one.speed is Speed.DEEP]
    return {one.name: await one.run(snapshot, project) for one in chosen}


def _with_file(project: Project, path: str, text: str) -> Project:
    """The project with an edited file among its open documents."""
    others = tuple(one for one in project.buffers if one.path != path)
    return replace(project, buffers=(*others, Snapshot("", path, "", 0, text)))
