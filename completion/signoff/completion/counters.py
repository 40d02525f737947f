"""What the flow of completion came to, in numbers."""

from __future__ import annotations

from dataclasses import dataclass

from signoff.completion.cache import Ticket


@dataclass(frozen=True, slots=True)
class Counters:
    """Counts since the start. `questions` are those of the editor, of which `hits` were answered from the cache and
    `kept` by a request that was on its way for an earlier key. `requests` went to the model: `aborted` ones were cut
    off, `finished` ones came to their end, and of `wasted` of these nothing was ever shown. `prefetches` are requests
    sent after an acceptance, `prefetches_used` those of them that were shown."""

    questions: int = 0
    hits: int = 0
    kept: int = 0
    requests: int = 0
    aborted: int = 0
    finished: int = 0
    wasted: int = 0
    prefetches: int = 0
    prefetches_used: int = 0


class Tally:
    """Counts; `counters` is a picture of it."""

    def __init__(self) -> None:
        self.questions = self.hits = self.kept = self.requests = self.aborted = self.prefetches = 0
        self._finished = self._shown_finished = self._used = 0

    def sent(self, ticket: Ticket) -> None:
        """A request went to the model."""
        self.requests += 1
        self.prefetches += ticket.prefetch

    def ended(self, ticket: Ticket, *, aborted: bool) -> None:
        """A request was cut off, or came to its end."""
        if aborted:
            self.aborted += 1
            return
        ticket.finished = True
        self._finished += 1
        self._shown_finished += ticket.shown

    def shown(self, ticket: Ticket) -> None:
        """A text of a request is shown."""
        if not ticket.shown:
            ticket.shown = True
            self._shown_finished += ticket.finished
            self._used += ticket.prefetch

    @property
    def counters(self) -> Counters:
        """The counts so far."""
        return Counters(
            self.questions,
            self.hits,
            self.kept,
            self.requests,
            self.aborted,
            self._finished,
            self._finished - self._shown_finished,
            self.prefetches,
            self._used,
        )
