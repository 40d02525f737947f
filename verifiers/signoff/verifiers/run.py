"""The only place that starts processes: own process group, time and memory limit, private folder, no leftover."""

from __future__ import annotations

import asyncio
import contextlib
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path

MIB = 1024 * 1024
OUTPUT_LIMIT = 64 * MIB


class ToolMissing(Exception):
    """The program cannot be started: not there, or not executable."""


@dataclass(frozen=True, slots=True)
class Completed:
    """A process that has ended. `returncode` is negative for a signal (POSIX); `seconds` is wall time."""

    returncode: int
    stdout: bytes
    stderr: bytes
    timed_out: bool
    seconds: float


@cache
def _death_wrapper() -> tuple[str, ...]:
    """On Linux, the prefix that has the kernel end a child whose parent was killed outright."""
    setpriv = shutil.which("setpriv") if sys.platform == "linux" else None
    return (setpriv, "--pdeathsig", "KILL", "--") if setpriv else ()


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
    if shutil.which(argv[0]) is None:
        raise ToolMissing(f"{argv[0]} is not there or is not executable")
    creation = {"start_new_session": True} if os.name == "posix" else {"creationflags": 0x00000200}
    try:
        process = await asyncio.create_subprocess_exec(
            *_death_wrapper(),
            *argv,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            cwd=cwd,
            env={**os.environ, **(env or {})},
            **creation,  # type: ignore[arg-type]
        )
    except OSError as error:
        raise ToolMissing(f"{argv[0]} cannot be started: {error.strerror or error}") from error
    if memory_limit_mb is not None and sys.platform == "linux":
        import resource

        limit = memory_limit_mb * MIB
        with contextlib.suppress(ProcessLookupError, PermissionError, ValueError):
            resource.prlimit(process.pid, resource.RLIMIT_AS, (limit, limit))
    return process


def kill_group(process: asyncio.subprocess.Process) -> None:
    """End a process of spawn() and all its children, at once."""
    if os.name == "posix":
        with contextlib.suppress(ProcessLookupError, PermissionError):
            os.killpg(process.pid, signal.SIGKILL)
    elif process.returncode is None:
        with contextlib.suppress(ProcessLookupError):
            process.kill()


async def run(
    argv: Sequence[str],
    *,
    cwd: str | Path,
    env: Mapping[str, str] | None = None,
    stdin: bytes = b"",
    timeout: float,
    memory_limit_mb: int | None = None,
) -> Completed:
    """Run a program to its end or to `timeout` seconds. Cancelling ends its whole process group.

    Output beyond 64 MiB counts as a run-away and ends the process. Raises ToolMissing.
    """
    start = time.perf_counter()
    process = await spawn(argv, cwd=cwd, env=env, memory_limit_mb=memory_limit_mb)
    timed_out = False
    assert process.stdin and process.stdout and process.stderr
    readers = [asyncio.ensure_future(_read(process, stream)) for stream in (process.stdout, process.stderr)]
    try:
        try:
            async with asyncio.timeout(timeout):
                with contextlib.suppress(BrokenPipeError, ConnectionResetError):
                    process.stdin.write(stdin)
                    await process.stdin.drain()
                process.stdin.close()
                await process.wait()
        except TimeoutError:
            timed_out = True
    finally:
        # Also after a normal end: a tool's own children must not outlive it and hold our pipes.
        kill_group(process)
        with contextlib.suppress(ProcessLookupError):
            await asyncio.shield(process.wait())
        for reader in readers:
            if sys.exc_info()[0] is not None:
                reader.cancel()
    out, err = await asyncio.gather(*readers)
    return Completed(process.returncode or 0, out, err, timed_out, time.perf_counter() - start)


async def _read(process: asyncio.subprocess.Process, stream: asyncio.StreamReader) -> bytes:
    parts: list[bytes] = []
    size = 0
    while part := await stream.read(1 << 16):
        parts.append(part)
        size += len(part)
        if size > OUTPUT_LIMIT:
            kill_group(process)
            break
    return b"".join(parts)


@contextlib.contextmanager
def scratch_folder(purpose: str) -> Iterator[Path]:
    """A private temporary folder, gone afterwards. Nothing is ever written into the user's workspace."""
    path = Path(tempfile.mkdtemp(prefix=f"signoff-{purpose}-"))
    try:
        yield path
    finally:
        shutil.rmtree(path, ignore_errors=True)
