"""Many samples at once: each once, by as many engines as there are, whatever becomes of an engine."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from typing import Any

import pytest
from batch_helpers import FakeCrew, told

from signoff.diagnostics.batch.drive import CrewTrouble, Faulty, Lost, drive
from signoff.diagnostics.batch.engine import Order
from signoff.diagnostics.batch.results import Result
from signoff.diagnostics.batch.samples import Sample

ORDER = Order()


def some(count: int) -> list[Sample]:
    return [Sample(str(number), number + 1, "top.v", (("top.v", ""),)) for number in range(count)]


async def driven(samples: Iterator[Sample], crew: FakeCrew) -> list[Result]:
    async with aclosing(drive(samples, crew, ORDER)) as done:
        return [result async for result in done]


@pytest.mark.parametrize("size", [1, 3, 50])
async def test_each_sample_comes_once(size: int) -> None:
    crew = FakeCrew(size)
    found = await driven(iter(some(20)), crew)
    assert sorted(int(one["id"]) for one in found) == list(range(20))
    assert crew.most == min(size, 20)
    assert await driven(iter(()), FakeCrew(size)) == []


async def test_no_more_are_read_than_are_worked_on() -> None:
    read: list[str] = []

    def reading() -> Iterator[Sample]:
        for sample in some(1000):
            read.append(sample.id)
            yield sample

    async with aclosing(drive(reading(), FakeCrew(2), ORDER)) as done:
        async for _ in done:
            break
    assert len(read) < 10


async def test_a_lost_engine_is_tried_once_more() -> None:
    tries: list[str] = []

    def acts(number: int, sample: Sample) -> Result:
        tries.append(sample.id)
        if sample.id == "1" or (sample.id == "2" and tries.count("2") == 1):
            raise Lost("ended its process: signal SIGKILL")
        return told(sample)

    found = {one["id"]: one for one in await driven(iter(some(4)), FakeCrew(2, acts))}
    assert {name: one["status"] for name, one in found.items()} == {
        "0": "clean",
        "1": "failed",
        "2": "clean",
        "3": "clean",
    }
    assert "SIGKILL" in found["1"]["message"] and tries.count("1") == 2 and tries.count("2") == 2


async def test_a_defect_is_told_and_not_tried_again() -> None:
    def acts(number: int, sample: Sample) -> Result:
        raise Faulty("KeyError: 'x'")

    crew = FakeCrew(2, acts)
    found = await driven(iter(some(3)), crew)
    assert {one["message"] for one in found} == {"a defect of Signoff: KeyError: 'x'"} and len(crew.begun) == 3


async def test_without_engines_it_ends() -> None:
    def acts(number: int, sample: Sample) -> Result:
        raise CrewTrouble("no memory")

    with pytest.raises(CrewTrouble, match="no memory"):
        await driven(iter(some(30)), FakeCrew(3, acts))


async def test_a_dataset_that_cannot_be_read_on_ends_it() -> None:
    def reading() -> Iterator[Sample]:
        yield from some(2)
        raise OSError("gone")

    with pytest.raises(OSError, match="gone"):
        await driven(reading(), FakeCrew(2))


async def test_closing_ends_what_is_under_way() -> None:
    started = asyncio.Event()

    async def forever() -> Any:
        started.set()
        await asyncio.Event().wait()

    crew = FakeCrew(2, lambda number, sample: told(sample) if sample.id == "0" else forever())
    async with aclosing(drive(iter(some(9)), crew, ORDER)) as done:
        async for _ in done:
            await started.wait()
            break
    assert sorted(crew.begun) == sorted(crew.ended) and not crew.busy


async def test_cancelling_ends_it_too() -> None:
    started = asyncio.Event()

    async def forever() -> Any:
        started.set()
        await asyncio.Event().wait()

    crew = FakeCrew(2, lambda number, sample: forever())
    task = asyncio.ensure_future(driven(iter(some(9)), crew))
    await started.wait()
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert sorted(crew.begun) == sorted(crew.ended) and not crew.busy


def test_an_order_is_told_apart_by_what_results_depend_on() -> None:
    assert Order().digest == Order(seconds=1.0).digest
    assert (
        len({Order().digest, Order(repair=False).digest, Order(behaviour=True).digest, Order(attempts=True).digest})
        == 4
    )
