"""Completions seen before: typed into, gone back to, come back to. A hit asks no model, and often no verifier.

A trie over what stands on the cursor's line, held as a table from each entry's path to the entry: looking up
tries the paths that end within reach before the cursor, the longest first. Each trie hangs on what the model
read above that line and after the cursor, so that an edit elsewhere leaves it valid, and one there does not.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass, field

from signoff.completion.context import Hole
from signoff.completion.place import CLOSERS, MOST_CLOSERS, Place, Since

ENTRIES = 128
# A completion is typed through over so many lines at most.
LINES = 16


@dataclass(slots=True)
class Ticket:
    """One generation: the model that made it, and for the counters whether it came to its end and was shown."""

    model: str = ""
    prefetch: bool = False
    finished: bool = False
    shown: bool = False


@dataclass(frozen=True, slots=True)
class Known:
    """A completion, and the generation that it comes from."""

    text: str
    ticket: Ticket = field(default_factory=Ticket, compare=False)


@dataclass(frozen=True, slots=True)
class Entry:
    """What is known of a place. No `texts`: the model has nothing to say there that could be shown.

    `hole` is what the place asked for, without the document's text. `several`: more than the likeliest text was
    asked for. `document` is the digest of the document that an entry without texts is true of.
    """

    texts: tuple[Known, ...]
    hole: Hole
    several: bool = False
    document: bytes = b""


@dataclass(frozen=True, slots=True)
class Hit:
    """The rests of an entry's texts at a place, and what was typed since the entry's own."""

    entry: Entry
    since: Since
    rests: tuple[Known, ...]


@dataclass(frozen=True, slots=True)
class Reach:
    """How many characters before the cursor's line and after the cursor a model reads."""

    before: int = 4_000
    after: int = 1_000


# A document and what was read of it: (uri, text above the line, text after the cursor).
Trunk = tuple[str, str, str]


class CompletionCache:
    """Keeps the last completions of all documents."""

    def __init__(self, entries: int = ENTRIES, reach: Reach | None = None) -> None:
        self.reach = reach or Reach()
        self._limit = entries
        self._tries: dict[Trunk, dict[str, Entry]] = {}
        self._recent: OrderedDict[tuple[Trunk, str], None] = OrderedDict()

    def get(self, uri: str, place: Place) -> Hit | None:
        """The nearest entry that what was typed since agrees with; None where there is none. One without texts is
        found at its own place only."""
        if not self._recent:
            return None
        for covered in self._covered(place.suffix):
            for trunk, path in self._roots(uri, place, len(covered)):
                if (trie := self._tries.get(trunk)) and (hit := self._search(trunk, trie, path, covered)):
                    return hit
        return None

    def put(self, uri: str, prefix: str, suffix: str, entry: Entry) -> None:
        """Remember what is known of a place."""
        trunk, path = next(self._roots(uri, Place(prefix, suffix, 0, 0), 0))
        self._tries.setdefault(trunk, {})[path] = entry
        self._recent[trunk, path] = None
        self._recent.move_to_end((trunk, path))
        while len(self._recent) > self._limit:
            (trunk, path), _ = self._recent.popitem(last=False)
            self._tries[trunk].pop(path)
            if not self._tries[trunk]:
                del self._tries[trunk]

    def clear(self) -> None:
        """Forget everything."""
        self._tries.clear()
        self._recent.clear()

    def __len__(self) -> int:
        return len(self._recent)

    def _covered(self, suffix: str) -> Iterator[str]:
        yield ""
        for length in range(1, min(MOST_CLOSERS, len(suffix)) + 1):
            if suffix[length - 1] not in CLOSERS:
                return
            yield suffix[:length]

    def _roots(self, uri: str, place: Place, covered: int) -> Iterator[tuple[Trunk, str]]:
        """(trie, path from its root to the place), from the cursor's own line upwards."""
        prefix, after = place.prefix, place.suffix[covered : covered + self.reach.after]
        end = len(prefix)
        for _ in range(LINES):
            start = prefix.rfind("\n", 0, end) + 1
            yield (uri, prefix[max(start - self.reach.before, 0) : start], after), prefix[start:]
            if not start:
                return
            end = start - 1

    def _search(self, trunk: Trunk, trie: dict[str, Entry], path: str, covered: str) -> Hit | None:
        longest = max(map(len, trie))
        for end in range(min(len(path), longest), -1, -1):
            if (entry := trie.get(path[:end])) is None:
                continue
            since = Since(path[end:], covered)
            rests = tuple(Known(rest, one.ticket) for one in entry.texts if (rest := since.rest(one.text)))
            if rests or (not entry.texts and not since.typed and not covered):
                self._recent.move_to_end((trunk, path[:end]))
                return Hit(entry, since, rests)
        return None
