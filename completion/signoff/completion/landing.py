"""A request's texts judged as each comes to its end, for somebody who waits, perhaps not for all of them."""

from __future__ import annotations

import asyncio
from collections.abc import Callable

from signoff.completion.check import Checked
from signoff.completion.flight import Flight, Flights
from signoff.completion.place import Since
from signoff.completion.verdicts import Judging

# Who types does not wait longer for a whole block: the statements that are there by then are shown, and the rest of
# it is what follows them.
PATIENCE = 0.8


class Superseded(Exception):
    """The request was ended by something newer: there is nothing to be said any more."""


class Landing:
    """Waits for one request at one place. `since`: what was typed since it was sent.

    `enough` says whether a judgement will do, so that no other one is waited for; None where all are wanted.
    """

    def __init__(
        self,
        flights: Flights,
        flight: Flight,
        since: Since,
        judging: Judging,
        enough: Callable[[Checked], bool] | None,
    ) -> None:
        self._flights = flights
        self._flight = flight
        self._since = since
        self._judging = judging
        self._enough = enough
        self._checks: list[asyncio.Task[Checked]] = []
        self._early: asyncio.Task[Checked] | None = None
        hurries = enough is not None and flight.hole.block
        self._due = asyncio.get_running_loop().time() + PATIENCE if hurries else None

    async def run(self) -> list[Checked]:
        """The judgements; none where the texts turn out not to agree with what was typed.

        Raises ModelUnavailable where the request failed, Superseded where something newer has ended it.
        """
        try:
            with self._flights.aboard(self._flight):
                return await self._run()
        finally:
            for check in self._all():
                check.cancel()

    async def _run(self) -> list[Checked]:
        flight = self._flight
        while True:
            news = flight.news
            if flight.aborted:
                raise Superseded
            self._begin()
            ready = [check.result() for check in self._checks if check.done()]
            if any(map(self._suffices, ready)):
                if not flight.drafts.settled:
                    self._flights.abort(flight)
                return ready
            if self._early is not None and self._early.done() and self._suffices(self._early.result()):
                # What comes after it is still being written: it is the next completion.
                flight.lasting = not flight.over
                return [*ready, self._early.result()]
            if flight.over and len(ready) == len(self._checks):
                return self._outcome(ready)
            if not self._agrees():
                self._flights.abort(flight)
                return []
            await self._news(news)

    def _begin(self) -> None:
        """Begin to judge what has come to its end, and after some time what is there of the first text."""
        rests = [rest for text in self._flight.drafts.texts if (rest := self._since.rest(text))]
        self._checks += [asyncio.ensure_future(self._judging.check(rest)) for rest in rests[len(self._checks) :]]
        if self._early is None and self._is_late() and not self._flight.over:
            text = self._since.rest(self._flight.drafts.statements())
            self._early = asyncio.ensure_future(self._judging.check(text)) if text else None

    def _suffices(self, checked: Checked) -> bool:
        return self._enough is not None and self._enough(checked)

    def _is_late(self) -> bool:
        return self._due is not None and asyncio.get_running_loop().time() >= self._due

    def _agrees(self) -> bool:
        flight, since = self._flight, self._since
        doubtful = bool(since.typed) and not flight.drafts.reach(since)
        flight.watched = doubtful or (self._early is None and self._is_late())
        return flight.over or not doubtful or flight.drafts.agree(since)

    def _outcome(self, ready: list[Checked]) -> list[Checked]:
        if self._flight.error is not None and not any(one.text for one in ready):
            raise self._flight.error
        return ready

    def _all(self) -> list[asyncio.Task[Checked]]:
        return self._checks if self._early is None else [*self._checks, self._early]

    async def _news(self, news: asyncio.Event) -> None:
        """Wait for news of the request, for the end of a check, or until it is late."""
        told = [] if self._flight.over else [asyncio.ensure_future(news.wait())]
        left = None
        if self._due is not None and not self._is_late():
            left = self._due - asyncio.get_running_loop().time()
        pending = [check for check in self._all() if not check.done()]
        try:
            await asyncio.wait([*told, *pending], timeout=left, return_when="FIRST_COMPLETED")
        finally:
            for task in told:
                task.cancel()
