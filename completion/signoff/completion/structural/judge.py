"""Proposals before the verifiers. What is judged once holds for every key that only types on in the same word."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections import OrderedDict
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace

from signoff.completion import judges, nesting
from signoff.completion.check import LATE, Checked, Checker
from signoff.completion.context import Hole
from signoff.completion.runs import Runs
from signoff.completion.structural.gathering import alike
from signoff.completion.structural.place import Place
from signoff.completion.structural.proposal import Proposal
from signoff.completion.suggestion import Verdict
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Verifier

# Judgements kept: those of the places that somebody is just typing at.
KEPT = 64
# What a judgement may take that nobody waits for any longer; the next key finds it done.
SECONDS = 5.0
# A text is tried with less in it at most so often.
TRIES = 5
# How tools write the names that they speak of.
_QUOTED = re.compile(r"['‘`](\w+)['’]")

Judges = Callable[[], Sequence[Verifier]]


@dataclass(frozen=True, slots=True)
class Offer:
    """A proposal that may be shown, and who accepted it (nobody for a plain name that slang itself has told)."""

    proposal: Proposal
    verdict: Verdict


class NotInTime(Exception):
    """The tools have not answered yet: nothing is known, and the next key asks again."""


class Judge:
    """Runs the verifiers on proposals; runs that were not waited for go on until close()."""

    def __init__(self, verifiers: Judges) -> None:
        self._verifiers = verifiers
        self._runs = Runs()
        self._tasks: OrderedDict[object, tuple[Project, asyncio.Task[Offer | None]]] = OrderedDict()

    def start(self, place: Place, project: Project, proposal: Proposal) -> asyncio.Task[Offer | None]:
        """Judge one proposal; the task's result is None where it and all that is plainer were refused."""
        key = (place.snapshot.uri, place.before, place.after, proposal)
        others = alike(project, place.snapshot.uri)
        kept = self._tasks.pop(key, None)
        if kept is None or kept[0] != others or _failed(kept[1]):
            if kept is not None:
                kept[1].cancel()
            kept = others, asyncio.ensure_future(self._judged(place, project, proposal))
        self._tasks[key] = kept
        while len(self._tasks) > KEPT:
            self._tasks.popitem(last=False)[1][1].cancel()
        return kept[1]

    async def close(self) -> None:
        """End what is still running."""
        tasks = [task for _, task in self._tasks.values()]
        self._tasks.clear()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        self._runs.close()

    async def _judged(self, place: Place, project: Project, proposal: Proposal) -> Offer | None:
        start = time.perf_counter()
        snapshot, hole = without(place, proposal)
        project = replace(project, files=tuple(dict.fromkeys((*project.files, *proposal.files))))
        one: Proposal | None = proposal
        with contextlib.closing(
            Checker(
                self._verifiers(),
                snapshot,
                project,
                hole,
                budget=SECONDS,
                runs=self._runs,
                read=("slang",) if proposal.read else (),
                eager=hole.language not in nesting.VERILOG,
            )
        ) as checker:
            for _ in range(TRIES):
                if one is None:
                    break
                checked = await checker.check(one.checked_text)
                if _late(checked):
                    raise NotInTime
                tools = accepting(checked) if checked.text == one.checked_text else ()
                if tools:
                    return Offer(one, _verdict(checked, tools, time.perf_counter() - start))
                one = _next(one, checked)
        return None


def _late(checked: Checked) -> bool:
    """Whether nobody has judged a text whole, and one that might have has not answered."""
    if checked.tools or checked.refused:
        return False
    return any(why == LATE and name not in judges.PARTIAL for name, why in checked.not_run)


def _next(proposal: Proposal, checked: Checked) -> Proposal | None:
    """What to try where the tools refused: all but what they name, else what is plainer."""
    blamed = frozenset(name for finding in checked.refused for name in _QUOTED.findall(finding.message))
    less = proposal.without(blamed) if proposal.without is not None and blamed else None
    return less if less is not None and less.body != proposal.body else proposal.plainer


def is_late(task: asyncio.Task[Offer | None]) -> bool:
    """Whether a judgement ended without one."""
    return not task.cancelled() and isinstance(task.exception(), NotInTime)


def without(place: Place, proposal: Proposal) -> tuple[Snapshot, Hole]:
    """The document without what the proposal replaces (a word half typed is no fair ground), and the hole there."""
    text = place.snapshot.text
    prefix, suffix = text[: proposal.start], text[proposal.end :]
    line, column = LineIndex(text).position(proposal.start)
    language = place.snapshot.language
    return replace(place.snapshot, text=prefix + suffix), Hole(language, prefix, suffix, line, column, block=False)


def accepting(checked: Checked) -> tuple[str, ...]:
    """Who accepted a text whole. Where no compiler is there to judge it, those that check a part of what it says: it
    was not guessed but put together of facts, and the verdict names no more than what was judged."""
    if checked.accepted or checked.refused:
        return checked.tools if checked.accepted else ()
    return tuple(name for name, why in checked.not_run if name in judges.PARTIAL and why.endswith(judges.PARTIAL[name]))


def _verdict(checked: Checked, tools: tuple[str, ...], seconds: float) -> Verdict:
    not_run = tuple(one for one in checked.not_run if one[0] not in tools)
    return Verdict(tools, not_run, seconds, under=checked.under)


def _failed(task: asyncio.Task[Offer | None]) -> bool:
    return task.done() and (task.cancelled() or task.exception() is not None)
