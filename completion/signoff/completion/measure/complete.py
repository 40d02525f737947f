"""Fills holes of real files with the configured model, with checking off and on, and says how near each came."""

from __future__ import annotations

import time
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, replace

from signoff.completion.engine import CompletionEngine
from signoff.completion.measure.holes import Region
from signoff.completion.measure.judge import Judge
from signoff.completion.measure.metrics import exact, similarity
from signoff.completion.suggestion import Suggestion
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex


@dataclass(frozen=True, slots=True)
class Answer:
    """What one way of completing showed for a hole: `text` "" where it showed nothing.

    `seconds` is from the request to the answer, `checking` what of it the tools took. `broke` are the new errors of
    the file with the text in it; None: no tool could judge.
    """

    text: str
    seconds: float
    checking: float = 0.0
    tools: tuple[str, ...] = ()
    exact: bool = False
    similarity: float = 0.0
    broke: tuple[str, ...] | None = None


@dataclass(frozen=True, slots=True)
class Tried:
    """One hole, and what came of it without (`off`) and with (`on`) checking."""

    region: Region
    line: int
    truth: str
    off: Answer
    on: Answer


async def fill(
    regions: Sequence[Region],
    read: Callable[[str], Snapshot],
    project_of: Callable[[str], Project],
    off: CompletionEngine,
    on: CompletionEngine,
    judge: Judge,
    *,
    automatic: bool,
) -> AsyncIterator[Tried]:
    """Each region in its turn, as it is done. `automatic`: as while typing, else as on an explicit request."""
    for region in regions:
        snapshot, project = read(region.path), project_of(region.path)
        truth = snapshot.text[region.start : region.end]
        place = LineIndex(snapshot.text).position(region.start)
        masked = replace(snapshot, text=snapshot.text[: region.start] + snapshot.text[region.end :])
        answers = []
        for engine in (off, on):
            start = time.perf_counter()
            found = await engine.complete(masked, project, *place, automatic=automatic)
            seconds = time.perf_counter() - start
            answers.append(await _answer(found[:1], seconds, truth, snapshot, region, judge))
        yield Tried(region, place[0], truth, *answers)


async def _answer(
    found: Sequence[Suggestion], seconds: float, truth: str, snapshot: Snapshot, region: Region, judge: Judge
) -> Answer:
    if not found:
        return Answer("", seconds)
    first = found[0]
    return Answer(
        first.text,
        seconds,
        first.verdict.seconds,
        first.verdict.tools,
        exact(first.text, truth),
        similarity(first.text, truth),
        await judge.new_errors(snapshot, region, first.text),
    )
