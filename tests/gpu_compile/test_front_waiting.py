"""A process that has read the first part of its text waits for the rest, and nothing of it is left behind."""

from __future__ import annotations

import asyncio
import sys
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from signoff.verifiers.gpu.compile.front_waiting import MOST, Reader, Waiting
from signoff.verifiers.workers import WorkerPool

# It tells its own id, and that it has read the first line, by a file's name; then it says what it was given.
PROGRAM = """
import os, pathlib, sys
first = sys.stdin.readline()
pathlib.Path(sys.argv[1], f"{first.strip()}-{os.getpid()}").touch()
print(os.getpid(), first + sys.stdin.read(), end="")
"""


@pytest.fixture
async def pool() -> AsyncIterator[WorkerPool]:
    running = WorkerPool()
    yield running
    await running.close()


def reader(folder: Path, upper: str = "one") -> Reader:
    return Reader((sys.executable, "-c", PROGRAM, str(folder)), (), None, 60.0, f"{upper}\n".encode())


async def ready(folder: Path, upper: str = "one", known: frozenset[int] = frozenset()) -> int:
    """The id of a process that has read the upper part."""
    async with asyncio.timeout(60):
        while True:
            names = [path.name for path in folder.glob(f"{upper}-*")]  # noqa: ASYNC240
            ids = {int(name.rpartition("-")[2]) for name in names} - known
            if ids:
                return ids.pop()
            await asyncio.sleep(0.01)


async def said(waiting: Waiting, asked: Reader, rest: str) -> tuple[int, str]:
    done = await waiting.run(asked, rest.encode())
    number, _, text = done.stdout.decode().partition(" ")
    return int(number), text


async def test_the_next_text_goes_to_the_one_that_waits(pool: WorkerPool, tmp_path: Path) -> None:
    waiting = Waiting(pool)
    first, text = await said(waiting, reader(tmp_path), "a")
    assert text == "one\na"
    second = await ready(tmp_path, known=frozenset({first}))
    assert waiting.ready == 1
    assert await said(waiting, reader(tmp_path), "b") == (second, "one\nb")
    assert (await said(waiting, reader(tmp_path, "two"), "c"))[1] == "two\nc"
    assert waiting.ready == MOST


async def test_several_at_once_and_one_that_is_given_up(pool: WorkerPool, tmp_path: Path) -> None:
    waiting = Waiting(pool)
    tasks = [asyncio.ensure_future(said(waiting, reader(tmp_path), name)) for name in "abc"]
    tasks[1].cancel()
    found = await asyncio.gather(*tasks, return_exceptions=True)
    assert isinstance(found[1], asyncio.CancelledError)
    assert [one[1] for one in (found[0], found[2]) if isinstance(one, tuple)] == ["one\na", "one\nc"]


async def test_one_that_died_is_not_given_anything(pool: WorkerPool, tmp_path: Path) -> None:
    waiting = Waiting(pool)
    first, _ = await said(waiting, reader(tmp_path), "a")
    victim = psutil.Process(await ready(tmp_path, known=frozenset({first})))
    victim.kill()
    async with asyncio.timeout(60):
        while waiting.ready:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert (await said(waiting, reader(tmp_path), "b"))[1] == "one\nb"


async def test_closing_the_pool_ends_it(tmp_path: Path) -> None:
    pool = WorkerPool()
    waiting = Waiting(pool)
    first, _ = await said(waiting, reader(tmp_path), "a")
    second = await ready(tmp_path, known=frozenset({first}))
    await pool.close()
    assert not psutil.pid_exists(second) or psutil.Process(second).status() == psutil.STATUS_ZOMBIE
    assert (await said(waiting, reader(tmp_path), "b"))[1] == "one\nb"
    assert waiting.ready == 0


async def test_without_a_pool_nothing_waits(tmp_path: Path) -> None:
    waiting = Waiting(None)
    assert (await said(waiting, reader(tmp_path), "a"))[1] == "one\na"
    assert waiting.ready == 0
