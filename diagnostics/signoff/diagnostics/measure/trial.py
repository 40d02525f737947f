"""Injected faults before the verifiers and the proposers, one after the other."""

from __future__ import annotations

import asyncio
import time
from collections import Counter
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from dataclasses import replace

from signoff.completion.judges import PARTIAL
from signoff.diagnostics.fixes.control import DeletionControl
from signoff.diagnostics.fixes.proposer import Cost, Fault, Proposer
from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.fixes.search import PROVEN_PER_FINDING, TRIED, Search
from signoff.diagnostics.fixes.verdict import NOISE
from signoff.diagnostics.measure.sameness import Compare, Same, undecided
from signoff.diagnostics.measure.tried import PROVEN, RIGHT, Repair, Trial
from signoff.diagnostics.merge import merge
from signoff.diagnostics.mutate.draw import domain
from signoff.diagnostics.mutate.mutation import Mutant
from signoff.diagnostics.mutate.reading import reading
from signoff.diagnostics.prove import Runs, wanted
from signoff.diagnostics.taxonomy import classify
from signoff.verifiers.compare import new_findings
from signoff.verifiers.finding import Category, Finding, Outcome, Severity, Span
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES
from signoff.verifiers.mcu.facts import C_LANGUAGES, LINK
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, apply_edits
from signoff.verifiers.verifier import Speed, Verifier

# A fault is looked at through so many of the findings that it brings; all that the control proves is looked at.
FINDINGS = 3
CONTROL_TRIED = 40

NONE_AT_ALL = "means the same as the clean text"
UNCLEAN = "file has errors of its own"
UNJUDGED = "no tool judges the file"
UNREAD = "no tool reads the place"
# No C-like text goes on like this: a compiler that says nothing of it has not read the line.
NO_CODE = " @@ "
PREPROCESSED = CUDA_LANGUAGES | C_LANGUAGES


class Bench:
    """Tries faults one after the other. `deep`: the slow verifiers are asked, too. `budget`: seconds for one proposer
    and finding. `judged`: only faults that a compiler, or the like, could see: in files that it judges as they are, and
    at lines that conditions do not take away. What is left out is counted in `left_out`, by the reason: among it faults
    that no verifier reports and `compare` proves to be none."""

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
        judged: bool = False,
    ) -> None:
        self._verifiers = tuple(one for one in verifiers if deep or one.speed < Speed.DEEP or one.name == LINK)
        self._project_of = project_of
        self._proposers = sorted(proposers, key=lambda one: one.cost)
        self._compare = compare
        self._budget = budget
        self._control = DeletionControl() if control else None
        self._clean: dict[str, Mapping[str, Outcome]] = {}
        # Several proposers come to the same text.
        self._compared: dict[tuple[Snapshot, str], Same] = {}
        self._judged_only = judged
        self.left_out: Counter[str] = Counter()

    async def trials(self, mutants: Sequence[Mutant], most: int | None = None) -> AsyncIterator[Trial]:
        """Each fault in its turn, as it is done; at most `most` of a language and kind, those left out not counted."""
        counts: Counter[tuple[str, Category]] = Counter()
        for mutant in mutants:
            group = (domain(mutant.clean.language), mutant.category)
            if most is not None and counts[group] >= most:
                continue
            trial = await self._trial(mutant) if await self._usable(mutant.clean) else None
            if trial is not None:
                counts[group] += 1
                yield trial

    async def _usable(self, snapshot: Snapshot) -> bool:
        """Whether faults in a file are worth anything: no verifier finds an error in it as it is."""
        if snapshot.path not in self._clean:
            self._clean[snapshot.path] = await self._outcomes(snapshot)
        outcomes = self._clean[snapshot.path]
        found = (one for outcome in outcomes.values() for one in outcome.findings)
        if any(one.severity is Severity.ERROR and one.path == snapshot.path for one in found):
            self.left_out[UNCLEAN] += 1
            return False
        if self._judged_only and not any(one.judged and name not in PARTIAL for name, one in outcomes.items()):
            self.left_out[UNJUDGED] += 1
            return False
        return True

    async def _trial(self, mutant: Mutant) -> Trial | None:
        known = await self._outcomes(mutant.faulty)
        found = self._new(mutant, known)
        if not found:
            same = Same.UNKNOWN if mutant.silent else await self._same(mutant.clean, mutant.faulty)
            if same in PROVEN or not await self._read(mutant):
                self.left_out[NONE_AT_ALL if same in PROVEN else UNREAD] += 1
                return None
            return Trial(mutant, ())
        faults = self._faults(mutant, found, known)
        runs: Runs = {}
        concerned = [one for one in self._proposers if any(map(one.concerned, faults))]
        asked = tuple(one.name for one in concerned)
        repairs = {one.name: await self._repair(one, faults, mutant, runs) for one in concerned}
        control = await self._repair(self._control, faults, mutant, runs) if self._control is not None else None
        return Trial(mutant, found, {name: one for name, one in repairs.items() if one is not None}, control, asked)

    async def _read(self, mutant: Mutant) -> bool:
        """Whether a tool reads the place of a fault; True where nobody wants to know."""
        clean = mutant.clean
        if not self._judged_only or clean.language not in PREPROCESSED:
            return True
        line = mutant.edits[0].span.start_line
        edit = Edit(Span(line, 0, line, 0), NO_CODE)
        spoilt = replace(clean, text=apply_edits(clean.text, [edit]), version=clean.version + 1)
        return bool(self._new(replace(mutant, faulty=spoilt, edits=(edit,)), await self._outcomes(spoilt)))

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
                seconds = time.perf_counter() - start
                return await self._judged(search.fixes, mutant, seconds, any_wrong=control)
        return None

    async def _judged(self, fixes: Sequence[ProvenFix], mutant: Mutant, seconds: float, *, any_wrong: bool) -> Repair:
        """The repair that the first of the fixes is. `any_wrong`: one that is not right is all that is asked for."""
        verdicts: list[Same] = []
        for one in fixes:
            verdicts.append(await self._of_fix(one, mutant))
            if any_wrong and verdicts[-1] not in RIGHT:
                break
        fix, proof = fixes[0], fixes[0].proof
        return Repair(
            fix.title,
            fix.rule,
            str(proof.level),
            proof.tools,
            seconds,
            proof.seconds,
            fix.edits,
            verdicts[0],
            tuple(verdicts[1:]),
        )

    async def _of_fix(self, fix: ProvenFix, mutant: Mutant) -> Same:
        """What is known of the text that a fix makes, beside the clean one."""
        if fix.elsewhere is not None:
            return Same.UNKNOWN
        mended = replace(mutant.faulty, text=apply_edits(mutant.faulty.text, fix.edits))
        if self._reads_alike(mended, mutant.clean):
            return Same.TEXT
        return await self._same(mutant.clean, mended)

    def _reads_alike(self, one: Snapshot, other: Snapshot) -> bool:
        project = self._project_of(one.path)
        return reading(one.text, one.language, project) == reading(other.text, other.language, project)

    async def _same(self, clean: Snapshot, other: Snapshot) -> Same:
        key = (clean, other.text)
        if key not in self._compared:
            self._compared[key] = await self._compare(clean, other, self._project(clean))
        return self._compared[key]
