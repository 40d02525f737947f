"""Where comments, strings and preprocessing directives stand in a text; after an edit, only around it anew."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import deque
from dataclasses import dataclass, field, replace
from functools import lru_cache

from signoff.verifiers.gpu.values.parsing import Stretch, difference

SCAN = re.compile(
    rb"(?P<directive>^[ \t]*\#(?:[^\n\\/\"]|\\\r?\n|\\.|/\*.*?\*/|/(?![/*])|\"(?:[^\"\\\n]|\\.)*\"|\")*)"
    rb"|/\*.*?(?:\*/|\Z)|//(?:[^\n\\]|\\.)*"
    rb"|R\"(?P<mark>[^()\s\\\"]{0,16})\(.*?\)(?P=mark)\"|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'",
    re.MULTILINE | re.DOTALL,
)
WORD = re.compile(r"\s*#\s*(\w*)\s*(.*)", re.DOTALL)
COMMENT = re.compile(r"/\*.*?\*/", re.DOTALL)
# Scans that a changed text may start from, and the length from which on that is worth it.
RECENT, LONG = 6, 4000


@dataclass(frozen=True, slots=True)
class Directive:
    """One preprocessing directive: its byte range, its word and the rest of it."""

    start: int
    end: int
    word: str
    rest: str


@dataclass(slots=True)
class _Scan:
    """A text, and where each comment, string and directive in it starts and ends."""

    data: bytes
    starts: list[int] = field(default_factory=list)
    ends: list[int] = field(default_factory=list)
    directives: dict[int, Directive] = field(default_factory=dict)

    def add(self, match: re.Match[bytes]) -> None:
        self.starts.append(match.start())
        self.ends.append(match.end())
        directive = _directive(match) if match["directive"] is not None else None
        if directive is not None:
            self.directives[match.start()] = directive

    def take(self, old: _Scan, low: int, high: int, shift: int) -> None:
        """Take over the pieces of an earlier scan from number `low` to `high`, moved."""
        self.starts.extend(at + shift for at in old.starts[low:high])
        self.ends.extend(at + shift for at in old.ends[low:high])
        for at in old.starts[low:high]:
            one = old.directives.get(at)
            if one is not None:
                self.directives[at + shift] = replace(one, start=one.start + shift, end=one.end + shift)


_recent: deque[_Scan] = deque(maxlen=RECENT)


@lru_cache(maxsize=1024)
def directives(data: bytes) -> tuple[Directive, ...]:
    """All directives of a text, in order."""
    for old in reversed(_recent) if len(data) > LONG else ():
        place = difference(old.data, data)
        if 2 * (place.start + len(data) - place.new_end) > len(data):
            scan = again(old, data, place)
            break
    else:
        scan = whole(data)
    if len(data) > LONG:
        _recent.append(scan)
    return tuple(scan.directives.values())


def whole(data: bytes) -> _Scan:
    """The scan of a text from its first byte."""
    scan = _Scan(data)
    for match in SCAN.finditer(data):
        scan.add(match)
    return scan


def again(old: _Scan, data: bytes, place: Stretch) -> _Scan:
    """The scan of a text that differs from another's in one place."""
    if b'R"' in data or b'R"' in old.data:
        return whole(data)  # where such a string is not ended, all that follows tells
    low, start = _restart(old, place.start)
    scan = _Scan(data)
    scan.take(old, 0, low, 0)
    for match in SCAN.finditer(data, start):
        before = match.start() - place.shift
        at = bisect_left(old.starts, before)
        if match.start() > place.new_end and at < len(old.starts) and old.starts[at] == before > place.old_end:
            scan.take(old, at, len(old.starts), place.shift)
            break
        scan.add(match)
    return scan


def _restart(old: _Scan, start: int) -> tuple[int, int]:
    """(pieces that stay, offset to go on from): the beginning of a line that neither a piece nor a backslash joins to
    the one before. What a piece is, the text before it does not tell; what was none may become one."""
    low = bisect_left(old.ends, start)  # one that ends right there may now go on
    while True:
        if low < len(old.starts):
            start = min(start, old.starts[low])
        start = old.data.rfind(b"\n", 0, start) + 1
        while start and old.data[max(start - 3, 0) : start].rstrip(b"\r\n").endswith(b"\\"):
            start = old.data.rfind(b"\n", 0, start - 1) + 1
        low = bisect_right(old.ends, start)
        if low == len(old.starts) or old.starts[low] >= start:
            return low, start


def _directive(match: re.Match[bytes]) -> Directive | None:
    text = COMMENT.sub(" ", match[0].decode("utf-8", "replace")).replace("\\\r\n", " ").replace("\\\n", " ")
    word = WORD.match(text)
    return Directive(match.start(), match.end(), word[1], word[2].strip()) if word is not None else None
