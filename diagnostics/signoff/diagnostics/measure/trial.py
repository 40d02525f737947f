"""One injected fault before the verifiers and the proposers: what was said of it, and what was made of it."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace

from signoff.diagnostics.fixes.control import DeletionControl
from signoff.diagnostics.fixes.proposer import Cost, Fault, Proposer
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.fixes.search import PROVEN_PER_FINDING, TRIED, Search
from signoff.diagnostics.fixes.verdict import NOISE
from signoff.diagnostics.merge import merge
from signoff.diagnostics.mutate.mutation import Mutant
from signoff.diagnostics.mutate.reading import reading
from signoff.diagnostics.prove import Runs, wanted
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.compare import new_findings
from signoff.verifiers.finding import Finding, Outcome
from signoff.verifiers.mcu.facts import LINK
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import apply_edits
from signoff.verifiers.verifier import Speed, Verifier

# A fault is looked at through so many of the findings that it brings; all that the control proves is looked at.
FINDINGS = 3
CONTROL_TRIED = 40
NEAR_LINES = 1

# Whether two texts of one document mean the same: True and False where that was proven, None where nobody can tell.
Compare = Callable[[Snapshot, Snapshot, Project], Awaitable[bool | None]]


async def undecided(_: Snapshot, __: Snapshot, ___: Project) -> bool | None:
    """The comparison where there is no tool for it."""
    return None


@dataclass(frozen=True, slots=True)
class Repair:
    """The fix that one proposer would have offered first. `right`: the mended text is the clean one apart from blanks
    and comments, or means the same; False where it is proven to mean something else, None where no tool can tell.

    `how` tells the two apart: "text" or "equivalence". `seconds` is the wall time of the search.
    `others` says the same of the fixes that would have been offered beside it.
    """

    title: str
    rule: str
    level: str
    tools: tuple[str, ...]
    seconds: float
    right: bool | None = None
    how: str = ""
    others: tuple[bool | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Trial:
    """One fault and what came of it. `found`: what is newly reported, merged, the gravest first, those of the document
    before others. `repairs`: by proposer, only where a fix was proven. `control`: what got through of the deletions."""

    mutant: Mutant
    found: tuple[Finding, ...]
    repairs: dict[str, Repair] = field(default_factory=dict)
    control: Repair | None = None
    asked: tuple[str, ...] = ()

    @property
    def detected(self) -> bool:
        """Whether any verifier reports something new."""
        return bool(self.found)

    @property
    def classified(self) -> bool:
        """Whether the first finding is of the fault's kind."""
        return self.detected and self.found[0].category is self.mutant.category

    @property
    def located(self) -> bool:
        """Whether the first finding is at most a line away from the fault."""
        return self.detected and _near(self.found[0], self.mutant)

    @property
    def located_by_any(self) -> bool:
        """Whether one of the findings is."""
        return any(_near(one, self.mutant) for one in self.found)

    @property
    def offered(self) -> Repair | None:
        """The repair of the first proposer, in the order in which they are asked, that has one."""
        return next((self.repairs[name] for name in self.asked if name in self.repairs), None)


def _near(finding: Finding, mutant: Mutant) -> bool:
    if finding.path != mutant.faulty.path:
        return False
    return any(abs(finding.span.start_line - line) <= NEAR_LINES for line in mutant.lines)


class Bench:
    """Tries faults one after the other. `deep`: the slow verifiers are asked, too. `budget`: seconds for one proposer
    and finding. Faults that no verifier reports and that `compare` proves to be none are left out, and counted in
    `dropped`."""

    def __init__(
        self,
        verifiers: Sequence[Verifier],
        project_of: Callable[[str], Project],
        proposers: Sequence[Proposer],
        compare: Compare = undecided,
        *,
        deep: bool = False,
        budget: float = 20.0,
        control: bool = True,
    ) -> None:
        self._verifiers = tuple(one for one in verifiers if deep or one.speed < Speed.DEEP or one.name == LINK)
        self._project_of = project_of
        self._proposers = sorted(proposers, key=lambda one: one.cost)
        self._compare = compare
        self._budget = budget
        self._control = DeletionControl() if control else None
        self._clean: dict[str, Mapping[str, Outcome]] = {}
        self.dropped = 0

    async def trials(self, mutants: Sequence[Mutant]) -> AsyncIterator[Trial]:
        """Each fault in its turn, as it is done; those that are none are left out."""
        for mutant in mutants:
            trial = await self._trial(mutant)
            if trial is None:
                self.dropped += 1
            else:
                yield trial

    async def _trial(self, mutant: Mutant) -> Trial | None:
        path = mutant.clean.path
        if path not in self._clean:
            self._clean[path] = await self._outcomes(mutant.clean)
        known = await self._outcomes(mutant.faulty)
        found = self._new(mutant, known)
        asked = tuple(one.name for one in self._proposers)
        if not found:
            same = None if mutant.silent else await self._same(mutant.clean, mutant.faulty)
            return None if same else Trial(mutant, (), asked=asked)
        faults = self._faults(mutant, found, known)
        runs: Runs = {}
        repairs = {one.name: await self._repair(one, faults, mutant, runs) for one in self._proposers}
        control = await self._repair(self._control, faults, mutant, runs) if self._control is not None else None
        return Trial(mutant, found, {name: one for name, one in repairs.items() if one is not None}, control, asked)

    def _project(self, snapshot: Snapshot) -> Project:
        project = self._project_of(snapshot.path)
        others = tuple(one for one in project.buffers if one.path != snapshot.path)
        return replace(project, buffers=(*others, snapshot))

    async def _outcomes(self, snapshot: Snapshot) -> Mapping[str, Outcome]:
        project = self._project(snapshot)
        chosen = wanted(self._verifiers, snapshot, project)
        outcomes = await asyncio.gather(*(one.run(snapshot, project) for one in chosen))
        return {one.name: outcome for one, outcome in zip(chosen, outcomes, strict=True)}

    def _new(self, mutant: Mutant, known: Mapping[str, Outcome]) -> tuple[Finding, ...]:
        """What is said of the faulty text and was not of the clean one; merged, and sorted."""
        clean, path = self._clean[mutant.clean.path], mutant.clean.path
        fresh: list[Finding] = []
        for name, after in known.items():
            before = clean.get(name)
            if before is not None and before.ran and after.ran:
                fresh += new_findings(before.findings, after.findings, mutant.edits, mutant.clean.text, path=path)
        told = merge((classify(one) for one in fresh if not one.code.startswith(NOISE)), cap=1000)
        return tuple(sorted(told, key=lambda one: (one.path != path, one.severity, one.span)))

    def _faults(self, mutant: Mutant, found: Sequence[Finding], known: Mapping[str, Outcome]) -> list[Fault]:
        project = self._project(mutant.faulty)
        here = [one for one in found if one.path == mutant.faulty.path]
        return [Fault(one, mutant.faulty, project, known) for one in here[:FINDINGS]]

    async def _repair(self, proposer: Proposer, faults: Sequence[Fault], mutant: Mutant, runs: Runs) -> Repair | None:
        """What a proposer has for the first of the findings for which it has anything."""
        control = proposer is self._control
        tried = dict.fromkeys(Cost, CONTROL_TRIED) if control else TRIED
        for fault in faults:
            start = time.perf_counter()
            enough = CONTROL_TRIED if control else PROVEN_PER_FINDING
            search = Search(fault, self._verifiers, runs, tried=tried, enough=enough)
            try:
                async with asyncio.timeout(self._budget):
                    await search.ask([proposer], most=Cost.MODEL)
            except TimeoutError:
                pass
            if search.fixes:
                return await self._judged(search.fixes, mutant, time.perf_counter() - start)
        return None

    async def _judged(self, fixes: Sequence[ProvenFix], mutant: Mutant, seconds: float) -> Repair:
        verdicts = [await self._right(fix, mutant) for fix in fixes]
        first, (right, how) = fixes[0], verdicts[0]
        others = tuple(one for one, _ in verdicts[1:])
        level = str(first.proof.level)
        return Repair(first.title, first.rule, level, first.proof.tools, seconds, right, how, others)

    async def _right(self, fix: ProvenFix, mutant: Mutant) -> tuple[bool | None, str]:
        if fix.elsewhere is not None:
            return None, ""
        mended = replace(mutant.faulty, text=apply_edits(mutant.faulty.text, fix.edits))
        if self._reads_alike(mended, mutant.clean):
            return True, "text"
        verdict = await self._same(mutant.clean, mended)
        return verdict, "" if verdict is None else "equivalence"

    def _reads_alike(self, one: Snapshot, other: Snapshot) -> bool:
        project = self._project_of(one.path)
        return reading(one.text, one.language, project) == reading(other.text, other.language, project)

    async def _same(self, clean: Snapshot, other: Snapshot) -> bool | None:
        return await self._compare(clean, other, self._project(clean))
