"""What an editor was offered last, and which part of it the user has taken. Pure."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass

from signoff.completion.kept import shrunk
from signoff.completion.suggestion import Suggestion

# An editor may run the command of an acceptance after newer offers have come.
REMEMBERED = 64


@dataclass(frozen=True, slots=True)
class Taken:
    """`text` of a suggestion is in the document, at the offsets `span`. `whole`: nothing of it is left to take.

    `span` is None where the text does not stand where it should: another edit came first.
    """

    uri: str
    language: str
    suggestion: Suggestion
    text: str
    span: tuple[int, int] | None
    whole: bool


@dataclass(slots=True)
class _Offer:
    """`start` is the offset where its text goes; `inserted` the characters that the document last grew by there."""

    uri: str
    language: str
    suggestion: Suggestion
    start: int
    inserted: int = 0
    told: int = 0


class Offers:
    """Remembers the last offers by number, and where they go while the document is edited."""

    def __init__(self) -> None:
        self._offers: OrderedDict[int, _Offer] = OrderedDict()
        self._last = 0

    def offered(self, uri: str, language: str, start: int, suggestions: Sequence[Suggestion]) -> tuple[int, ...]:
        """The numbers of suggestions just offered for the document's offset `start`."""
        numbers = tuple(range(self._last + 1, self._last + 1 + len(suggestions)))
        self._last += len(suggestions)
        self._offers.update(
            (number, _Offer(uri, language, one, start)) for number, one in zip(numbers, suggestions, strict=True)
        )
        while len(self._offers) > REMEMBERED:
            self._offers.popitem(last=False)
        return numbers

    def follows(self, uri: str) -> bool:
        """Whether edits of the document matter."""
        return any(offer.uri == uri for offer in self._offers.values())

    def uri(self, number: int) -> str | None:
        """The document of an offer; None where it is not known."""
        offer = self._offers.get(number)
        return offer.uri if offer is not None else None

    def edited(self, uri: str, before: str, first: int, last: int, new: str) -> None:
        """The document's text `before` had offsets `first` to `last` replaced by `new`."""
        first, last, new = shrunk(before, first, last, new)
        shift = len(new) - (last - first)
        for offer in self._offers.values():
            if offer.uri == uri and (last < offer.start or (last == offer.start and first < last)):
                offer.start += shift
            elif offer.uri == uri:
                offer.inserted = max(shift, 0)

    def closed(self, uri: str) -> None:
        """The document is closed: its offers are no more."""
        for number in [number for number, offer in self._offers.items() if offer.uri == uri]:
            del self._offers[number]

    def whole(self, number: int, text: str) -> Taken | None:
        """Offer `number` was accepted; `text` is the document's now. None where no such offer is known."""
        offer = self._offers.pop(number, None)
        if offer is None:
            return None
        wanted = offer.suggestion.text
        end = _end(text, offer.start, wanted)
        # What was typed of it, or taken before, was not accepted now.
        fresh = min(offer.inserted or len(wanted), len(wanted))
        span = None if end is None else (max(offer.start, end - (offer.inserted or end)), end)
        return Taken(offer.uri, offer.language, offer.suggestion, wanted[len(wanted) - fresh :], span, True)

    def part(self, number: int, part: str, text: str) -> Taken | None:
        """`part` of offer `number` was just accepted: a word or a line; `text` is the document's now."""
        offer = self._offers.get(number)
        wanted = offer.suggestion.text if offer is not None else ""
        part = part.replace("\r\n", "\n")
        at = wanted.find(part, offer.told) if offer is not None else -1
        if offer is None or at < 0 or not part:
            return None
        offer.told = at + len(part)
        start, end = _end(text, offer.start, wanted[:at]), _end(text, offer.start, wanted[: offer.told])
        span = None if start is None or end is None else (start, end)
        return Taken(offer.uri, offer.language, offer.suggestion, part, span, False)


def _end(text: str, start: int, wanted: str) -> int | None:
    """Where `wanted` ends that stands in `text` from `start` on, whatever its line ends; None where it does not."""
    if text.startswith(wanted, start):
        return start + len(wanted)
    crlf = wanted.replace("\n", "\r\n")
    return start + len(crlf) if text.startswith(crlf, start) else None
