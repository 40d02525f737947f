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
# A file as it stands and the same with a branch switched on have different headers to read.
MOST = 2


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
    """The processes that wait, one each for the headers that were asked for last. `pool` ends them at the latest."""

    def __init__(self, pool: WorkerPool | None) -> None:
        self._pool = pool
        self._processes: list[_Process] = []

    async def run(self, reader: Reader, rest: bytes) -> Completed:
        """What the program says of its text with `rest` at the end. Cancelling ends it. Raises ToolMissing."""
        process = self._taken(reader) or _begun(reader)
        process.rest.set_result(rest)
        try:
            return await process.task
        finally:
            self._prepare(reader)

    @property
    def ready(self) -> int:
        """How many wait."""
        return sum(not one.task.done() for one in self._processes)

    def _taken(self, reader: Reader) -> _Process | None:
        self._processes = [one for one in self._processes if not one.task.done()]
        found = next((one for one in self._processes if one.reader == reader), None)
        if found is not None:
            self._processes.remove(found)
        return found

    def _prepare(self, reader: Reader) -> None:
        """Start the next one, and end one that is for other headers where there are too many."""
        if self._pool is None or any(one.reader == reader and not one.task.done() for one in self._processes):
            return
        process = _begun(reader)
        if not self._pool.accompany(process.task):
            process.task.cancel()
            return
        self._processes.append(process)
        while len(self._processes) > MOST:
            self._give_up(self._processes[0])
        asyncio.get_running_loop().call_later(IDLE_SECONDS, self._give_up, process)

    def _give_up(self, process: _Process) -> None:
        if process in self._processes:
            self._processes.remove(process)
            process.task.cancel()


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
