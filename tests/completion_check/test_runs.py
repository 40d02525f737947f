"""What verifiers said of a text is asked once, and a run that nobody waits for does not pile up."""

from __future__ import annotations

import asyncio
import time
from dataclasses import replace

from judging_fakes import PROJECT, Told, blaming

from signoff.completion.runs import Runs
from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.snapshot import Snapshot

FAR = float("inf")


def document(text: str) -> Snapshot:
    return Snapshot("file:///m", "/m", "c", 1, text)


async def test_the_same_text_is_run_once_also_in_another_version() -> None:
    verifier, runs = Told(blaming("a")), Runs()
    first = await runs.outcome(verifier, document("a"), PROJECT, FAR)
    again = await runs.outcome(verifier, Snapshot("file:///m", "/m", "c", 7, "a"), PROJECT, FAR)
    assert first is again
    await runs.outcome(verifier, document("b"), PROJECT, FAR)
    assert verifier.seen == ["a", "b"]


async def test_the_document_is_seen_as_an_open_buffer_and_others_matter() -> None:
    seen = []

    class Looking(Told):
        async def run(self, snapshot, project):  # type: ignore[no-untyped-def]
            seen.append({buffer.uri: buffer.text for buffer in project.buffers})
            return await super().run(snapshot, project)

    verifier, runs = Looking(blaming()), Runs()
    other = Snapshot("file:///o", "/o", "c", 1, "x")
    await runs.outcome(verifier, document("a"), replace(PROJECT, buffers=(other, document("stale"))), FAR)
    await runs.outcome(verifier, document("a"), replace(PROJECT, buffers=(replace(other, text="y"),)), FAR)
    assert seen == [{"file:///o": "x", "file:///m": "a"}, {"file:///o": "y", "file:///m": "a"}]


async def test_a_run_that_failed_is_tried_again() -> None:
    answers = iter([Outcome("t", Status.CRASHED), Outcome("t")])
    verifier, runs = Told(lambda text: next(answers)), Runs()
    assert not (await runs.outcome(verifier, document("a"), PROJECT, FAR)).ran
    assert (await runs.outcome(verifier, document("a"), PROJECT, FAR)).ran


async def test_late_is_said_and_the_run_goes_on_for_who_asks_next() -> None:
    verifier, runs = Told(blaming("a")), Runs()
    verifier.gate.clear()
    late = await runs.outcome(verifier, document("a"), PROJECT, time.monotonic())
    assert late.status is Status.TIMED_OUT
    verifier.gate.set()
    assert (await runs.outcome(verifier, document("a"), PROJECT, FAR)).judged
    assert verifier.seen == ["a"]


async def test_of_runs_that_nobody_waits_for_one_goes_on() -> None:
    verifier, runs = Told(blaming()), Runs()
    verifier.gate.clear()
    for text in ("a", "b", "c"):
        task = asyncio.ensure_future(runs.outcome(verifier, document(text), PROJECT, FAR))
        verifier.started.clear()
        async with asyncio.timeout(30):
            await verifier.started.wait()
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    async with asyncio.timeout(30):
        await verifier.over.get()
        await verifier.over.get()
    runs.close()
    async with asyncio.timeout(30):
        await verifier.over.get()


async def test_so_many_are_kept_and_no_more() -> None:
    verifier, runs = Told(blaming()), Runs()
    for number in range(200):
        await runs.outcome(verifier, document(str(number)), PROJECT, FAR)
    assert len(runs._runs) <= 50
