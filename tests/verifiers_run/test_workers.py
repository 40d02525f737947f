"""The pool of engines: order, crashes, hangs, cancellation, idleness; nothing of it outlives close()."""

from __future__ import annotations

import asyncio
import os
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from signoff.verifiers import workers
from signoff.verifiers.workers import (
    Engine,
    EngineError,
    EngineMissing,
    WorkerCrashed,
    WorkerPool,
    WorkerTimeout,
)

PLAIN = Engine("worker_engines:Plain")
FAULTY = Engine("worker_engines:Faulty")


@pytest.fixture
async def pool(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WorkerPool]:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pool = WorkerPool()
    yield pool
    pids = pool.pids()
    await pool.close()
    assert pool.pids() == []
    assert [pid for pid in pids if psutil.pid_exists(pid)] == []


async def test_two_hundred_calls_at_once_are_each_answered_their_own(pool: WorkerPool) -> None:
    calls = (pool.call(PLAIN, "a", "echo", number, timeout=20) for number in range(200))
    assert await asyncio.gather(*calls) == list(range(200))
    assert await pool.call(PLAIN, "a", "count", timeout=20) == 200
    assert len(pool.pids()) == 1


async def test_one_process_a_key(pool: WorkerPool) -> None:
    one, two = await asyncio.gather(*(pool.call(PLAIN, key, "pid", timeout=20) for key in "ab"))
    assert {one, two} == set(pool.pids()) and one != two
    await pool.release(PLAIN, "a")
    assert pool.pids() == [two]


async def test_a_large_answer(pool: WorkerPool) -> None:
    value = b"x" * 20_000_000
    assert await pool.call(PLAIN, "a", "echo", value, timeout=20) == value


async def test_what_an_engine_raises_is_told_and_it_goes_on(pool: WorkerPool) -> None:
    pid = await pool.call(FAULTY, "a", "pid", timeout=20)
    with pytest.raises(EngineError, match="this engine's own words"):
        await pool.call(FAULTY, "a", "raises", timeout=20)
    for method in ("exits", "unpicklable", "no_such_method"):
        with pytest.raises(EngineError):
            await pool.call(FAULTY, "a", method, timeout=20)
    assert await pool.call(FAULTY, "a", "pid", timeout=20) == pid


async def test_a_crash_is_told_with_signal_and_last_words_and_the_next_call_works(pool: WorkerPool) -> None:
    pid = await pool.call(FAULTY, "a", "pid", timeout=20)
    with pytest.raises(WorkerCrashed) as crash:
        await pool.call(FAULTY, "a", "dies", timeout=20)
    assert "last words" in str(crash.value) and "SIGABRT" in str(crash.value)
    assert await pool.call(FAULTY, "a", "pid", timeout=20) != pid


async def test_a_hang_is_ended_and_the_next_call_works(pool: WorkerPool) -> None:
    pid = await pool.call(PLAIN, "a", "pid", timeout=20)
    with pytest.raises(WorkerTimeout, match=r"block_in_c in 0\.3 s"):
        await pool.call(PLAIN, "a", "block_in_c", timeout=0.3)
    assert not psutil.pid_exists(pid)
    assert await pool.call(PLAIN, "a", "echo", 1, timeout=20) == 1


async def test_waiting_for_ones_turn_does_not_count(pool: WorkerPool) -> None:
    await pool.call(PLAIN, "a", "echo", 0, timeout=20)
    slow = asyncio.ensure_future(pool.call(PLAIN, "a", "sleep", 0.6, timeout=20))
    await asyncio.sleep(0)
    assert await pool.call(PLAIN, "a", "echo", 1, timeout=0.5) == 1
    assert await slow == "slept 0.6"


async def test_what_a_library_prints_does_not_garble_answers(pool: WorkerPool) -> None:
    assert await pool.call(FAULTY, "a", "prints", timeout=20) == "answered"
    assert await pool.call(FAULTY, "a", "echo", 2, timeout=20) == 2


async def test_garbage_in_place_of_an_answer(pool: WorkerPool) -> None:
    with pytest.raises(WorkerCrashed, match=r"garbage|cannot be read"):
        await pool.call(FAULTY, "a", "garbles", timeout=20)
    assert await pool.call(FAULTY, "a", "echo", 3, timeout=20) == 3


@pytest.mark.parametrize(
    ("target", "words"),
    [
        ("no_such_package.engine:Engine", "No module named 'no_such_package'"),
        ("worker_engines:NoSuchClass", "NoSuchClass"),
        ("worker_engines:Broken", "the library is of another version"),
    ],
)
async def test_an_engine_that_cannot_be_loaded(pool: WorkerPool, target: str, words: str) -> None:
    for _ in range(2):
        with pytest.raises(EngineMissing, match=words):
            await pool.call(Engine(target), "a", "echo", 1, timeout=20)


async def test_cancelling_a_short_call_keeps_the_process_and_the_next_answer_right(pool: WorkerPool) -> None:
    pid = await pool.call(PLAIN, "a", "pid", timeout=20)
    call = asyncio.ensure_future(pool.call(PLAIN, "a", "sleep", 0.4, timeout=20))
    await asyncio.sleep(0.01)
    call.cancel()
    with pytest.raises(asyncio.CancelledError):
        await call
    assert await pool.call(PLAIN, "a", "pid", timeout=20) == pid


async def test_cancelling_a_long_call_ends_the_process(pool: WorkerPool, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workers, "GRACE_SECONDS", 0.1)
    pid = await pool.call(PLAIN, "a", "pid", timeout=20)
    call = asyncio.ensure_future(pool.call(PLAIN, "a", "sleep", 30, timeout=60))
    await asyncio.sleep(0.05)
    call.cancel()
    start = time.monotonic()
    assert await pool.call(PLAIN, "a", "pid", timeout=20) != pid
    assert time.monotonic() - start < 10


async def test_cancelling_one_that_waits_does_not_hurt_the_one_that_runs(
    pool: WorkerPool, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(workers, "GRACE_SECONDS", 0.05)
    await pool.call(PLAIN, "a", "echo", 0, timeout=20)
    running = asyncio.ensure_future(pool.call(PLAIN, "a", "sleep", 0.5, timeout=20))
    await asyncio.sleep(0.05)
    waiting = [asyncio.ensure_future(pool.call(PLAIN, "a", "echo", n, timeout=20)) for n in range(20)]
    await asyncio.sleep(0)
    for call in waiting:
        call.cancel()
    assert await running == "slept 0.5"
    assert await pool.call(PLAIN, "a", "count", timeout=20) == 1


async def test_an_idle_engine_ends_and_comes_back(pool: WorkerPool) -> None:
    idle = Engine("worker_engines:Plain", idle_seconds=0.2)
    pid = await pool.call(idle, "a", "pid", timeout=20)
    assert await pool.call(idle, "a", "sleep", 0.5, timeout=20)
    assert pool.pids() == [pid]
    await asyncio.sleep(0.6)
    assert pool.pids() == [] and not psutil.pid_exists(pid)
    assert await pool.call(idle, "a", "pid", timeout=20) != pid


async def test_close_ends_running_and_waiting_calls_and_refuses_later_ones(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(Path(__file__).parent))
    pool = WorkerPool()
    pid = await pool.call(PLAIN, "a", "pid", timeout=20)
    calls = [asyncio.ensure_future(pool.call(PLAIN, "a", "sleep", 30, timeout=60)) for _ in range(5)]
    starting = asyncio.ensure_future(pool.call(PLAIN, "b", "sleep", 30, timeout=60))
    await asyncio.sleep(0.05)
    await pool.close()
    results = await asyncio.gather(*calls, starting, return_exceptions=True)
    assert [type(result) for result in results] == [WorkerCrashed] * 6
    assert not psutil.pid_exists(pid)
    assert [child.pid for child in psutil.Process().children() if "worker_main" in " ".join(child.cmdline())] == []
    with pytest.raises(WorkerCrashed, match="shut down"):
        await pool.call(PLAIN, "a", "echo", 1, timeout=20)


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is bounded on Linux")
async def test_memory_and_niceness(pool: WorkerPool) -> None:
    bounded = Engine("worker_engines:Faulty", memory_limit_mb=300, niceness=7)
    assert await pool.call(bounded, "a", "nice", timeout=20) == 7
    with pytest.raises(EngineError, match="MemoryError"):
        await pool.call(bounded, "a", "eats", 600, timeout=20)
    assert await pool.call(bounded, "a", "eats", 10, timeout=20) == 10 * 1024 * 1024


async def test_the_folder_is_ours_and_not_where_modules_are_looked_for(pool: WorkerPool, tmp_path: Path) -> None:
    """A workspace may hold a pickle.py; the server's working folder is often the workspace."""
    (tmp_path / "pickle.py").write_text("raise SystemExit('workspace code was run')")
    here = Path.cwd()
    try:
        os.chdir(tmp_path)
        folder, session = await pool.call(PLAIN, "a", "folder", timeout=20)
    finally:
        os.chdir(here)
    assert folder == session and Path(folder).name.startswith("signoff-session-")
