"""Starts vLLM, waits until it answers, and starts it again where it ends or hangs; nothing of it outlives us."""

from __future__ import annotations

import asyncio
import contextlib
import os
import signal
import socket
import sys
import time
from asyncio.subprocess import Process
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from signoff.completion.model.http import HttpClient
from signoff.completion.model.protocol import ModelUnavailable
from signoff.completion.serve import causes
from signoff.completion.serve.keeper import SOURCE, kept
from signoff.completion.serve.log import Log
from signoff.completion.serve.plan import EVERYWHERE, Plan
from signoff.completion.serve.weights import ServeError
from signoff.verifiers.run import ToolMissing, exit_reason, kill_group, scratch_folder, spawn

# vLLM's sockets have names of 36 characters in the folder of temporary files.
SOCKET_FOLDER = 64
# How soon the end of a process is noticed, in seconds.
LOOK = 0.05


@dataclass(frozen=True, slots=True)
class Pace:
    """Seconds and counts of watching; tests take shorter ones.

    A server that ended is started again after `delays`, one after the other; more often than these within `window`
    it is given up. One that fails to answer `misses` times in a row hangs. `grace` is what it has to end by itself.
    """

    starting: float = 0.5
    running: float = 10.0
    misses: int = 4
    delays: tuple[float, ...] = (1.0, 2.0, 4.0, 8.0, 16.0)
    window: float = 600.0
    grace: float = 10.0


class Watch:
    """One server for as long as run() goes. `say` gets sentences for the user, `show` what is going on meanwhile."""

    def __init__(
        self, plan: Plan, log: Log, say: Callable[[str], None], show: Callable[[str], None], pace: Pace | None = None
    ) -> None:
        self._plan = plan
        self._log = log
        self._say = say
        self._show = show
        self._pace = pace or Pace()
        self._ends: deque[float] = deque()
        # One that never answered has a fault that another start would meet again.
        self._answered = False
        self.process: Process | None = None
        self.starts = 0

    async def run(self, ready: Callable[[float], None]) -> None:
        """Serve until cancelled; `ready` gets the seconds of each start. Raises ServeError where it cannot go on."""
        while True:
            free_port(self._plan)
            ended = await self._once(ready)
            reason = causes.explain(tuple(self._log.lines))
            if not self._answered:
                raise ServeError(self._told(ended, reason))
            delay = self._delay()
            if delay is None:
                raise ServeError(f"vLLM ended again and again; last: {self._told(ended, reason)}")
            self._say(f"vLLM ended ({reason or ended}); starting it again in {delay:g} s")
            await asyncio.sleep(delay)

    async def _once(self, ready: Callable[[float], None]) -> str:
        """One start to its end; how it ended. Raises ServeError where it cannot even be started."""
        began = time.monotonic()
        self._log.forget()
        with scratch_folder("vllm") as folder:
            try:
                self.process = await spawn(kept(self._plan.argv), cwd=folder, env=self._env(folder))
            except ToolMissing as error:
                raise ServeError(str(error)) from error
            self.starts += 1
            pumps = [
                asyncio.create_task(self._pump(stream, name))
                for stream, name in ((self.process.stdout, "out"), (self.process.stderr, "err"))
            ]
            try:
                if not await self._answers(self.process):
                    return exit_reason(self.process.returncode or 0)
                self._answered = True
                ready(time.monotonic() - began)
                return await self._until_end(self.process)
            finally:
                await self._end(self.process)
                await self._drained(pumps)

    def _env(self, folder: Path) -> dict[str, str]:
        """The plan's variables; temporary files go into `folder` where the path of a socket still fits (104 bytes)."""
        short = len(str(folder)) < SOCKET_FOLDER
        return {**self._plan.env, "TMPDIR": str(folder)} if short else dict(self._plan.env)

    async def _answers(self, process: Process) -> bool:
        """Wait until the server answers; False where it ended before. Loading may take as long as it takes."""
        client = HttpClient(self._plan.url, self._plan.key)
        try:
            while process.returncode is None:
                self._show(f"starting: {self._log.latest}")
                if await self._serves(client):
                    return True
                await _over(process, self._pace.starting)
            return False
        finally:
            await client.close()

    async def _until_end(self, process: Process) -> str:
        missed = 0
        client = HttpClient(self._plan.url, self._plan.key)
        try:
            while True:
                if await _over(process, self._pace.running):
                    return exit_reason(process.returncode or 0)
                missed = 0 if await self._serves(client) else missed + 1
                if missed >= self._pace.misses:
                    return "it answered no more"
        finally:
            await client.close()

    async def _serves(self, client: HttpClient) -> bool:
        """Whether our server answers: another program on its port would serve another model."""
        try:
            listing = await client.get("/v1/models")
        except ModelUnavailable:
            return False
        data = listing.get("data") if isinstance(listing, dict) else None
        return isinstance(data, list) and any(
            isinstance(row, dict) and row.get("id") == self._plan.name for row in data
        )

    async def _pump(self, stream: asyncio.StreamReader | None, name: str) -> None:
        while stream is not None and (data := await stream.read(1 << 16)):
            self._log.write(data, name)

    async def _drained(self, pumps: list[asyncio.Task[None]]) -> None:
        """What the processes wrote last; one that left the group may hold a pipe open, and is not waited for."""
        await asyncio.wait(pumps, timeout=1.0)
        for pump in pumps:
            pump.cancel()
        await asyncio.gather(*pumps, return_exceptions=True)

    async def _end(self, process: Process) -> None:
        """End the process and all that it started: asked first, so that it removes its shared memory."""
        try:
            if process.returncode is None:
                with contextlib.suppress(ProcessLookupError):
                    process.terminate()
                    await _over(process, self._pace.grace)
            await _emptied(process, self._pace.grace)
        finally:
            kill_group(process)
            if process.stdin is not None:
                process.stdin.close()
            await _over(process, self._pace.grace)
            self.process = None

    def _delay(self) -> float | None:
        """Seconds until the next start; None where there have been too many within the window."""
        now = time.monotonic()
        while self._ends and now - self._ends[0] > self._pace.window:
            self._ends.popleft()
        tried = len(self._ends)
        self._ends.append(now)
        return self._pace.delays[tried] if tried < len(self._pace.delays) else None

    def _told(self, ended: str, reason: str) -> str:
        words = reason or f"it ended ({ended})."
        last = causes.last_words(tuple(self._log.lines))
        return f"{words}\nIts last lines (all of them: {self._log.path}):\n{last}" if last else words


async def _over(process: Process, seconds: float) -> bool:
    """Whether a process has ended within `seconds`. Its own wait() goes on while children hold its pipes."""
    until = time.monotonic() + seconds
    while process.returncode is None and (left := until - time.monotonic()) > 0:  # noqa: ASYNC110 - no event tells
        await asyncio.sleep(min(left, LOOK))
    return process.returncode is not None


async def _emptied(process: Process, seconds: float) -> None:
    """Ask what is left of the process's group to end, within `seconds`.

    Killed at once it would leave its shared memory behind: Python's own tracker of that gives it back once all others
    have ended, and is itself in the group.
    """
    until = time.monotonic() + seconds
    with contextlib.suppress(ProcessLookupError, PermissionError):
        if process.returncode is not None and os.name == "posix":
            os.killpg(process.pid, signal.SIGTERM)
            while time.monotonic() < until and _some_of(process.pid):  # noqa: ASYNC110 - no event tells
                await asyncio.sleep(LOOK)


def _some_of(group: int) -> bool:
    """Whether a process of the group lives, beside the one that waits for our end (see keeper.py).

    Dead ones that nobody has asked after stay in it, in containers for good.
    """
    import psutil

    for one in psutil.process_iter(["status"]):
        with contextlib.suppress(ProcessLookupError, PermissionError, psutil.Error):
            member = os.getpgid(one.pid) == group and one.info["status"] != psutil.STATUS_ZOMBIE
            if member and SOURCE not in one.cmdline():
                return True
    return False


def free_port(plan: Plan) -> None:
    """Raises ServeError where the port is taken or the address is not this machine's."""
    family = socket.AF_INET6 if ":" in plan.host else socket.AF_INET
    host = plan.host if plan.host not in EVERYWHERE else ("::" if family == socket.AF_INET6 else "0.0.0.0")
    try:
        with socket.socket(family, socket.SOCK_STREAM) as probe:
            if sys.platform != "win32":
                # As the server does: connections of one that has just ended do not count as taken.
                probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            probe.bind((host, plan.port))
    except OSError as error:
        raise ServeError(
            f"{plan.host}:{plan.port} cannot be listened on ({error.strerror or error}): end the program that has the "
            "port, or choose another with --port."
        ) from error
