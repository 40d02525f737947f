"""Starting, watching and ending a server: with one of our own that misbehaves on demand."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from collections.abc import AsyncIterator, Callable
from pathlib import Path

import psutil
import pytest

from signoff.completion.serve.log import Log
from signoff.completion.serve.plan import Plan
from signoff.completion.serve.watch import Pace, Watch
from signoff.completion.serve.weights import ServeError

pytestmark = pytest.mark.skipif(sys.platform == "win32", reason="vLLM does not run on Windows")

FAKE = Path(__file__).with_name("fake_vllm.py")
QUICK = Pace(starting=0.02, running=0.02, misses=2, delays=(0.01, 0.01), grace=5.0)


class Stage:
    """One watched server and what it and the user were told."""

    def __init__(self, folder: Path, how: str, key: str = "", pace: Pace = QUICK) -> None:
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port = probe.getsockname()[1]
        self.notes = folder / "notes"
        argv = (sys.executable, str(FAKE), how, str(self.port), "tiny", str(self.notes))
        env = {"VLLM_API_KEY": key} if key else {}
        self.plan = Plan(argv, env, "tiny", "127.0.0.1", self.port, key)
        self.log = Log(folder / "server.log")
        self.said: list[str] = []
        self.loading = asyncio.Event()
        self.readies = 0
        self.changed = asyncio.Event()
        self.watch = Watch(self.plan, self.log, self.said.append, self.show, pace)
        self.task = asyncio.ensure_future(self.watch.run(self.ready))

    def show(self, text: str) -> None:
        if "Loading weights" in text:
            self.loading.set()

    def ready(self, seconds: float) -> None:
        self.readies += 1
        self.changed.set()

    async def until(self, readies: int) -> None:
        while self.readies < readies:
            done = asyncio.ensure_future(self.changed.wait())
            await asyncio.wait((done, self.task), return_when=asyncio.FIRST_COMPLETED)
            done.cancel()
            if self.task.done():
                self.task.result()
            self.changed.clear()

    def pids(self, start: int = -1) -> list[int]:
        return [int(word) for word in self.notes.read_text().splitlines()[start].split()]

    async def close(self) -> None:
        self.task.cancel()
        with contextlib.suppress(asyncio.CancelledError, ServeError):
            await self.task
        self.log.close()


@pytest.fixture
async def stage(tmp_path: Path) -> AsyncIterator[Callable[..., Stage]]:
    made: list[Stage] = []

    def make(how: str, **more: object) -> Stage:
        made.append(Stage(tmp_path, how, **more))  # type: ignore[arg-type]
        return made[-1]

    yield make
    for one in made:
        await one.close()


async def gone(pids: list[int]) -> bool:
    """Whether the processes end; only a leftover makes this take its ten seconds."""
    for _ in range(500):
        if not any(_lives(pid) for pid in pids):
            return True
        await asyncio.sleep(0.02)
    return False


def _lives(pid: int) -> bool:
    try:
        return psutil.Process(pid).status() != psutil.STATUS_ZOMBIE
    except psutil.NoSuchProcess:
        return False


async def test_cancelling_ends_the_server_and_all_that_it_started(stage: Callable[..., Stage]) -> None:
    one = stage("well", key="secret")
    await one.until(1)
    pids = one.pids()
    assert all(_lives(pid) for pid in pids)
    assert one.watch.process is not None
    assert one.watch.process.pid == pids[0]  # the starter has become the server
    await one.close()
    assert await gone(pids)
    assert "Loading weights" in one.log.path.read_text()
    assert "secret" not in " ".join(one.plan.argv)


async def test_cancelling_while_it_starts_ends_it(stage: Callable[..., Stage]) -> None:
    one = stage("hangs")
    await one.loading.wait()
    assert not one.readies
    await one.close()
    assert await gone(one.pids())


async def test_a_server_that_is_killed_is_started_again(stage: Callable[..., Stage]) -> None:
    one = stage("well")
    await one.until(1)
    first = one.pids(0)
    os.kill(first[0], signal.SIGKILL)
    await one.until(2)
    assert await gone(first)  # its child too, which its death alone would have left
    assert one.pids(1)[0] != first[0]
    assert "SIGKILL" in one.said[0]


async def test_a_server_that_hangs_is_started_again(stage: Callable[..., Stage]) -> None:
    one = stage("well", pace=Pace(starting=0.02, running=0.02, misses=1, delays=(0.01, 0.01), grace=0.2))
    await one.until(1)
    first = one.pids(0)
    psutil.Process(first[0]).suspend()
    await one.until(2)
    assert "answered no more" in one.said[0]
    assert await gone(first)


async def test_a_server_that_ends_again_and_again_is_given_up(stage: Callable[..., Stage]) -> None:
    one = stage("dies")
    await one.until(1)
    one.notes.with_suffix(".die").touch()
    with pytest.raises(ServeError, match="again and again"):
        await one.task
    assert one.watch.starts == 1 + len(QUICK.delays)
    assert all("exit status 3" in text for text in one.said)


@pytest.mark.parametrize(("how", "words"), [("oom", "GPU's memory is full"), ("nonsense", "the moon is full")])
async def test_a_server_that_never_starts_says_why(stage: Callable[..., Stage], how: str, words: str) -> None:
    one = stage(how)
    with pytest.raises(ServeError, match=words):
        await one.task
    assert one.watch.starts == 1
    assert not one.readies


async def test_a_port_that_is_taken_is_said_before_anything_starts(stage: Callable[..., Stage]) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        one = stage("well")
        one.task.cancel()
        plan = Plan(one.plan.argv, {}, "tiny", "127.0.0.1", other.getsockname()[1])
        watch = Watch(plan, one.log, one.said.append, one.show, QUICK)
        with pytest.raises(ServeError, match="--port"):
            await watch.run(one.ready)
    assert watch.starts == 0


async def test_nothing_outlives_us_where_we_are_killed(tmp_path: Path) -> None:
    """The watcher in a process of its own, which is then killed outright."""
    notes = tmp_path / "notes"
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    script = (
        "import asyncio, sys\n"
        "from pathlib import Path\n"
        "from signoff.completion.serve.log import Log\n"
        "from signoff.completion.serve.plan import Plan\n"
        "from signoff.completion.serve.watch import Watch\n"
        f"argv = (sys.executable, {str(FAKE)!r}, 'well', '{port}', 'tiny', {str(notes)!r})\n"
        f"plan = Plan(argv, {{}}, 'tiny', '127.0.0.1', {port})\n"
        f"watch = Watch(plan, Log(Path({str(tmp_path / 'log')!r})), print, lambda text: None)\n"
        "asyncio.run(watch.run(lambda seconds: print('ready', flush=True)))\n"
    )
    process = await asyncio.create_subprocess_exec(
        sys.executable, "-c", script, stdout=asyncio.subprocess.PIPE, env={**os.environ, "TMPDIR": str(tmp_path)}
    )
    assert process.stdout is not None
    assert await asyncio.wait_for(process.stdout.readline(), 60) == b"ready\n"
    pids = [int(word) for word in notes.read_text().split()]
    began = time.monotonic()
    process.kill()
    await process.wait()
    assert await gone(pids), f"still there after {time.monotonic() - began:.0f} s"
