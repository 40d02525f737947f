"""The only process pool: engines that hold the interpreter's lock (slang, Yosys in WebAssembly, a model) live here.

An engine is a class with plain methods, built once in a child process and called by name. Arguments and
results are pickled plain data. One process serves one (engine, key); calls to it are answered in order.
"""

from __future__ import annotations

import asyncio
import contextlib
import itertools
import pickle
import struct
import sys
import time
from dataclasses import dataclass
from typing import Any

from signoff.verifiers.run import kill_group, spawn

HEADER = struct.Struct("<I")
# A cancelled call is left this long to end by itself: killing would lose the engine's parsed files.
GRACE_SECONDS = 1.0


class WorkerCrashed(Exception):
    """The engine's process ended during the call; the next call starts a new one."""


class WorkerTimeout(Exception):
    """The call took longer than its limit; its process was ended."""


class EngineError(Exception):
    """The engine's method raised; the text is its traceback."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine class as "package.module:Class", and how its process is kept.

    `idle_seconds`: the process ends after so long without a call (None: kept).
    `memory_limit_mb`: bound on its address space (None: no bound, as WebAssembly reserves far more than it uses).
    """

    target: str
    idle_seconds: float | None = None
    memory_limit_mb: int | None = None


class WorkerPool:
    """Owns every engine process. Use within one event loop; close() leaves no process behind."""

    def __init__(self, scratch: str | None = None) -> None:
        self._workers: dict[tuple[str, str], _Worker] = {}
        self._scratch = scratch

    async def call(self, engine: Engine, key: str, method: str, *args: Any, timeout: float) -> Any:
        """Call `method` of the engine's process for `key`, starting it where needed.

        `timeout` is in seconds and does not count the wait for earlier calls. Raises WorkerCrashed,
        WorkerTimeout or EngineError. Cancelling gives the running call a moment, then ends the process.
        """
        worker = self._workers.get((engine.target, key))
        if worker is None:
            worker = self._workers[engine.target, key] = _Worker(engine)
        return await worker.call(method, args, timeout)

    def pids(self) -> list[int]:
        """The process ids of all engines running now."""
        return [worker.process.pid for worker in self._workers.values() if worker.process is not None]

    async def release(self, engine: Engine, key: str) -> None:
        """End the process of one (engine, key)."""
        worker = self._workers.pop((engine.target, key), None)
        if worker is not None:
            await worker.stop()

    async def close(self) -> None:
        """End all processes."""
        workers, self._workers = list(self._workers.values()), {}
        await asyncio.gather(*(worker.stop() for worker in workers))


class _Worker:
    def __init__(self, engine: Engine) -> None:
        self.engine = engine
        self.process: asyncio.subprocess.Process | None = None
        self._lock = asyncio.Lock()
        self._ids = itertools.count(1)
        self._stderr = bytearray()
        self._tasks: set[asyncio.Task[Any]] = set()
        self._idle: asyncio.TimerHandle | None = None
        self._last_used = 0.0

    async def call(self, method: str, args: tuple[Any, ...], timeout: float) -> Any:
        exchange = asyncio.ensure_future(self._exchange(method, args, timeout))
        self._keep(exchange)
        try:
            return await asyncio.shield(exchange)
        except asyncio.CancelledError:
            if not exchange.done():
                self._keep(asyncio.ensure_future(self._abandon(exchange)))
            raise

    async def _abandon(self, exchange: asyncio.Future[Any]) -> None:
        done, _ = await asyncio.wait([exchange], timeout=GRACE_SECONDS)
        if not done:
            self._kill()
        with contextlib.suppress(Exception):
            await exchange

    async def _exchange(self, method: str, args: tuple[Any, ...], timeout: float) -> Any:
        async with self._lock:
            if self.process is None or self.process.returncode is not None:
                await self._start()
            assert self.process is not None
            try:
                async with asyncio.timeout(timeout):
                    ok, value = await self._ask(method, args)
            except TimeoutError:
                await self._end()
                raise WorkerTimeout(f"{self.engine.target} gave no answer to {method} in {timeout:g} s") from None
            except (EOFError, ConnectionError, asyncio.IncompleteReadError, pickle.UnpicklingError) as error:
                await self._end()
                raise WorkerCrashed(self._tail() or str(error)) from None
            finally:
                self._rest()
        if not ok:
            raise EngineError(value)
        return value

    async def _ask(self, method: str, args: tuple[Any, ...]) -> tuple[bool, Any]:
        assert self.process and self.process.stdin and self.process.stdout
        number = next(self._ids)
        body = pickle.dumps((number, method, args), pickle.HIGHEST_PROTOCOL)
        self.process.stdin.write(HEADER.pack(len(body)) + body)
        await self.process.stdin.drain()
        while True:
            (size,) = HEADER.unpack(await self.process.stdout.readexactly(HEADER.size))
            answered, ok, value = pickle.loads(await self.process.stdout.readexactly(size))
            if answered == number:
                return ok, value

    async def _start(self) -> None:
        self._stderr.clear()
        argv = [sys.executable, "-m", "signoff.verifiers.worker_main", self.engine.target]
        self.process = await spawn(argv, cwd=".", memory_limit_mb=self.engine.memory_limit_mb)
        self._keep(asyncio.ensure_future(self._listen(self.process)))

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr
        while part := await process.stderr.read(4096):
            self._stderr = (self._stderr + part)[-8192:]

    def _tail(self) -> str:
        return bytes(self._stderr).decode(errors="replace").strip()[-2000:]

    def _rest(self) -> None:
        self._last_used = time.monotonic()
        if self.engine.idle_seconds is not None and self._idle is None:
            self._idle = asyncio.get_running_loop().call_later(self.engine.idle_seconds, self._on_idle)

    def _on_idle(self) -> None:
        self._idle = None
        assert self.engine.idle_seconds is not None
        left = self._last_used + self.engine.idle_seconds - time.monotonic()
        if self._lock.locked() or left > 0.01:
            self._idle = asyncio.get_running_loop().call_later(max(left, 1.0), self._on_idle)
        elif self.process is not None:
            self._keep(asyncio.ensure_future(self._end()))

    def _kill(self) -> None:
        if self.process is not None:
            kill_group(self.process)

    async def _end(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            kill_group(process)
            await process.wait()

    async def stop(self) -> None:
        if self._idle is not None:
            self._idle.cancel()
        await self._end()
        for task in list(self._tasks):
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _keep(self, task: asyncio.Task[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # An abandoned exchange may fail after its caller is gone; read the error so that nothing is logged.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
