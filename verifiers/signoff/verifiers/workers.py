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
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from signoff.verifiers.run import exit_reason, kill_group, spawn
from signoff.verifiers.scratch import INHERITED, session_folder

HEADER = struct.Struct("<I")
# No engine's answer comes near; a header above it was not written by worker_main.
ANSWER_LIMIT = 1 << 30
# What an unprivileged process may have a pipe hold on Linux.
PIPE_BYTES = 1 << 20
# A cancelled call is left this long to end by itself: killing would lose the engine's parsed files.
GRACE_SECONDS = 1.0
# A process that closed its pipe is about to end: wait for its exit status and last words.
LAST_WORDS_SECONDS = 1.0
# worker_main in another interpreter: without the working folder on its path (-P is newer than Python 3.10), and with
# our source after everything of its own.
FOREIGN = (
    "import sys; sys.path[:1] = []; sys.path.append({folder!r}); from signoff.verifiers.worker_main import main; main()"
)


class WorkerCrashed(Exception):
    """The engine's process ended during the call; the next call starts a new one."""


class WorkerTimeout(Exception):
    """The call took longer than its limit; its process was ended."""


class EngineError(Exception):
    """The engine's method raised; the text is its traceback."""


class EngineMissing(EngineError):
    """The engine cannot be loaded: a package is not installed, or broken. The text says which."""


@dataclass(frozen=True, slots=True)
class Engine:
    """An engine class as "package.module:Class", and how its process is kept.

    `idle_seconds`: the process ends after so long without a call (None: kept).
    `memory_limit_mb`: bound on its address space (None: no bound, as WebAssembly reserves far more than it uses).
    `niceness`: how far its processor time yields to others' (POSIX; 0: not at all, 19: wholly).
    `python`: the interpreter to run it in ("": ours). The key must tell interpreters apart. In another's, only the
    engine's own imports must be there: signoff comes last on its path, so nothing of the user's is hidden.
    `env`: variables beside ours.
    """

    target: str
    idle_seconds: float | None = None
    memory_limit_mb: int | None = None
    niceness: int = 0
    python: str = ""
    env: tuple[tuple[str, str], ...] = ()


class WorkerPool:
    """Owns every engine process. Use within one event loop; close() leaves no process behind."""

    def __init__(self, scratch: str | None = None) -> None:
        self._workers: dict[tuple[str, str], _Worker] = {}
        self._scratch = scratch
        self._closed = False
        self._beside: set[asyncio.Future[Any]] = set()

    async def call(self, engine: Engine, key: str, method: str, *args: Any, timeout: float) -> Any:
        """Call `method` of the engine's process for `key`, starting it where needed.

        `timeout` is in seconds and does not count the wait for earlier calls. Raises WorkerCrashed,
        WorkerTimeout or EngineError. Cancelling gives the running call a moment, then ends the process;
        a call that still waits for its turn is just dropped.
        """
        if self._closed:
            raise WorkerCrashed(f"{engine.target} was called after the server began to shut down")
        worker = self._workers.get((engine.target, key))
        if worker is None:
            worker = self._workers[engine.target, key] = _Worker(engine, self._scratch)
        return await worker.call(method, args, timeout)

    def accompany(self, task: asyncio.Future[Any]) -> bool:
        """Have close() end a task that keeps a process of its own waiting; False where that has happened already."""
        if self._closed:
            return False
        self._beside.add(task)
        task.add_done_callback(self._beside.discard)
        # It may fail while nobody waits for it; read the error so that nothing is logged.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return True

    def pids(self) -> list[int]:
        """The process ids of all engines running now."""
        return [worker.process.pid for worker in self._workers.values() if worker.process is not None]

    async def release(self, engine: Engine, key: str) -> None:
        """End the process of one (engine, key)."""
        worker = self._workers.pop((engine.target, key), None)
        if worker is not None:
            await worker.stop()

    async def close(self) -> None:
        """End all processes; calls under way raise WorkerCrashed, and so do later ones."""
        self._closed = True
        workers, self._workers = list(self._workers.values()), {}
        beside = list(self._beside)
        for task in beside:
            task.cancel()
        await asyncio.gather(*(worker.stop() for worker in workers), *(asyncio.wait([task]) for task in beside))


@dataclass(slots=True)
class _Call:
    """One request; `started` once it has the process to itself."""

    method: str
    args: tuple[Any, ...]
    timeout: float
    started: bool = field(default=False)


class _Worker:
    def __init__(self, engine: Engine, scratch: str | None) -> None:
        self.engine = engine
        self.process: asyncio.subprocess.Process | None = None
        self._scratch = scratch
        self._lock = asyncio.Lock()
        self._ids = itertools.count(1)
        self._stderr = bytearray()
        self._listener: asyncio.Task[None] | None = None
        self._tasks: set[asyncio.Future[Any]] = set()
        self._idle: asyncio.TimerHandle | None = None
        self._last_used = 0.0
        self._stopped = False

    async def call(self, method: str, args: tuple[Any, ...], timeout: float) -> Any:
        request = _Call(method, args, timeout)
        exchange = asyncio.ensure_future(self._exchange(request))
        self._keep(exchange)
        try:
            return await asyncio.shield(exchange)
        except asyncio.CancelledError:
            caller = asyncio.current_task()
            if self._stopped and exchange.cancelled() and not (caller and caller.cancelling()):
                raise WorkerCrashed(f"{self.engine.target} was ended") from None
            if not exchange.done():
                self._keep(asyncio.ensure_future(self._abandon(request, exchange)))
            raise

    async def _abandon(self, request: _Call, exchange: asyncio.Future[Any]) -> None:
        if not request.started:
            exchange.cancel()  # the process is busy with another's call: that one must not suffer
            return
        done, _ = await asyncio.wait([exchange], timeout=GRACE_SECONDS)
        if not done and self.process is not None:
            kill_group(self.process)

    async def _exchange(self, request: _Call) -> Any:
        async with self._lock:
            if self._stopped:
                raise WorkerCrashed(f"{self.engine.target} was ended")
            request.started = True
            try:
                if self.process is None or self.process.returncode is not None:
                    await self._start()
                async with asyncio.timeout(request.timeout):
                    kind, value = await self._ask(request.method, request.args)
                if kind == "missing":
                    await self._end()  # what is missing may be there when the next process looks
            except TimeoutError:
                await self._end()
                said = f"{self.engine.target} gave no answer to {request.method} in {request.timeout:g} s"
                raise WorkerTimeout(said) from None
            except pickle.UnpicklingError as error:
                await self._end()
                raise WorkerCrashed(f"{self.engine.target} wrote {error}") from None
            except (EOFError, ConnectionError):
                raise WorkerCrashed(await self._post_mortem()) from None
            finally:
                self._rest()
        if kind != "ok":
            raise {"missing": EngineMissing}.get(kind, EngineError)(value)
        return value

    async def _ask(self, method: str, args: tuple[Any, ...]) -> tuple[str, Any]:
        assert self.process and self.process.stdin and self.process.stdout
        number = next(self._ids)
        body = pickle.dumps((number, method, args), pickle.HIGHEST_PROTOCOL)
        self.process.stdin.write(HEADER.pack(len(body)) + body)
        await self.process.stdin.drain()
        while True:
            (size,) = HEADER.unpack(await self.process.stdout.readexactly(HEADER.size))
            if size > ANSWER_LIMIT:
                raise pickle.UnpicklingError("garbage in place of an answer")
            answered, kind, value = _unpickled(await self.process.stdout.readexactly(size))
            if answered == number:
                return kind, value

    async def _start(self) -> None:
        await self._end()
        self._stderr.clear()
        session = session_folder()
        self.process = await spawn(
            (*_interpreter(self.engine.python), self.engine.target, str(self.engine.niceness)),
            cwd=self._scratch or session,
            env={INHERITED: str(session), **dict(self.engine.env)},
            memory_limit_mb=self.engine.memory_limit_mb,
        )
        _widen(self.process)
        self._listener = asyncio.ensure_future(self._listen(self.process))
        self._keep(self._listener)

    async def _listen(self, process: asyncio.subprocess.Process) -> None:
        assert process.stderr
        while part := await process.stderr.read(4096):
            self._stderr = (self._stderr + part)[-8192:]

    async def _post_mortem(self) -> str:
        """Why the process ended: its last words and how."""
        code = None
        if self.process is not None and self._listener is not None:
            with contextlib.suppress(TimeoutError):
                code = await asyncio.wait_for(self.process.wait(), LAST_WORDS_SECONDS)
            await asyncio.wait([self._listener], timeout=LAST_WORDS_SECONDS)
        await self._end()
        words = bytes(self._stderr).decode(errors="replace").strip()[-2000:]
        how = "closed its pipe" if code is None else exit_reason(code)
        return f"{words}\n{how}" if words else f"{self.engine.target}: {how}"

    def _rest(self) -> None:
        self._last_used = time.monotonic()
        if self.engine.idle_seconds is not None and self._idle is None and not self._stopped:
            self._idle = asyncio.get_running_loop().call_later(self.engine.idle_seconds, self._on_idle)

    def _on_idle(self) -> None:
        self._idle = None
        assert self.engine.idle_seconds is not None
        left = self._last_used + self.engine.idle_seconds - time.monotonic()
        if self._lock.locked() or left > 0.01:
            self._idle = asyncio.get_running_loop().call_later(max(left, 0.1), self._on_idle)
        elif self.process is not None:
            self._keep(asyncio.ensure_future(self._end()))

    async def _end(self) -> None:
        process, self.process = self.process, None
        if process is not None:
            kill_group(process)
            await process.wait()

    async def stop(self) -> None:
        self._stopped = True
        if self._idle is not None:
            self._idle.cancel()
        # First those who could start a process, then the process.
        tasks = list(self._tasks)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await self._end()

    def _keep(self, task: asyncio.Future[Any]) -> None:
        self._tasks.add(task)
        task.add_done_callback(self._tasks.discard)
        # An abandoned exchange may fail after its caller is gone; read the error so that nothing is logged.
        task.add_done_callback(lambda done: done.cancelled() or done.exception())


def _interpreter(python: str) -> tuple[str, ...]:
    """How to start worker_main."""
    if python:
        return python, "-c", FOREIGN.format(folder=str(Path(__file__).resolve().parents[2]))
    # -P: the working folder is not searched for modules, nor is it one that anybody else writes to.
    return sys.executable, "-P", "-m", "signoff.verifiers.worker_main"


def _widen(process: asyncio.subprocess.Process) -> None:
    """Let a long text go to the process at one write rather than ten, where Linux lets us (see pipe(7))."""
    if sys.platform == "linux" and process.stdin is not None:
        import fcntl

        with contextlib.suppress(OSError):
            fcntl.fcntl(process.stdin.get_extra_info("pipe"), fcntl.F_SETPIPE_SZ, PIPE_BYTES)


def _unpickled(body: bytes) -> tuple[int, str, Any]:
    try:
        number, kind, value = pickle.loads(body)
    except Exception as error:
        raise pickle.UnpicklingError(f"an answer that cannot be read: {error}") from error
    return number, kind, value
