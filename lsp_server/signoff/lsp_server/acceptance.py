"""What becomes of completions that were offered: which were taken, and how much of them is kept."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable, Coroutine, Sequence
from typing import TYPE_CHECKING, Any

from signoff.completion.kept import Kept, Measured, size
from signoff.completion.offers import Offers, Taken
from signoff.completion.tally import Row, Tally, looked_at, taken, today

if TYPE_CHECKING:
    from signoff.completion.suggestion import Suggestion
    from signoff.lsp_server.documents import Document, Documents

# Looked at a little late rather than a little early.
SLACK_SECONDS = 0.05


class Acceptance:
    """Follows offers and acceptances through the edits of open documents.

    `spawn` runs a coroutine beside the message loop; `measures` says whether the user wants counters; `clock` gives
    seconds that never go back.
    """

    def __init__(
        self,
        documents: Documents,
        spawn: Callable[[Coroutine[Any, Any, Any]], Any],
        measures: Callable[[], bool],
        tally: Tally | None = None,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self.tally = tally or Tally()
        self._documents = documents
        self._spawn = spawn
        self._measures = measures
        self._clock = clock
        self._offers = Offers()
        self._kept = Kept()
        self._timer: asyncio.TimerHandle | None = None

    def offered(self, document: Document, suggestions: Sequence[Suggestion]) -> tuple[int, ...]:
        """The numbers by which an editor tells that it took one of them; they hold for the document as it is."""
        numbers: list[int] = []
        for one in suggestions:
            start = document.index.offsets(one.span)[0]
            numbers += self._offers.offered(document.uri, document.language, start, (one,))
        return tuple(numbers)

    def editing(self, document: Document, first: int, last: int, new: str) -> None:
        """The offsets `first` to `last` of a document are about to be replaced by `new`."""
        if self._offers.follows(document.uri):
            self._offers.edited(document.uri, document.text, first, last, new)
        if self._kept.watches(document.uri):
            self._kept.edited(document.uri, document.text, first, last, new)

    def follows(self, uri: str) -> bool:
        """Whether anything of a document is followed: most are not."""
        return self._offers.follows(uri) or self._kept.watches(uri)

    def accepted(self, number: int) -> Taken | None:
        """The user took an offer whole, or the rest of it; None where it is not known (any more)."""
        document = self._document(number)
        return self._count(self._offers.whole(number, document.text)) if document is not None else None

    def partly(self, number: int, part: str) -> Taken | None:
        """The user took a word or a line of an offer; None where it is not known (any more)."""
        document = self._document(number)
        return self._count(self._offers.part(number, part, document.text)) if document is not None else None

    def closed(self, document: Document) -> None:
        """A document is closed: what stands in it now is what was kept."""
        self._offers.closed(document.uri)
        self._write(_rows(self._kept.closed(document.uri, document.text)))

    async def close(self) -> None:
        """The editor ends: all documents are closed."""
        if self._timer is not None:
            self._timer.cancel()
        rows = [row for document in self._documents for row in _rows(self._kept.closed(document.uri, document.text))]
        if rows and self._measures():
            await asyncio.to_thread(self.tally.add, rows)

    def look(self) -> None:
        """Look at what is due by now, and come back when the next is."""
        self._write(_rows(self._kept.due(self._clock(), self._text)))
        due = self._kept.next_due
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
        if due is not None:
            wait = max(due - self._clock(), 0) + SLACK_SECONDS
            self._timer = asyncio.get_running_loop().call_later(wait, self.look)

    def _document(self, number: int) -> Document | None:
        uri = self._offers.uri(number)
        return self._documents.get(uri) if uri is not None else None

    def _count(self, found: Taken | None) -> Taken | None:
        if found is None or not self._measures():
            return found
        model = found.suggestion.model
        if found.span is not None:
            self._kept.accepted(found.uri, found.language, model, found.span, found.text, self._clock())
        self._write([taken(found.language, model, today(), size(found.text), whole=found.whole)])
        self.look()
        return found

    def _write(self, rows: Sequence[Row]) -> None:
        if rows and self._measures():
            self._spawn(asyncio.to_thread(self.tally.add, rows))

    def _text(self, uri: str) -> str | None:
        document = self._documents.get(uri)
        return document.text if document is not None else None


def _rows(found: Sequence[Measured]) -> list[Row]:
    return [looked_at(one, today()) for one in found]
