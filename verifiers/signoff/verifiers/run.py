"""The only place that starts processes: own process group, time and memory limit, private folder, no leftover."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import time
from collections.abc import AsyncIterable, AsyncIterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

from signoff.verifiers.scratch import scratch_folder, session_folder

__all__ = ["Completed", "ToolMissing", "exit_reason", "kill_group", "run", "run_blocking", "scratch_folder", "spawn"]

MIB = 1024 * 1024
OUTPUT_LIMIT = 64 * MIB
# A killed process is gone within milliseconds; one stuck in the kernel (a dead network drive) is not waited for.
KILL_SECONDS = 5.0
# The prefix of _death_wrapper() where util-linux is not there: 15 ms of Python in place of 1 ms of setpriv.
ASK_KERNEL = (
    "import ctypes, os, sys; ctypes.CDLL(None).prctl(1, 9); os.execvp(sys.argv[1], sys.argv[1:])"  # PR_SET_PDEATHSIG
)


class ToolMissing(Exception):
    """The program cannot be started: not there, or not executable."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A process that has ended. `returncode` is negative for a signal (POSIX); `seconds` is wall time.

    `overflowed`: it was ended because it wrote more than 64 MiB to one stream.
    """

    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool
    seconds: float
    overflowed: bool = False


@cache
def _death_wrapper() -> tuple[str, ...]:
    """On Linux, the prefix that has the kernel end a child whose parent was killed outright."""
    if sys.platform != "linux":
        return ()
    setpriv = shutil.which("setpriv", path="/usr/bin:/bin:/usr/sbin:/sbin")
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else (sys.executable, "-P", "-S", "-c", ASK_KERNEL)


def _options() -> dict[str, Any]:
    if os.name == "posix":
        return {"start_new_session": True}
    # CREATE_NEW_PROCESS_GROUP | CREATE_NO_WINDOW: no console window flashes up beside the editor.
    return {"creationflags": 0x00000200 | 0x08000000}


def _checked(argv: Sequence[str]) -> list[str]:
    if shutil.which(argv[0]) is None:
        raise ToolMissing(f"{argv[0]} is not there or is not executable")
    return [*_death_wrapper(), *argv]


def _bound_memory(pid: int, memory_limit_mb: int | None) -> None:
    if memory_limit_mb is not None and sys.platform == "linux":
        import resource

        limit = memory_limit_mb * MIB
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            resource.prlimit(pid, resource.RLIMIT_AS, (limit, limit))


async def spawn(
    argv: Sequence[str],
    *,
    cwd: str | Path,
    env: Mapping[str, str] | None = None,
    memory_limit_mb: int | None = None,
) -> asyncio.subprocess.Process:
    """Start a process in its own group with pipes on all three streams.

    `env` is added to ours. `memory_limit_mb` bounds the address space on Linux. Raises ToolMissing.
    """
    pipe = subprocess.PIPE
    try:
        process = await asyncio.create_subprocess_exec(
            *_checked(argv),
            stdin=pipe,
            stdout=pipe,
            stderr=pipe,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            **_options(),
        )
    except (OSError, ValueError) as error:  # ValueError: a NUL byte in an argument
        raise ToolMissing(f"{argv[0]} cannot be started: {error}") from error
    _bound_memory(process.pid, memory_limit_mb)
    return process


def kill_group(process: asyncio.subprocess.Process) -> None:
    """End a process of spawn() and all its children, at once."""
    _kill(process.pid, running=process.returncode is None)


def _kill(pid: int, *, running: bool) -> None:
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(pid, signal.SIGKILL)
    elif running:
        _kill_tree(pid)


def _kill_tree(pid: int) -> None:
    """Windows knows no process groups to kill by: end the process and its descendants one by one."""
    import psutil

    with contextlib.suppress(psutil.Error):
        process = psutil.Process(pid)
        for victim in [*process.children(recursive=True), process]:
            with contextlib.suppress(psutil.Error):
                victim.kill()


async def run(
    argv: Sequence[str],
    *,
    cwd: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes | AsyncIterable[bytes] = b"",
    timeout: float,
    memory_limit_mb: int | None = None,
) -> Completed:
    """Run a program to its end or to `timeout` seconds. Cancelling ends its whole process group.

    What `stdin` brings later than at once is written when it comes.
    Output beyond 64 MiB counts as a run-away and ends the process. Raises ToolMissing.
    """
    start = time.perf_counter()
    process = await spawn(argv, cwd=cwd, env=env, memory_limit_mb=memory_limit_mb)
    assert process.stdout and process.stderr
    readers = [asyncio.ensure_future(_read(process, stream)) for stream in (process.stdout, process.stderr)]
    timed_out = False
    try:
        async with asyncio.timeout(timeout):
            await _feed(process, stdin)
            await process.wait()
    except TimeoutError:
        timed_out = True
    except BaseException:
        for reader in readers:
            reader.cancel()
        raise
    finally:
        # Also after a normal end: a tool's own children must not outlive it and hold our pipes.
        kill_group(process)
        await asyncio.shield(_gone(process))
    # A descendant that left the group may hold a pipe open: what has been read by then is all there is.
    await asyncio.wait(readers, timeout=KILL_SECONDS)
    if not all(reader.done() for reader in readers):
        process._transport.close()  # type: ignore[attr-defined]  # no public way leads to the pipes
    (out, much), (err, too_much) = (_read_so_far(reader) for reader in readers)
    code = process.returncode if process.returncode is not None else -signal.SIGTERM
    return Completed(code, out, err, timed_out, time.perf_counter() - start, much or too_much)


async def _feed(process: asyncio.subprocess.Process, stdin: bytes | AsyncIterable[bytes]) -> None:
    assert process.stdin
    with contextlib.suppress(BrokenPipeError, ConnectionResetError):
        async for part in _parts(stdin):
            process.stdin.write(part)
            await process.stdin.drain()
    process.stdin.close()


async def _parts(stdin: bytes | AsyncIterable[bytes]) -> AsyncIterator[bytes]:
    if isinstance(stdin, bytes):
        yield stdin
        return
    async for part in stdin:
        yield part


async def _gone(process: asyncio.subprocess.Process) -> None:
    with contextlib.suppress(ProcessLookupError, TimeoutError):
        await asyncio.wait_for(process.wait(), KILL_SECONDS)


async def _read(process: asyncio.subprocess.Process, stream: asyncio.StreamReader) -> tuple[bytes, bool]:
    data = bytearray()
    while part := await stream.read(1 << 16):
        data += part
        if len(data) > OUTPUT_LIMIT:
            kill_group(process)
            return bytes(data), True
    return bytes(data), False


def _read_so_far(reader: asyncio.Future[tuple[bytes, bool]]) -> tuple[bytes, bool]:
    if not reader.done():
        reader.cancel()
        return b"", False
    return reader.result()


def run_blocking(argv: Sequence[str], *, timeout: float, memory_limit_mb: int | None = None) -> Completed:
    """run() for code that is not asynchronous, such as asking a tool for its version. Raises ToolMissing."""
    start = time.perf_counter()
    pipe = subprocess.PIPE
    try:
        process = subprocess.Popen(
            _checked(argv), stdin=subprocess.DEVNULL, stdout=pipe, stderr=pipe, cwd=session_folder(), **_options()
        )
    except (OSError, ValueError) as error:
        raise ToolMissing(f"{argv[0]} cannot be started: {error}") from error
    _bound_memory(process.pid, memory_limit_mb)
    timed_out = False
    try:
        out, err = process.communicate(timeout=timeout)
    except subprocess.TimeoutExpired:
        timed_out, out, err = True, b"", b""
    finally:
        _kill(process.pid, running=process.returncode is None)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(KILL_SECONDS)
    return Completed(process.returncode or 0, out, err, timed_out, time.perf_counter() - start)


def exit_reason(returncode: int) -> str:
    """How a process ended, for a person: "ended by signal SIGSEGV" or "exit status 3"."""
    if returncode >= 0:
        return f"exit status {returncode}"
    try:
        return f"ended by signal {signal.Signals(-returncode).name}"
    except ValueError:
        return f"ended by signal {-returncode}"
