"""Invariant 4: no subprocess outlives its timeout or its request; groups, limits and floods."""

from __future__ import annotations

import asyncio
import os
import signal
import sys
import time
from collections.abc import AsyncIterator
from pathlib import Path

import psutil
import pytest

from signoff.verifiers import run as runner
from signoff.verifiers.run import ToolMissing, exit_reason, run, run_blocking

PYTHON = sys.executable
# A parent that starts a child, tells the child's id, ignores a polite end and waits.
PARENT = """
import signal, subprocess, sys, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
child = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(60)"])
open(sys.argv[1], "w").write(str(child.pid)); time.sleep(60)
"""


def gone(pid: int, seconds: float = 5.0) -> bool:
    """True once a process is no more (a zombie that its new parent has yet to collect is no more)."""
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        try:
            if psutil.Process(pid).status() == psutil.STATUS_ZOMBIE:
                return True
        except psutil.NoSuchProcess:
            return True
        time.sleep(0.02)
    return False


def written(file: Path) -> int:
    text = file.read_text() if file.exists() else ""
    return int(text or 0)


async def child_pid(file: Path) -> int:
    for _ in range(500):
        if pid := written(file):
            return pid
        await asyncio.sleep(0.02)
    raise AssertionError("the child never started")


async def test_output_and_status(tmp_path: Path) -> None:
    code = "import sys; sys.stdout.write(sys.stdin.read()); sys.stderr.write('e'); sys.exit(3)"
    done = await run([PYTHON, "-c", code], cwd=tmp_path, stdin=b"in", timeout=20)
    assert (done.returncode, done.stdout, done.stderr, done.timed_out) == (3, b"in", b"e", False)


async def test_timeout_ends_the_group_even_where_sigterm_is_ignored(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    start = time.monotonic()
    done = await run([PYTHON, "-c", PARENT, str(file)], cwd=tmp_path, timeout=1.5)
    assert done.timed_out
    assert time.monotonic() - start < 10
    assert gone(await child_pid(file))


async def test_cancelling_ends_the_group(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    task = asyncio.ensure_future(run([PYTHON, "-c", PARENT, str(file)], cwd=tmp_path, timeout=60))
    pid = await child_pid(file)
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert gone(pid)


async def test_cancelling_at_every_moment_of_the_start_leaves_nothing(tmp_path: Path) -> None:
    before = {child.pid for child in psutil.Process().children(recursive=True)}
    for turns in range(8):
        task = asyncio.ensure_future(run([PYTHON, "-c", "import time; time.sleep(60)"], cwd=tmp_path, timeout=60))
        for _ in range(turns):
            await asyncio.sleep(0)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
    await asyncio.sleep(0.1)
    after = [child for child in psutil.Process().children(recursive=True) if child.pid not in before]
    assert [child for child in after if not gone(child.pid)] == []


async def test_a_child_does_not_outlive_a_normal_end(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; p = subprocess.Popen([sys.executable, '-c', 'import time; time.sleep(60)'],"
        " stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL); print(p.pid)"
    )
    done = await run([PYTHON, "-c", code], cwd=tmp_path, timeout=20)
    assert done.returncode == 0 and gone(int(done.stdout))


@pytest.mark.skipif(os.name != "posix", reason="sessions are POSIX")
async def test_a_child_that_left_the_group_cannot_hold_us_up(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "KILL_SECONDS", 0.5)
    file = tmp_path / "pid"
    code = "import os, time\nif os.fork() == 0:\n os.setsid(); open(%r, 'w').write(str(os.getpid())); time.sleep(8)\n"
    start = time.monotonic()
    try:
        done = await run([PYTHON, "-c", code % str(file)], cwd=tmp_path, timeout=2)
        assert time.monotonic() - start < 6
        assert done.stdout == b""
    finally:
        os.kill(await child_pid(file), signal.SIGKILL)


async def test_a_flood_is_cut_off(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(runner, "OUTPUT_LIMIT", 1 << 20)
    code = "import sys\nwhile True: sys.stdout.buffer.write(b'x' * 65536)"
    done = await run([PYTHON, "-c", code], cwd=tmp_path, timeout=30)
    assert done.overflowed and not done.timed_out
    assert len(done.stdout) < (1 << 20) + (1 << 17)


async def test_a_tool_that_reads_nothing_of_much_input(tmp_path: Path) -> None:
    done = await run([PYTHON, "-c", "pass"], cwd=tmp_path, stdin=b"x" * 5_000_000, timeout=20)
    assert done.returncode == 0


@pytest.mark.skipif(sys.platform != "linux", reason="the address space is bounded on Linux")
async def test_memory_is_limited(tmp_path: Path) -> None:
    code = "import time; time.sleep(0.3); bytearray(600 * 1024 * 1024)"
    done = await run([PYTHON, "-c", code], cwd=tmp_path, timeout=30, memory_limit_mb=300)
    assert done.returncode != 0 and b"MemoryError" in done.stderr
    assert (await run([PYTHON, "-c", code], cwd=tmp_path, timeout=30, memory_limit_mb=2000)).returncode == 0


@pytest.mark.parametrize("name", ["no-such-program-anywhere", "/nowhere/tool"])
async def test_a_missing_tool(name: str, tmp_path: Path) -> None:
    with pytest.raises(ToolMissing, match=name):
        await run([name], cwd=tmp_path, timeout=5)


async def test_files_that_are_no_programs(tmp_path: Path) -> None:
    plain = tmp_path / "plain"
    plain.write_text("#!/bin/sh\n")
    with pytest.raises(ToolMissing, match="not executable"):
        await run([str(plain)], cwd=tmp_path, timeout=5)
    with pytest.raises(ToolMissing):
        await run([PYTHON, "a\0b"], cwd=tmp_path, timeout=5)


async def test_each_process_leads_its_own_group(tmp_path: Path) -> None:
    done = await run([PYTHON, "-c", "import os; print(os.getpgid(0), os.getpid())"], cwd=tmp_path, timeout=20)
    group, pid = done.stdout.split()
    assert group == pid != str(os.getpgid(0)).encode()


def test_blocking_run_has_the_same_bounds(tmp_path: Path) -> None:
    file = tmp_path / "pid"
    done = run_blocking([PYTHON, "-c", PARENT, str(file)], timeout=1.5)
    assert done.timed_out and gone(int(file.read_text()))
    assert run_blocking([PYTHON, "-c", "print(1)"], timeout=20).stdout.strip() == b"1"
    with pytest.raises(ToolMissing):
        run_blocking(["no-such-program-anywhere"], timeout=5)


def test_how_a_process_ended_in_words() -> None:
    assert exit_reason(3) == "exit status 3"
    assert exit_reason(-signal.SIGSEGV) == "ended by signal SIGSEGV"
    assert exit_reason(-1000) == "ended by signal 1000"


async def test_what_is_written_later_is_read_later(tmp_path: Path) -> None:
    """A program reads the first part of its input while the second does not exist yet."""
    read = asyncio.Event()
    program = "import sys; print(sys.stdin.readline(), end='', flush=True); open('read', 'w'); print(sys.stdin.read())"

    async def parts() -> AsyncIterator[bytes]:
        yield b"one\n"
        while not os.path.exists(tmp_path / "read"):  # noqa: ASYNC110, ASYNC240, PTH110
            await asyncio.sleep(0.01)
        read.set()
        yield b"two"

    done = await run((PYTHON, "-c", program), cwd=tmp_path, stdin=parts(), timeout=60)
    assert (done.stdout.split(), read.is_set(), done.returncode) == ([b"one", b"two"], True, 0)


async def test_input_that_never_comes_ends_with_the_time_limit(tmp_path: Path) -> None:
    async def parts() -> AsyncIterator[bytes]:
        yield b"one"
        await asyncio.Event().wait()

    done = await run((PYTHON, "-c", "import sys; sys.stdin.read()"), cwd=tmp_path, stdin=parts(), timeout=0.5)
    assert done.timed_out
