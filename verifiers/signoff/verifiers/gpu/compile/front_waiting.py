"""A front end that has read a unit's headers already and waits for the rest: nine tenths of its work are done by then.

The headers of cuda_runtime.h alone take a third of a second. A process reads its text from a pipe as it comes; when one
is used up the next is started for the same headers.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass

from signoff.verifiers.gpu.compile.nvcc_command import environment
from signoff.verifiers.run import Completed, run, scratch_folder
from signoff.verifiers.workers import WorkerPool

# Who has typed nothing for so long gets a new one.
IDLE_SECONDS = 45.0


@dataclass(frozen=True, slots=True)
class Reader:
    """What to start: the program with its arguments, which reads `upper` from its standard input, then what follows."""

    argv: tuple[str, ...]
    env: tuple[tuple[str, str], ...]
    memory_limit_mb: int | None
    timeout: float
    upper: bytes


@dataclass(slots=True, eq=False)
class _Process:
    reader: Reader
    rest: asyncio.Future[bytes]
    task: asyncio.Task[Completed]


class Waiting:
    """At most one process that waits, for the headers that were asked for last. `pool` ends it at the latest."""

    def __init__(self, pool: WorkerPool | None) -> None:
        self._pool = pool
        self._process: _Process | None = None
        self._expiry: asyncio.TimerHandle | None = None

    async def run(self, reader: Reader, rest: bytes) -> Completed:
        """What the program says of its text with `rest` at the end. Cancelling ends it. Raises ToolMissing."""
        process = self._taken(reader) or _begun(reader)
        process.rest.set_result(rest)
        try:
            return await process.task
        finally:
            self._prepare(reader)

    @property
    def ready(self) -> bool:
        """Whether a process waits."""
        return self._process is not None and not self._process.task.done()

    def _taken(self, reader: Reader) -> _Process | None:
        process = self._process
        if process is None or process.reader != reader or process.task.done():
            return None
        self._process = None
        return process

    def _prepare(self, reader: Reader) -> None:
        """Start the next one, and end the one that is for other headers."""
        if self._pool is None or (self.ready and self._process is not None and self._process.reader == reader):
            return
        self._give_up()
        process = _begun(reader)
        if not self._pool.accompany(process.task):
            process.task.cancel()
            return
        self._process = process
        self._expiry = asyncio.get_running_loop().call_later(IDLE_SECONDS, self._give_up)

    def _give_up(self) -> None:
        if self._expiry is not None:
            self._expiry.cancel()
            self._expiry = None
        if self._process is not None:
            self._process.task.cancel()
            self._process = None


def _begun(reader: Reader) -> _Process:
    rest: asyncio.Future[bytes] = asyncio.get_running_loop().create_future()
    return _Process(reader, rest, asyncio.ensure_future(_read(reader, rest)))


async def _read(reader: Reader, rest: asyncio.Future[bytes]) -> Completed:
    async def parts() -> AsyncIterator[bytes]:
        yield reader.upper
        yield await rest

    with scratch_folder("nvcc-front") as folder:
        return await run(
            reader.argv,
            cwd=folder,
            env={**environment(str(folder)), **dict(reader.env)},
            stdin=parts(),
            timeout=reader.timeout + IDLE_SECONDS,
            memory_limit_mb=reader.memory_limit_mb,
        )


def command(check: Sequence[str]) -> tuple[str, ...]:
    """cudafe++'s own command, for a text that comes through a pipe."""
    return (*check[:-1], "-")
