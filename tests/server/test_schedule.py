"""Invariants 2 and 3: only the newest version is published, and a verifier that fails silences no other."""

from __future__ import annotations

import asyncio
import random
from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest

from signoff.diagnostics.schedule import Pauses, Run, Schedule
from signoff.diagnostics.store import Store
from signoff.verifiers.finding import Finding, Outcome, Severity, Span, Status
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Availability, Speed

URI, PATH = "file:///d/a.v", "/d/a.v"


def finding(line: int, tool: str, severity: Severity = Severity.WARNING, code: str = "CODE") -> Finding:
    return Finding(PATH, Span(line, 0, line, 3), severity, code, f"{code} at {line}", tool)


class FakeVerifier:
    """A verifier whose run is given; it records what it was asked and whether it was cancelled."""

    def __init__(self, name: str, speed: Speed, run: Callable[[Snapshot], Awaitable[Outcome]] | None = None) -> None:
        self.name, self.speed = name, speed
        self.languages = frozenset({"verilog"})
        self.asked: list[int] = []
        self.cancelled: list[int] = []
        self._run = run

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        self.asked.append(snapshot.version)
        try:
            if self._run is not None:
                return await self._run(snapshot)
            # One finding a line that says "fault": what the newest text deserves is known exactly.
            lines = [i for i, line in enumerate(snapshot.text.split("\n")) if "fault" in line]
            return Outcome(self.name, findings=tuple(finding(line, self.name) for line in lines))
        except asyncio.CancelledError:
            self.cancelled.append(snapshot.version)
            raise


class Desk:
    """One document under a schedule."""

    def __init__(self, *verifiers: FakeVerifier, pauses: Pauses | None = None) -> None:
        self.snapshot = Snapshot(URI, PATH, "verilog", 1, "")
        self.runs: list[Run] = []
        self.stale: list[int] = []
        self.schedule = Schedule(verifiers, self.look, self.take, pauses or Pauses(quick=0.01, deep=0.02))

    def look(self, uri: str) -> tuple[Snapshot, Project] | None:
        return self.snapshot, Project("/d")

    def take(self, run: Run) -> None:
        self.runs.append(run)

    def type(self, text: str) -> None:
        self.snapshot = replace(self.snapshot, version=self.snapshot.version + 1, text=text)
        self.schedule.changed(URI)


async def hang(snapshot: Snapshot) -> Outcome:
    await asyncio.sleep(3600)
    raise AssertionError


async def crash(snapshot: Snapshot) -> Outcome:
    return Outcome("crasher", Status.CRASHED, message="it crashed")


async def fail(snapshot: Snapshot) -> Outcome:
    raise ZeroDivisionError("ours")


async def gone(snapshot: Snapshot) -> Outcome:
    return Outcome("missing", Status.MISSING, message="not installed")


async def test_a_verifier_that_hangs_crashes_raises_or_is_missing_silences_no_other() -> None:
    broken = [
        FakeVerifier("hanger", Speed.QUICK, hang),
        FakeVerifier("crasher", Speed.QUICK, crash),
        FakeVerifier("raiser", Speed.INSTANT, fail),
        FakeVerifier("missing", Speed.DEEP, gone),
    ]
    good = [FakeVerifier("slang", Speed.INSTANT), FakeVerifier("verilator", Speed.QUICK), FakeVerifier("y", Speed.DEEP)]
    desk = Desk(*broken, *good)
    desk.type("fault")
    async with asyncio.timeout(5):
        while len(desk.runs) < 6:  # noqa: ASYNC110 - the hanging verifier keeps the schedule from ever being idle
            await asyncio.sleep(0.01)
    await desk.schedule.close()
    outcomes = {run.verifier.name: run.outcome for run in desk.runs}
    assert all(len(outcomes[name].findings) == 1 for name in ("slang", "verilator", "y"))
    assert outcomes["crasher"].status is Status.CRASHED and outcomes["missing"].status is Status.MISSING
    assert outcomes["raiser"].status is Status.CRASHED and "ZeroDivisionError" in outcomes["raiser"].message
    assert broken[0].cancelled == [2]


async def test_a_newer_version_cancels_the_older_run_of_a_slow_verifier() -> None:
    slow = FakeVerifier("verilator", Speed.QUICK, hang)
    desk = Desk(slow)
    desk.type("one")
    await asyncio.sleep(0.05)
    desk.type("two")
    await asyncio.sleep(0.05)
    assert slow.asked == [2, 3] and slow.cancelled == [2]
    await desk.schedule.close()
    assert slow.cancelled == [2, 3]


async def test_of_many_quick_edits_an_instant_verifier_sees_the_last() -> None:
    async def take_5_ms(snapshot: Snapshot) -> Outcome:
        await asyncio.sleep(0.005)
        return Outcome("slang", findings=(finding(snapshot.version, "slang"),))

    instant = FakeVerifier("slang", Speed.INSTANT, take_5_ms)
    desk = Desk(instant)
    for number in range(200):
        desk.type(f"text {number}")
        if number % 10 == 0:
            await asyncio.sleep(0.001)
    await desk.schedule.idle()
    assert desk.runs[-1].snapshot.version == desk.snapshot.version
    assert len(instant.asked) < 60, "superseded texts must not be checked one by one"


async def test_settled_waits_for_the_instant_verifiers_only() -> None:
    desk = Desk(FakeVerifier("slang", Speed.INSTANT), FakeVerifier("verilator", Speed.QUICK, hang))
    desk.type("fault")
    async with asyncio.timeout(2):
        await desk.schedule.settled(URI, Speed.INSTANT)
    assert [run.verifier.name for run in desk.runs] == ["slang"]
    await desk.schedule.close()


async def test_deep_runs_come_one_at_a_time_and_on_save_at_once() -> None:
    running: list[int] = []

    async def deep(snapshot: Snapshot) -> Outcome:
        running.append(1)
        assert len(running) == 1
        await asyncio.sleep(0.02)
        running.pop()
        return Outcome("deep")

    verifiers = [FakeVerifier(f"deep{i}", Speed.DEEP, deep) for i in range(3)]
    desk = Desk(*verifiers, pauses=Pauses(quick=0.01, deep=None))
    desk.type("x")
    await asyncio.sleep(0.05)
    assert not desk.runs, "deep verifiers do not run while typing where they are set to run on save only"
    desk.schedule.saved(URI)
    await desk.schedule.idle()
    assert [run.outcome.status for run in desk.runs] == [Status.FINDINGS] * 3


def test_a_switched_off_verifier_is_not_run() -> None:
    async def body() -> list[Run]:
        desk = Desk(FakeVerifier("slang", Speed.INSTANT), FakeVerifier("other", Speed.INSTANT))
        desk.schedule.wanted = lambda verifier: verifier.name == "slang"
        desk.type("x")
        await desk.schedule.idle()
        return desk.runs

    assert [run.verifier.name for run in asyncio.run(body())] == ["slang"]


SPEEDS: dict[str, Any] = {"slang": Speed.INSTANT, "verilator": Speed.QUICK}


@pytest.fixture
def store() -> Store:
    store = Store()
    warned = (finding(3, "verilator"), finding(8, "verilator"), finding(9, "verilator", Severity.ERROR))
    store.put("verilator", "g", [PATH], Outcome("verilator", findings=warned))
    store.put("slang", "g", [PATH], Outcome("slang", findings=(finding(5, "slang"),)))
    return store


def test_a_slower_verifiers_warnings_move_with_their_lines_and_its_errors_are_dropped(store: Store) -> None:
    store.edited(PATH, 5, 5, 2, SPEEDS)
    assert [(one.tool, one.span.start_line) for one in store.findings(PATH)] == [("verilator", 3), ("verilator", 10)]


def test_what_an_instant_verifier_said_of_an_earlier_text_is_not_shown_again(store: Store) -> None:
    assert not store.awaits(PATH)
    store.edited(PATH, 0, 0, 0, SPEEDS)
    assert store.awaits(PATH) and [one.tool for one in store.findings(PATH)] == ["verilator", "verilator"]
    store.put("slang", "g", [PATH], Outcome("slang", findings=(finding(6, "slang"),)))
    assert not store.awaits(PATH) and [one.tool for one in store.findings(PATH)].count("slang") == 1


def test_what_was_said_about_a_touched_line_is_dropped(store: Store) -> None:
    store.edited(PATH, 2, 4, -1, SPEEDS)
    assert [one.span.start_line for one in store.findings(PATH) if one.tool == "verilator"] == [7]


def test_a_new_result_replaces_the_tools_old_one(store: Store) -> None:
    assert store.put("verilator", "g", [PATH], Outcome("verilator")) == {PATH}
    assert [one.tool for one in store.findings(PATH)] == ["slang"]
    assert store.put("verilator", "g", [PATH], Outcome("verilator")) == set()
    assert store.forget_tool("slang") == {PATH} and store.findings(PATH) == ()


def test_random_edits_end_in_exactly_the_right_findings() -> None:
    async def body() -> None:
        random.seed(7)
        instant, quick = FakeVerifier("slang", Speed.INSTANT), FakeVerifier("verilator", Speed.QUICK)
        desk = Desk(instant, quick)
        for _ in range(300):
            desk.type("\n".join(random.choice(["fault", "fine"]) for _ in range(6)))
            if random.random() < 0.2:
                await asyncio.sleep(0.002)
        await desk.schedule.idle()
        right = [i for i, line in enumerate(desk.snapshot.text.split("\n")) if line == "fault"]
        for name in ("slang", "verilator"):
            last = [run for run in desk.runs if run.verifier.name == name][-1]
            assert last.snapshot == desk.snapshot
            assert [one.span.start_line for one in last.outcome.findings] == right

    asyncio.run(body())
