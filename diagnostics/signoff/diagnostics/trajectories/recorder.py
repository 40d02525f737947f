"""Collects what is tried while fixes are sought, and makes trajectories of it once that is over."""

from __future__ import annotations

import datetime
import importlib.metadata
import logging
from collections.abc import Callable, Iterable, Sequence

from signoff.diagnostics.fixes.proven import ProvenFix
from signoff.diagnostics.fixes.search import Attempt
from signoff.diagnostics.trajectories.keep import Store
from signoff.diagnostics.trajectories.record import MOST_ATTEMPTS, Record, Trail, record
from signoff.diagnostics.trajectories.scrub import Scrubber, of_this_machine
from signoff.verifiers.finding import Finding
from signoff.verifiers.snapshot import Snapshot

log = logging.getLogger(__name__)

Clock = Callable[[], datetime.datetime]


def utc() -> datetime.datetime:
    """The time now."""
    return datetime.datetime.now(datetime.UTC)


class Recorder:
    """One search, or several of one request: take() is its watcher (search.Watch).

    `origin` is editor or repair; `folders` are those of the workspace; `sample` names a dataset's sample.
    """

    def __init__(
        self,
        origin: str,
        folders: Sequence[str] = (),
        sample: str = "",
        *,
        clock: Clock = utc,
        scrubber: Callable[[], Scrubber] | None = None,
    ) -> None:
        self._origin = origin
        self._sample = sample
        self._clock = clock
        self._scrubber = scrubber or (lambda: of_this_machine(folders))
        self._trails: dict[tuple[Snapshot, Finding], Trail] = {}

    def take(self, attempt: Attempt) -> None:
        """Another candidate was judged."""
        key = (attempt.fault.snapshot, attempt.fault.finding)
        trail = self._trails.setdefault(key, Trail(attempt.fault))
        if len(trail.attempts) < MOST_ATTEMPTS:
            trail.attempts.append(attempt)

    @property
    def empty(self) -> bool:
        """Whether nothing was tried."""
        return not self._trails

    def records(self, fixes: Iterable[ProvenFix]) -> tuple[Record, ...]:
        """The trajectories so far, scrubbed; `fixes` are those that are offered or applied. Takes milliseconds each."""
        trails, self._trails = list(self._trails.values()), {}
        found, offered = [], tuple(fixes)
        about = {"time": self._clock().strftime("%Y-%m-%dT%H:%M:%SZ"), "origin": self._origin}
        about |= {"sample": self._sample} if self._sample else {}
        about["signoff"] = _version()
        for trail in trails:
            of_it = [fix for fix in offered if fix.finding == trail.fault.finding]
            if (told := record(trail, of_it, self._scrubber(), about)) is not None:
                found.append(told)
        return tuple(found)

    def keep(self, fixes: Iterable[ProvenFix], store: Store) -> bool:
        """Write the trajectories so far; whether they could be written. Blocks; raises nothing, as keeping must never
        be in the way: what cannot be scrubbed is not kept."""
        try:
            records = self.records(fixes)
        except Exception:
            log.exception("a trajectory is not kept")
            return False
        return store.add(records) if records else True


def _version() -> str:
    try:
        return importlib.metadata.version("signoff")
    except importlib.metadata.PackageNotFoundError:
        return ""
