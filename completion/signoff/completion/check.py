"""Candidates before the verifiers: spliced into the document as it stands, and judged by what is new."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import cached_property

from signoff.completion import branches, candidates, judges, nesting, probe
from signoff.completion.context import Hole
from signoff.completion.extent import unfinished
from signoff.completion.runs import Runs
from signoff.completion.splice import Splice
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.mcu.facts import GUESSED
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Speed, Verifier

# A candidate that is refused as a whole is tried again in other forms (shorter, with its semicolon) at most so often.
RETRIES = 3
BUDGET = 1.0
NOTHING = Outcome("")


@dataclass(frozen=True, slots=True)
class Checked:
    """A candidate and its judgement.

    `tools` are the verifiers that judged it, `not_run` (verifier, reason) those that did not, `refused` what they
    found that was not there before. `remaining` counts the findings in the document with it. `seconds` is wall time;
    `cut`: it is only the beginning of what the model wrote. `reason` says why it stands where it stands among others
    (see rank.py). `leaves` are warnings about it that do not refuse it: later lines may mend them. `under` says what
    was defined for it to be judged at all, where a condition leaves its place out.
    """

    text: str
    tools: tuple[str, ...] = ()
    not_run: tuple[tuple[str, str], ...] = ()
    refused: tuple[Finding, ...] = ()
    remaining: int = 0
    seconds: float = 0.0
    cut: bool = False
    reason: str = ""
    leaves: tuple[str, ...] = ()
    under: tuple[str, ...] = ()

    @property
    def accepted(self) -> bool:
        """At least one verifier judged it, and none of those that did found anything new."""
        return bool(self.text and self.tools and not self.refused)


class Checker:
    """Judges candidates for one hole; the document as it stands is checked once, for all of them.

    `budget` is in seconds a candidate, its shorter forms included. `runs` keeps what the verifiers said beyond this
    one hole (None: not). `show` as in the settings: only with "verified-first" is anything said of a text that no
    verifier accepts beyond that it is refused. `read` are verifiers known to read the place, which need not be probed.
    `eager` False: the document as it stands is checked only where a text is refused, by a tool that does one after the
    other.
    """

    def __init__(
        self,
        verifiers: Sequence[Verifier],
        snapshot: Snapshot,
        project: Project,
        hole: Hole,
        *,
        budget: float = BUDGET,
        show: str = "verified",
        runs: Runs | None = None,
        read: Collection[str] = (),
        eager: bool = True,
    ) -> None:
        mine = [row for row in verifiers if judges.concerned_with(row, snapshot, project)]
        states = [(row, row.available(project.settings)) for row in mine]
        self._off = tuple((row.name, state.reason) for row, state in states if not state.available)
        self._verifiers = [row for row, state in states if state.available]
        self._first, self._last = judges.turns(self._verifiers, hole)
        self._splice = Splice(snapshot, hole)
        self._project = project
        self._hole = hole
        self._budget = budget
        self._show = show
        self._read, self._eager = frozenset(read), eager
        self._own = runs is None
        self._runs = Runs() if runs is None else runs
        self._under: tuple[str, ...] = ()
        self._switched: Checker | None = None
        self._baselines: dict[str, asyncio.Task[Outcome]] = {}

    def prepare(self, *, soon: bool = False) -> None:
        """Begin to check the document as it stands, while the model is still writing. `soon`: it is about to end."""
        asked = _side_by_side(self._first) if soon else self._first
        left_out = [row for row in asked if self._left_out(row)]
        if left_out and (switched := self._on()) is not None:
            switched._prepare(left_out)
        self._prepare([row for row in asked if row not in left_out])

    def _prepare(self, verifiers: Sequence[Verifier]) -> None:
        for row in verifiers:
            if row.name not in self._baselines:
                task = asyncio.ensure_future(self._run(row, self._splice.snapshot, float("inf")))
                # Where the model has nothing to say nobody awaits it; read its error so that none is logged.
                task.add_done_callback(lambda done: done.cancelled() or done.exception())
                self._baselines[row.name] = task

    @property
    def under_way(self) -> tuple[asyncio.Task[Outcome], ...]:
        """The checks of the document as it stands."""
        return (*self._baselines.values(), *(self._switched.under_way if self._switched is not None else ()))

    def close(self) -> None:
        """Give up what is still running for this hole alone."""
        for task in self.under_way:
            task.cancel()
        if self._own:
            self._runs.close()

    async def check(self, text: str) -> Checked:
        """Judge `text`, or else a text near it that passes: with its semicolon, or its first whole statements."""
        start = time.monotonic()
        # A tool that still reads the file for the first time has twice the time: its headers, say.
        cold = any(not one.done() for one in self.under_way)
        deadline = start + self._budget * (2 if cold else 1)
        whole = checked = await self._judge(text, deadline)
        tries = 0
        for other in self._others(text):
            if checked.accepted or tries == RETRIES or time.monotonic() > deadline or not whole.refused:
                break
            checked, tries = await self._judge(other, deadline), tries + 1
        while not checked.accepted and tries < RETRIES and time.monotonic() < deadline:
            shorter = self._shortened(whole if not checked.refused else checked, text)
            if not shorter or not whole.refused:
                break
            checked, tries = await self._judge(shorter, deadline), tries + 1
        found = checked if checked.accepted else whole
        cut = found is not whole and text.startswith(found.text)
        return replace(found, seconds=time.monotonic() - start, cut=cut)

    def _others(self, text: str) -> Iterator[str]:
        """The text as the model may have meant it: models often end a line one character early."""
        alone = not self._hole.line_suffix.strip() and self._hole.language not in nesting.PYTHON
        if alone and text and text[-1] not in ";,({[}" and (self._hole.statement or not self._hole.block):
            yield f"{text};"

    async def _judge(self, text: str, deadline: float) -> Checked:
        if not text or not self._verifiers:
            return Checked(text, not_run=self._off)
        if unfinished(text, self._hole):
            # With the statement of the next line it may even compile: as another one than either was meant to be.
            return Checked(text, not_run=self._off, refused=(self._splice.at_end(text, UNFINISHED),))
        parts = await self._asked(self._first, text, deadline)
        checked = self._joined(text, parts)
        if self._last and not checked.tools and not checked.refused:
            parts += await self._asked(self._last, text, deadline)
            checked = self._joined(text, parts)
        return checked

    async def _asked(self, verifiers: Sequence[Verifier], text: str, deadline: float) -> list[Checked]:
        """What each of them says; where one refuses the text, what slower ones say is not waited for."""
        if self._eager:
            self._prepare(_side_by_side(verifiers))
        tasks = [asyncio.ensure_future(self._one(row, text, deadline)) for row in verifiers]
        try:
            for done in asyncio.as_completed(tasks):
                if (await done).refused:
                    break
        finally:
            for task in tasks:
                task.cancel()
            await asyncio.wait(tasks)
        return [task.result() for task in tasks if not task.cancelled() and not task.exception()]

    def _joined(self, text: str, parts: Sequence[Checked]) -> Checked:
        refused = tuple(finding for part in parts for finding in part.refused)
        under = tuple(dict.fromkeys(said for part in parts for said in part.under))
        # Checks of a part of what a text says have not looked where a condition leaves it out.
        blind = judges.PARTIAL if under else ()
        names = tuple(name for part in parts for name in part.tools if name not in blind)
        not_run = (*self._off, *(row for part in parts for row in part.not_run))
        short = [(name, judges.short_of(name, self._verifiers, self._hole)) for name in names]
        if not refused and all(why for _, why in short):
            not_run = (*not_run, *((name, f"accepts it, but {why}") for name, why in short))
            names = ()
        return Checked(
            text,
            names,
            not_run,
            refused,
            sum(part.remaining for part in parts),
            leaves=tuple(dict.fromkeys(said for part in parts for said in part.leaves)),
            under=under,
        )

    async def _one(self, row: Verifier, text: str, deadline: float) -> Checked:
        """What one verifier says of a text; where it does not read the place, what it says with its branch on."""
        switched = self._on() if self._left_out(row) else None
        if switched is not None:
            found = await switched._as_it_stands(row, text, deadline)
            if found.tools:
                return found
        found = await self._as_it_stands(row, text, deadline)
        if switched is not None or (row.name, HIDDEN) not in found.not_run or self._branch is None:
            return found
        self._runs.off[self._scene(row)] = await asyncio.to_thread(self._branch.headers)
        switched = self._on()
        return await switched._as_it_stands(row, text, deadline) if switched is not None else found

    @cached_property
    def _branch(self) -> branches.Switched | None:
        """The document with the hole's branch on; None where nothing is known to switch it on."""
        return branches.switched(self._splice.snapshot, self._hole, self._project)

    def _on(self) -> Checker | None:
        """The checker of that, once it is known what headers have to do with it."""
        if self._switched is None and self._branch is not None:
            scenes = (self._scene(row) for row in self._verifiers)
            headers = next((self._runs.off[scene] for scene in scenes if scene in self._runs.off), None)
            if headers is not None:
                from signoff.completion.switched import SwitchedChecker

                made = self._branch.having(headers)
                self._switched = SwitchedChecker(made, self, self._verifiers, runs=self._runs, eager=self._eager)
        return self._switched

    async def _doubt(
        self, row: Verifier, runs: tuple[Outcome, Outcome], fresh: tuple[Finding, ...], text: str, deadline: float
    ) -> tuple[tuple[Finding, ...], str]:
        """(those of the new findings that refuse the text, why else the verifier may say nothing of it). `runs` are
        those without and with it."""
        if row.name == GUESSED:
            return judges.certain(fresh, runs[0])
        return judges.sure(fresh, runs[0], self._hole.line) if judges.lacks(runs[1]) else (fresh, "")

    def _left_out(self, row: Verifier) -> bool:
        """Whether a condition is known to leave the place out."""
        return bool(self._runs.off) and self._scene(row) in self._runs.off

    def _scene(self, row: Verifier) -> tuple[str, str, str]:
        """What stands for the place as a verifier sees it."""
        return row.name, self._splice.snapshot.uri, "\n".join((*self._under, probe.scene(self._hole)))

    async def _as_it_stands(self, row: Verifier, text: str, deadline: float) -> Checked:
        after = await self._run(row, self._splice.with_text(text), deadline)
        if not judges.judged(row, after):
            return Checked(text, not_run=((row.name, after.message or after.status.value),))
        before = await self._before(row, after, deadline)
        if before is None:
            return Checked(text, not_run=((row.name, LATE),))
        found = self._splice.new(before, after, text)
        lines = self._splice.lines(text)
        fresh = tuple(one for one in self._refusing(found, before) if judges.about(one, text, lines))
        if fresh and self._splice.blanked is not None:
            fresh = await self._not_hidden(row, after, text, fresh, deadline)
        fresh = (*fresh, *(one for one in self._splice.unmended(before, after, text) if one not in fresh))
        fresh, doubt = await self._doubt(row, (before, after), fresh, text, deadline)
        if over := doubt * (not fresh) or judges.passed_over(row, after, self._hole, lines, bool(fresh)):
            return Checked(text, not_run=((row.name, over),))
        if not fresh and not await self._looked_at(row, text, after, deadline):
            return Checked(text, not_run=((row.name, HIDDEN),))
        named = (judges.called(row, after),)
        left = self._left(found, text)
        return Checked(text, named, (), fresh, len(after.findings), leaves=left, under=self._under)

    def _left(self, found: Sequence[Finding], text: str) -> tuple[str, ...]:
        """The warnings that stand in the text and do not refuse it, each once: a tool or two may say the same."""
        graver = (Severity.ERROR, Severity.WARNING)
        mild = [one for one in found if one.severity in graver and not judges.refuses(one, self._hole.language)]
        places = self._splice.places(mild, text)
        own = [one for one in mild if one.path == self._splice.snapshot.path]
        return tuple(dict.fromkeys(one.message for one, at in zip(own, places, strict=True) if 0 <= at < len(text)))

    def _refusing(self, found: Sequence[Finding], before: Outcome) -> tuple[Finding, ...]:
        known = judges.usual(before), judges.named(before)
        return tuple(one for one in found if judges.refuses(one, self._hole.language, *known))

    async def _before(self, row: Verifier, after: Outcome, deadline: float) -> Outcome | None:
        """What the verifier says of the document as it stands; None where it does so too late and it matters."""
        known = self._baselines.get(row.name)
        if not self._refusing(after.findings, NOTHING) and (known is None or not known.done()):
            return NOTHING  # there is nothing that could have been there before
        self._prepare([row])
        baseline = self._baselines[row.name]
        try:
            async with asyncio.timeout(max(deadline - time.monotonic(), 0.001)):
                return await asyncio.shield(baseline)
        except TimeoutError:
            return None

    async def _not_hidden(
        self, row: Verifier, after: Outcome, text: str, fresh: tuple[Finding, ...], deadline: float
    ) -> tuple[Finding, ...]:
        """Without what was there before, but hidden from the verifier by the cursor's half-written line."""
        assert self._splice.blanked is not None
        before = await self._run(row, self._splice.blanked, deadline)
        if not before.ran:
            return fresh
        still = self._splice.new(before, after, text)
        return tuple(finding for finding in fresh if finding in still)

    async def _looked_at(self, row: Verifier, text: str, after: Outcome, deadline: float) -> bool:
        """Whether the verifier reads the place at all, where a condition may hide it: by a fault put there."""
        if row.name in judges.PARTIAL or row.name in self._read or judges.tells_lines(after, self._splice.lines(text)):
            return True
        spoilt = probe.spoilt(text, self._hole, row.name)
        scene = self._scene(row)
        if not spoilt or scene in self._runs.read:
            return True
        # Errors alone tell it.
        skimmer: Verifier = getattr(row, "skimmer", None) or row
        answer = await self._run(skimmer, self._splice.with_text(spoilt), deadline)
        if not (answer.ran and probe.noticed(after, answer)):
            return False
        if not probe.of_letters(spoilt):
            self._runs.read[scene] = None
        return True

    async def _run(self, row: Verifier, snapshot: Snapshot, deadline: float) -> Outcome:
        return await self._runs.outcome(row, snapshot, self._project, deadline)

    def _shortened(self, checked: Checked, text: str) -> str:
        """The whole statements before the first new finding; else all but the last statement."""
        text = checked.text if text.startswith(checked.text) else text
        found = candidates.boundaries(text, self._hole.language)
        if self._hole.inside in (")", "]") and not found:
            found = candidates.items(text, self._hole.language)
        places = [place for place in self._splice.places(checked.refused, text) if 0 < place <= len(text)]
        limit = min(places, default=len(text))
        ends = [end for end in found if end <= limit and end < len(text)] or [end for end in found if end < len(text)]
        return text[: ends[-1]].rstrip() if ends else ""


def _side_by_side(verifiers: Sequence[Verifier]) -> list[Verifier]:
    """Those that can look at two texts at once: one that answers at once does one after the other, in its process, so
    that what it may not be asked at all would only be in the way."""
    return [row for row in verifiers if row.speed is not Speed.INSTANT]


HIDDEN = "does not judge this place: a condition leaves it out, or files are missing"
UNFINISHED = "the statement is not finished"
LATE = "gave no answer in time"
