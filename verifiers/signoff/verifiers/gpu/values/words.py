"""Where a word stands in a text."""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from itertools import takewhile

INSIDE_WORD = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_$")
SHORT = 2


@cache
def _ending(word: bytes) -> re.Pattern[bytes]:
    """The word where it ends: what comes before is tested by hand, since a look back makes the search slow."""
    return re.compile(re.escape(word) + rb"(?![\w$])")


def places(data: bytes, word: bytes, start: int, end: int) -> Iterator[int]:
    """Where a word stands in a range of a text, and is no part of another.

    Plain search and a look at what stands around it; for the few short names, which are in everything, a
    pattern that is kept: to compile one for every name costs more than it saves.
    """
    width = len(word)
    if 0 < width <= SHORT:
        found = (match.start() for match in _ending(word).finditer(data, start))
        yield from (at for at in takewhile(end.__gt__, found) if at == 0 or data[at - 1] not in INSIDE_WORD)
        return
    # The name that is missing in a half-typed text is empty, and everywhere.
    at = data.find(word, start, end) if word else -1
    while at >= 0:
        after = data[at + width : at + width + 1]
        if (at == 0 or data[at - 1] not in INSIDE_WORD) and (not after or after[0] not in INSIDE_WORD):
            yield at
        at = data.find(word, at + width, end)
