"""Requests on their way: kept while what is typed agrees with them, ended as soon as it does not.

An editor cancels its question with every key and asks the next one. The model's work must not end with the
question: more often than not the next key is the one that the model has foreseen.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Callable, Iterator

from signoff.completion.cache import Ticket
from signoff.completion.context import Hole
from signoff.completion.model.protocol import ModelUnavailable, Piece
from signoff.completion.place import Place, Since, since, typed_between
from signoff.completion.stream import Drafts

# Seconds that a request outlives the last question for it: editors ask the next one a little after the key.
LINGER = 0.3


class Flight:
    """One request on its way, for the hole that it was asked for."""

    def __init__(self, uri: str, hole: Hole, count: int, ticket: Ticket) -> None:
        self.uri = uri
        self.hole = hole
        self.drafts = Drafts(hole, count)
        self.ticket = ticket
        self.news = asyncio.Event()
        # Whether every piece is news, as it may turn out not to agree; else only a text's end is.
        self.watched = False
        self.over = self.aborted = False
        # Whether the model has said all that it would: only then is it known that there is nothing more.
        self.whole = False
        self.error: ModelUnavailable | None = None
        self.task: asyncio.Task[None] | None = None
        # Whether it is worth being read to its end though nobody waits: until something else is wanted.
        self.lasting = ticket.prefetch
        self.waiting = 0
        self.linger: asyncio.TimerHandle | None = None

    async def run(self, pieces: AsyncIterator[Piece], timeout: float) -> None:
        """Read the model's answer to its end, or as far as it is wanted within `timeout` seconds."""
        whole, broken = True, False
        try:
            async with asyncio.timeout(timeout), contextlib.aclosing(pieces) as stream:  # type: ignore[type-var]
                async for piece in stream:
                    broken = broken or piece.finish == "cut"
                    if self.drafts.take(piece) or self.watched:
                        self.tell()
                    if self.drafts.settled:
                        break
        except TimeoutError:
            whole = False
        except ModelUnavailable as error:
            self.error, whole = error, False
        self.whole = whole and not broken
        self.drafts.end(whole=whole)

    def tell(self) -> None:
        """Wake who waits for news."""
        news, self.news = self.news, asyncio.Event()
        news.set()

    def typed(self, place: Place) -> Since | None:
        """What was typed since it was asked for; None where its texts are of no use at the place."""
        found = since(self.hole.prefix, self.hole.suffix, place)
        return found if found is not None and not self.aborted and self.drafts.agree(found) else None

    def is_ahead(self, place: Place) -> bool:
        """Whether it was asked for a place that the user has yet to come to, by Enter or blanks."""
        return not self.aborted and self.hole.suffix == place.suffix and self._is_before(place.prefix)

    def _is_before(self, prefix: str) -> bool:
        return self.hole.prefix.startswith(prefix) and self.hole.prefix[len(prefix) :].isspace()

    def agrees_with(self, text: str) -> bool:
        """Whether the document's new text may be one in which the user has typed what the model says."""
        prefix, suffix = self.hole.prefix, self.hole.suffix
        typed = typed_between(prefix, suffix, text)
        if typed is None:
            return text.endswith(suffix) and self._is_before(text[: len(text) - len(suffix)])
        # Where the cursor stands among closers that the editor put in is not known yet.
        bare = typed.rstrip(")]}\"'")
        return self.drafts.agree(Since(typed)) or (bare != typed and self.drafts.agree(Since(bare)))


class Flights:
    """All requests on their way: at most one a document, and for a model on this machine at most one at all."""

    def __init__(self, ended: Callable[[Flight], None], linger: float = LINGER) -> None:
        self._ended = ended
        self._linger = linger
        self._flights: dict[str, Flight] = {}
        self._tasks: set[asyncio.Task[None]] = set()

    def __len__(self) -> int:
        return len(self._tasks)

    def agreeing(self, uri: str, place: Place) -> tuple[Flight, Since] | None:
        """The document's flight and what was typed since it began; one that disagrees is ended."""
        flight = self._flights.get(uri)
        if flight is None:
            return None
        typed = flight.typed(place)
        if typed is not None:
            return flight, typed
        if not flight.is_ahead(place):
            self.abort(flight)
        return None

    def start(self, flight: Flight, pieces: AsyncIterator[Piece], timeout: float, *, alone: bool) -> None:
        """Send a request. Another one of the document is ended, and where it is to be `alone` any other."""
        for other in list(self._flights.values()):
            if alone or other.uri == flight.uri:
                self.abort(other)
        self._flights[flight.uri] = flight
        flight.task = asyncio.ensure_future(flight.run(pieces, timeout))
        self._tasks.add(flight.task)
        flight.task.add_done_callback(lambda task: self._landed(flight, task))

    @contextlib.contextmanager
    def aboard(self, flight: Flight) -> Iterator[None]:
        """While within, somebody waits for the flight; it does not outlive the last one by long."""
        if flight.linger is not None:
            flight.linger.cancel()
            flight.linger = None
        flight.waiting += 1
        try:
            yield
        finally:
            flight.waiting -= 1
            if not flight.over and not flight.waiting and not flight.lasting:
                loop = asyncio.get_running_loop()
                flight.linger = loop.call_later(self._linger, self.abort, flight)

    def has(self, uri: str) -> bool:
        """Whether somebody waits for a request of the document."""
        flight = self._flights.get(uri)
        return flight is not None and flight.waiting > 0

    def edited(self, uri: str, text: str) -> None:
        """A document's text is another one: end its request where that has diverged."""
        flight = self._flights.get(uri)
        if flight is not None and not flight.agrees_with(text):
            self.abort(flight)

    def abort(self, flight: Flight) -> None:
        """End a request; who waits for it is told."""
        if flight.over:
            return
        flight.over = flight.aborted = True
        self._forget(flight)
        if flight.task is not None:
            flight.task.cancel()
        flight.tell()
        self._ended(flight)

    def leave(self, uri: str) -> None:
        """End the document's request."""
        if uri in self._flights:
            self.abort(self._flights[uri])

    def abort_all(self) -> None:
        """End all requests."""
        for flight in list(self._flights.values()):
            self.abort(flight)

    async def close(self) -> None:
        """End all requests and wait until nothing of them is left."""
        self.abort_all()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def _landed(self, flight: Flight, task: asyncio.Task[None]) -> None:
        self._tasks.discard(task)
        failed = None if task.cancelled() else task.exception()
        if flight.over:
            return
        flight.over = True
        flight.aborted = task.cancelled()
        if failed is not None:
            flight.error = ModelUnavailable(f"The model's answer could not be read: {failed}")
        self._forget(flight)
        self._ended(flight)
        flight.tell()

    def _forget(self, flight: Flight) -> None:
        if flight.linger is not None:
            flight.linger.cancel()
            flight.linger = None
        if self._flights.get(flight.uri) is flight:
            del self._flights[flight.uri]
