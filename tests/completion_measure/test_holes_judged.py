"""Holes are drawn where somebody judges: a judge that is wrong is kept, one that looks away is not."""

from __future__ import annotations

from pathlib import Path

import pytest

from signoff.completion.measure.holes import Region, draw, in_turn
from signoff.completion.measure.holes_judged import LOOKED_AT, draw_judged
from signoff.verifiers.finding import Finding, Outcome, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Availability, Speed

TEXT = "void f(void) {\n  seen();\n#if 0\n  hidden();\n#endif\n  disliked();\n  late();\n}\n"


class Judge:
    """It passes over what is under #if 0, and dislikes a word and that with which is tried whether it reads a place."""

    name, speed, languages = "judge", Speed.QUICK, frozenset({"c"})

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        index, found = LineIndex(snapshot.text), []
        reads = True
        for number, line in enumerate(snapshot.text.split("\n")):
            reads = line == "#endif" or (reads and line != "#if 0")
            if reads and ("disliked" in line or "_signoff_probe" in line):
                at = index.offset(number, 0)
                span = index.span(at, at + len(line))
                found.append(Finding("/a.c", span, Severity.ERROR, "Bad", f"bad: {line}", "judge"))
        return Outcome("judge", findings=tuple(found))


def region(word: str) -> Region:
    start = TEXT.index(word)
    return Region("/a.c", "c", "statement", start, TEXT.index(";", start) + 1)


async def drawn(words: list[str], count: int) -> tuple[set[str], int]:
    snapshot = Snapshot("file:///a.c", "/a.c", "c", 1, TEXT)
    found = await draw_judged([region(one) for one in words], count, 1, lambda _: snapshot, _project, [Judge()])
    return {TEXT[one.start : one.end] for one in found.regions}, found.passed_over


def _project(path: str) -> Project:
    return Project(str(Path(path).parent))


async def test_what_nobody_looks_at_is_passed_over_and_counted() -> None:
    assert await drawn(["seen", "hidden", "disliked", "late"], 9) == ({"seen();", "disliked();", "late();"}, 1)
    assert await drawn(["hidden"], 1) == (set(), 1)
    assert await drawn([], 3) == (set(), 0)


async def test_no_more_are_looked_at_than_pays(monkeypatch: pytest.MonkeyPatch) -> None:
    many = [Region("/a.c", "c", str(number), *_hidden()) for number in range(50)]
    snapshot = Snapshot("file:///a.c", "/a.c", "c", 1, TEXT)
    found = await draw_judged(many, 2, 1, lambda _: snapshot, _project, [Judge()])
    assert (found.regions, found.passed_over) == ((), 2 * LOOKED_AT)


def _hidden() -> tuple[int, int]:
    one = region("hidden")
    return one.start, one.end


def test_the_first_of_the_turn_are_those_that_are_drawn() -> None:
    rows = [Region(f"/{file}.c", "c", kind, start, start + 5) for file in "ab" for kind in "xy" for start in range(9)]
    order = list(in_turn(rows, 3))
    assert sorted(order, key=str) == sorted(rows, key=str)
    assert set(draw(rows, 7, 3)) == set(order[:7])
