"""What the questions of one engine share: what is known, what is on its way, and who judges."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass, field, replace

from signoff.completion import judges
from signoff.completion.cache import CompletionCache, Entry, Known, Ticket
from signoff.completion.cadence import Cadence
from signoff.completion.context import Hole
from signoff.completion.counters import Tally
from signoff.completion.flight import Flight, Flights
from signoff.completion.model.keeper import Keeper
from signoff.completion.reader import Reader
from signoff.completion.settings import CompletionSettings
from signoff.completion.suggestion import Suggestion
from signoff.completion.verdicts import Verdicts
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.verifier import Verifier


@dataclass(frozen=True, slots=True)
class Question:
    """What an editor asks at a position, or (`prefetch`) will ask next. `at`: when, by the monotonic clock."""

    snapshot: Snapshot
    project: Project
    line: int
    column: int
    automatic: bool
    prefetch: bool = False
    at: float = field(default_factory=time.monotonic)


@dataclass(frozen=True, slots=True)
class Offer:
    """A suggestion, and the generation that it comes from."""

    suggestion: Suggestion
    ticket: Ticket


class Flow:
    """What the questions of one engine share."""

    def __init__(
        self, verifiers: Sequence[Verifier], settings: CompletionSettings, keeper: Keeper, reader: Reader
    ) -> None:
        self.verifiers = tuple(verifiers)
        self.settings = settings
        self.keeper = keeper
        self.reader = reader
        self.cadence = Cadence()
        self.cache = CompletionCache()
        self.verdicts = Verdicts()
        self.tally = Tally()
        self.flights = Flights(self._landed)
        # Why the last question was answered with nothing; "" where something was offered.
        self.silence = ""

    def judges(self, snapshot: Snapshot, project: Project) -> tuple[Verifier, ...]:
        """Those who can judge a document; () where none of them could vouch for a text."""
        mine = (row for row in self.verifiers if judges.concerned_with(row, snapshot, project))
        able = tuple(row for row in mine if row.available(project.settings).available)
        return able if any(row.name not in judges.PARTIAL for row in able) else ()

    def clear(self) -> None:
        """Forget all texts and verdicts, and end all requests."""
        self.flights.abort_all()
        self.cache.clear()
        self.verdicts.close()
        self.silence = ""

    def _landed(self, flight: Flight) -> None:
        self.tally.ended(flight.ticket, aborted=flight.aborted)
        texts = tuple(Known(text, flight.ticket) for text in flight.drafts.texts if text)
        if texts and not flight.aborted and flight.error is None:
            # Also if nobody waits for it any more: who goes on typing what it says finds it.
            self.cache.put(flight.uri, flight.hole.prefix, flight.hole.suffix, Entry(texts, bare(flight.hole)))


def bare(hole: Hole) -> Hole:
    """What a place asks for, without the document's text."""
    return replace(hole, prefix="", suffix="")
