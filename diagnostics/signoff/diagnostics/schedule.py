"""When which verifier runs: instant ones at every change, quick ones after a pause, deep ones on save or when idle.

Documents of one declared project are one group and are checked together, as are those of one firmware image by a
verifier that looks at all of it (the linker); in a guessed project each document is its own group.

Of one verifier in one group only the newest text is ever checked: a newer version ends the older run. A verifier that
fails is reported and holds up no other.
"""

from __future__ import annotations

import asyncio
import contextlib
import logging
import os
import time
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace

from signoff.verifiers.finding import Outcome, Status
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Speed, Verifier, sees_whole_image

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Run:
    """One run of one verifier: what it looked at and what came out. `group` names the files checked together."""

    verifier: Verifier
    group: str
    snapshot: Snapshot
    project: Project
    outcome: Outcome


@dataclass(frozen=True, slots=True)
class Pauses:
    """How long, in seconds, nothing must be typed before quick and deep verifiers run. None: deep on save only."""

    quick: float = 0.25
    deep: float | None = 3.0


@dataclass(slots=True)
class _Lane:
    """One verifier in one group: the run that is on, and whether a newer text waits."""

    task: asyncio.Task[None] | None = None
    waiting: bool = False
    timer: asyncio.TimerHandle | None = None


@dataclass(slots=True)
class _Group:
    uri: str
    lanes: dict[str, _Lane] = field(default_factory=dict)


class Schedule:
    """Decides when verifiers run and hands every finished run to `on_run`.

    `look` gives the present snapshot and project of a document, or None where it is closed. `wanted` says
    whether a verifier is switched on; `on_busy` is told of every run that may take long, for progress.
    """

    def __init__(
        self,
        verifiers: Iterable[Verifier],
        look: Callable[[str], tuple[Snapshot, Project] | None],
        on_run: Callable[[Run], None],
        pauses: Pauses | None = None,
    ) -> None:
        self.verifiers = tuple(verifiers)
        self.pauses = pauses or Pauses()
        self.wanted: Callable[[Verifier], bool] = lambda verifier: True
        self.on_busy: Callable[[Verifier, asyncio.Task[None]], None] = lambda verifier, task: None
        self._look = look
        self._on_run = on_run
        self._groups: dict[str, _Group] = {}
        self._deep = asyncio.Lock()
        # Each is a process of its own: three hundred documents opened at once must not be as many processes.
        self._quick = asyncio.Semaphore(max(2, os.cpu_count() or 1))

    def changed(self, uri: str) -> None:
        """A document was opened or edited."""
        self._touch(uri, {Speed.INSTANT: 0.0, Speed.QUICK: self.pauses.quick, Speed.DEEP: self.pauses.deep})

    def saved(self, uri: str) -> None:
        """A document was saved: everything but the instant verifiers runs now."""
        self._touch(uri, {Speed.QUICK: 0.0, Speed.DEEP: 0.0})

    def again(self, uri: str) -> None:
        """Something beside the document's text changed (settings, another file): check it anew."""
        self._touch(uri, {Speed.INSTANT: 0.0, Speed.QUICK: self.pauses.quick, Speed.DEEP: self.pauses.deep})

    def closed(self, uri: str) -> None:
        """A document was closed: its own group's runs end."""
        for name, group in list(self._groups.items()):
            if group.uri == uri and name == uri:
                self._stop(self._groups.pop(name))

    async def idle(self) -> None:
        """Wait until nothing runs and nothing waits (for tests and the command line)."""
        while busy := [lane for group in self._groups.values() for lane in group.lanes.values() if _active(lane)]:
            tasks = [lane.task for lane in busy if lane.task is not None and not lane.task.done()]
            await (asyncio.wait(tasks) if tasks else asyncio.sleep(0.02))

    async def settled(self, uri: str, speed: Speed) -> None:
        """Wait until no verifier of this class, or a faster one, has still to answer for a document."""
        names = {verifier.name for verifier in self.verifiers if verifier.speed <= speed}
        for group in [group for group in self._groups.values() if group.uri == uri]:
            tasks = [lane.task for name, lane in group.lanes.items() if name in names and lane.task is not None]
            if tasks:
                await asyncio.wait(tasks)

    async def close(self) -> None:
        """End every run."""
        tasks = [lane.task for group in self._groups.values() for lane in group.lanes.values() if lane.task]
        for group in self._groups.values():
            self._stop(group)
        self._groups.clear()
        await asyncio.gather(*tasks, return_exceptions=True)

    def _touch(self, uri: str, delays: dict[Speed, float | None]) -> None:
        seen = self._look(uri)
        if seen is None:
            return
        snapshot, project = seen
        for verifier in self.verifiers:
            delay = delays.get(verifier.speed)
            if delay is not None and snapshot.language in verifier.languages and self.wanted(verifier):
                group = self._groups.setdefault(group_name(snapshot, project, verifier), _Group(uri))
                group.uri = uri
                self._ask(verifier, group, group.lanes.setdefault(verifier.name, _Lane()), delay)

    def _ask(self, verifier: Verifier, group: _Group, lane: _Lane, delay: float) -> None:
        if lane.timer is not None:
            lane.timer.cancel()
            lane.timer = None
        running = lane.task is not None and not lane.task.done()
        if running and verifier.speed is Speed.INSTANT:
            # Milliseconds from its end: its parsed files are worth more than those, so it is left to finish.
            lane.waiting = True
            return
        if running and lane.task is not None:
            lane.task.cancel()
        if delay:
            lane.timer = asyncio.get_running_loop().call_later(delay, self._start, verifier, group, lane)
        else:
            self._start(verifier, group, lane)

    def _start(self, verifier: Verifier, group: _Group, lane: _Lane) -> None:
        lane.timer = None
        lane.task = asyncio.ensure_future(self._run(verifier, group, lane))
        if verifier.speed is not Speed.INSTANT:
            self.on_busy(verifier, lane.task)

    async def _run(self, verifier: Verifier, group: _Group, lane: _Lane) -> None:
        again = True
        while again:
            lane.waiting = False
            turn = {Speed.QUICK: self._quick, Speed.DEEP: self._deep}.get(verifier.speed)
            async with turn or contextlib.nullcontext():
                await self._once(verifier, group)
            again = lane.waiting

    async def _once(self, verifier: Verifier, group: _Group) -> None:
        seen = self._look(group.uri)
        if seen is None:
            return
        snapshot, project = seen
        start = time.perf_counter()
        try:
            outcome = await verifier.run(snapshot, project)
        except Exception as error:
            # A fault of ours in one verifier must not silence the others: it is reported by name like a crash.
            log.exception("%s failed", verifier.name)
            message = f"{verifier.name} failed inside Signoff: {type(error).__name__}: {error}"
            outcome = Outcome(verifier.name, Status.CRASHED, message=message)
        if not outcome.seconds:
            outcome = replace(outcome, seconds=time.perf_counter() - start)
        self._on_run(Run(verifier, group_name(snapshot, project, verifier), snapshot, project, outcome))

    def _stop(self, group: _Group) -> None:
        for lane in group.lanes.values():
            if lane.timer is not None:
                lane.timer.cancel()
                lane.timer = None
            if lane.task is not None:
                lane.task.cancel()


def group_name(snapshot: Snapshot, project: Project, verifier: Verifier | None = None) -> str:
    """What `verifier` checks together: a declared project or a firmware image as a whole, else the document alone."""
    if project.image is not None and verifier is not None and sees_whole_image(verifier):
        return f"image:{project.image.root}:{project.image.name}:{project.image.origin}"
    return f"{project.root}:{project.name or project.origin}" if project.declared else snapshot.uri


def _active(lane: _Lane) -> bool:
    return lane.timer is not None or (lane.task is not None and not lane.task.done())
