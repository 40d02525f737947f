"""Holes that a tool can judge at all: where the text that really stands there is either accepted or refused.

A place in a file whose headers are missing, or under a condition that nothing switches on, measures only that nobody
looks at it. Whether the true text is accepted is not asked: a judge that is wrong stays in what is measured.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace

from signoff.completion.check import Checker
from signoff.completion.context import hole_at
from signoff.completion.measure.holes import Region, in_turn
from signoff.completion.runs import Runs
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Verifier

# So many regions are looked at for each that is wanted.
LOOKED_AT = 4
SECONDS = 30.0


@dataclass(frozen=True, slots=True)
class Drawn:
    """The regions that somebody judges, in the order of draw(), and how many that nobody does were passed over."""

    regions: tuple[Region, ...]
    passed_over: int


async def draw_judged(
    found: Iterable[Region],
    count: int,
    seed: int,
    read: Callable[[str], Snapshot],
    project_of: Callable[[str], Project],
    verifiers: Sequence[Verifier],
) -> Drawn:
    """draw(), but of the regions that one of the verifiers judges; fewer than `count` where they are not found among
    the first LOOKED_AT * `count`."""
    runs, chosen, looked = Runs(), list[Region](), 0
    try:
        for region in in_turn(found, seed):
            if len(chosen) == count or looked == LOOKED_AT * count:
                break
            looked += 1
            if await judged(region, read(region.path), project_of(region.path), verifiers, runs):
                chosen.append(region)
    finally:
        await runs.aclose()
    ordered = sorted(chosen, key=lambda one: (one.language, one.kind, one.path, one.start))
    return Drawn(tuple(ordered), looked - len(chosen))


async def judged(
    region: Region, snapshot: Snapshot, project: Project, verifiers: Sequence[Verifier], runs: Runs
) -> bool:
    """Whether one of the verifiers says something of the text that stands there."""
    text = snapshot.text[: region.start] + snapshot.text[region.end :]
    masked = replace(snapshot, text=text)
    hole = hole_at(masked, *LineIndex(text).position(region.start))
    if hole is None:
        return False
    checker = Checker(verifiers, masked, project, hole, budget=SECONDS, runs=runs)
    try:
        checked = await checker.check(snapshot.text[region.start : region.end])
    finally:
        checker.close()
    return bool(checked.tools or checked.refused)
