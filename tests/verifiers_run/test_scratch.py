"""Invariant 4: private folders are gone afterwards, also those of servers that were killed."""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import tempfile
import threading
import time
from pathlib import Path

import psutil
import pytest

from signoff.verifiers import scratch
from signoff.verifiers.scratch import PREFIX, scratch_folder, session_folder, sweep, wait_for_lock

# A server in little: a tool and an engine at work, a scratch folder in use.
SERVER = """
import asyncio, sys
from signoff.verifiers.run import run
from signoff.verifiers.scratch import scratch_folder, session_folder
from signoff.verifiers.workers import Engine, WorkerPool
async def main():
    pool = WorkerPool()
    engine = await pool.call(Engine("worker_engines:Plain"), "a", "pid", timeout=30)
    busy = asyncio.ensure_future(pool.call(Engine("worker_engines:Plain"), "a", "block_in_c", timeout=60))
    with scratch_folder("test") as folder:
        (folder / "file").write_text("x")
        code = "import os, time; open('pid', 'w').write(str(os.getpid())); time.sleep(60)"
        tool = asyncio.ensure_future(run([sys.executable, "-c", code], cwd=folder, timeout=60))
        while not ((folder / "pid").exists() and (folder / "pid").read_text()):
            await asyncio.sleep(0.02)
        print(engine, (folder / "pid").read_text(), session_folder(), flush=True)
        {end}
asyncio.run(main())
"""


def start(end: str, tmp: Path) -> tuple[subprocess.Popen[str], list[int], Path]:
    env = {**os.environ, "PYTHONPATH": str(Path(__file__).parent), "TMPDIR": str(tmp)}
    env.pop(scratch.INHERITED, None)
    code = SERVER.replace("{end}", end)
    server = subprocess.Popen([sys.executable, "-c", code], stdout=subprocess.PIPE, text=True, env=env)
    assert server.stdout
    engine, tool, session = server.stdout.readline().split()
    return server, [int(engine), int(tool)], Path(session)


def wait_until_gone(pids: list[int]) -> list[int]:
    end = time.monotonic() + 5
    left = pids
    while left and time.monotonic() < end:
        left = [pid for pid in left if psutil.pid_exists(pid) and psutil.Process(pid).status() != psutil.STATUS_ZOMBIE]
        time.sleep(0.02)
    return left


@pytest.mark.skipif(sys.platform != "linux", reason="only Linux ends the children of a killed process")
def test_a_killed_server_leaves_no_process_and_its_folder_goes_at_the_next_start(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    server, pids, session = start("await asyncio.sleep(60)", tmp_path)
    assert all(psutil.pid_exists(pid) for pid in pids)
    server.send_signal(signal.SIGKILL)
    server.wait(10)
    assert wait_until_gone(pids) == []
    assert (session / "owner").exists()
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    monkeypatch.setattr(scratch, "YOUNG_SECONDS", 0.0)
    assert sweep() == (session,)
    assert not session.exists()


def test_a_server_that_ends_by_itself_leaves_nothing(tmp_path: Path) -> None:
    server, pids, session = start(
        "tool.cancel(); await asyncio.gather(tool, return_exceptions=True); await pool.close()", tmp_path
    )
    server.wait(20)
    assert wait_until_gone(pids) == []
    assert not session.exists() and list(tmp_path.iterdir()) == []


def test_the_folder_of_a_living_server_is_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    server, _, session = start("await asyncio.sleep(60)", tmp_path)
    try:
        monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
        monkeypatch.setattr(scratch, "YOUNG_SECONDS", 0.0)
        assert sweep() == ()
        assert session.is_dir()
    finally:
        server.kill()
        server.wait(10)


def test_young_folders_and_links_are_left_alone(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    precious = tmp_path / "precious"
    precious.mkdir()
    (tmp_path / f"{PREFIX}link").symlink_to(precious)
    young = tmp_path / f"{PREFIX}young"
    young.mkdir()
    (young / "owner").write_bytes(b"1")
    assert sweep() == ()
    os.utime(young, (0, 0))
    assert sweep() == (young,)
    assert precious.is_dir()


def test_a_scratch_folder_is_private_and_gone_afterwards() -> None:
    with scratch_folder("x") as folder:
        assert folder.parent == session_folder()
        if os.name == "posix":
            assert folder.stat().st_mode & 0o077 == 0 == session_folder().stat().st_mode & 0o077
        (folder / "deep").mkdir()
        (folder / "deep" / "file").write_text("x")
    assert not folder.exists()


def test_a_session_folder_that_someone_removed_is_made_anew() -> None:
    scratch.end_session()
    first = session_folder()
    scratch.end_session()
    assert not first.exists()
    assert session_folder() != first and session_folder().is_dir()


def test_only_one_process_holds_a_lock(tmp_path: Path) -> None:
    path = tmp_path / "lock"
    code = (
        "import sys, time; from pathlib import Path; from signoff.verifiers.scratch import wait_for_lock\n"
        "with wait_for_lock(Path(sys.argv[1])): print('held', flush=True); sys.stdin.read()"
    )
    pipe = subprocess.PIPE
    other = subprocess.Popen([sys.executable, "-c", code, str(path)], stdin=pipe, stdout=pipe, text=True)
    assert other.stdin and other.stdout and other.stdout.readline() == "held\n"
    start = time.monotonic()
    timer = threading.Timer(0.5, other.stdin.close)
    timer.start()
    with wait_for_lock(path):
        assert time.monotonic() - start >= 0.4
    other.wait(10)
