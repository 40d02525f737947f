"""Candidates in C files that belong to no firmware image, before the compilers of this machine."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from signoff.completion.check import Checked, Checker
from signoff.completion.context import hole_at
from signoff.completion.runs import Runs
from signoff.verifiers.mcu.checks.part import Part
from signoff.verifiers.mcu.compile.gcc import Gcc
from signoff.verifiers.mcu.compile.guessed import GuessedC
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

pytestmark = pytest.mark.tool

PROGRAM = """#include <stdio.h>
#include <string.h>
struct point { int x, y; };
static int area(const struct point *p, int scale);
static void later(void) { level = 1; }
int main(void) {
  struct point p = {1, 2};
  char name[16] = "a";
  ¦
  return 0;
}
"""


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


async def judge(pool: WorkerPool, text: str, candidate: str, path: Path) -> Checked:
    before, _, after = text.partition("¦")
    document = Snapshot(path.as_uri(), str(path), "c", 1, before + after)
    hole = hole_at(document, before.count("\n"), len(before.rpartition("\n")[2]))
    assert hole is not None
    runs = Runs()
    mine = (Part(pool, lane="proof"), Gcc(pool, lane="proof"), GuessedC(pool))
    judged = Checker(mine, document, Project(str(path.parent)), hole, budget=120.0, runs=runs)
    try:
        return await judged.check(candidate)
    finally:
        judged.close()
        await runs.aclose()


@pytest.mark.parametrize(
    ("candidate", "accepted"),
    [
        ('printf("%d\\n", area(&p, 2));', True),
        ("name[0] = p.x;", True),
        ("if (strlen(name) > 3) {\n    p.y++;\n  }", True),
        ('printf("%d\\n", area(&p));', False),
        ('printf("%d\\n", arae(&p, 2));', False),
        ("p.z = 1;", False),
        ("p.x = q.x;", False),
        ("name = 3;", False),
        ("memcpy(name, p, 4);", False),
        ('printf("%s\\n", p.x);', False),
        ("if (p.x) {", False),
    ],
)
async def test_a_program(pool: WorkerPool, tmp_path: Path, candidate: str, accepted: bool) -> None:
    checked = await judge(pool, PROGRAM, candidate, tmp_path / "main.c")
    assert (checked.accepted and not checked.cut) is accepted, checked
    if accepted:
        assert checked.tools == ("gcc (flags guessed)",)
        assert checked.not_run == ()


@pytest.mark.parametrize("candidate", ["p.x = BOARD_WIDTH;", "p.x = level;"])
async def test_what_flags_may_explain_is_neither_accepted_nor_refused(
    pool: WorkerPool, tmp_path: Path, candidate: str
) -> None:
    """A macro that a build may define, and a name that the document uses elsewhere without knowing it."""
    checked = await judge(pool, PROGRAM, candidate, tmp_path / "main.c")
    assert (checked.tools, checked.refused) == ((), ())
    assert "flag of the build" in checked.not_run[0][1]


async def test_where_a_header_is_missing_nothing_is_said(pool: WorkerPool, tmp_path: Path) -> None:
    for candidate in ("p.x = 1;", "p.z = 1;"):
        checked = await judge(pool, f'#include "generated.h"\n{PROGRAM}', candidate, tmp_path / "main.c")
        assert (checked.tools, checked.refused) == ((), ())
        assert "generated.h: No such file" in checked.not_run[0][1]
