"""Regions of other places that were edited or looked at lately, and which of them resemble what is being written.

The idea is that of llama.vim's ring buffer: what one worked on a moment ago is what one repeats and refers to now.
"""

from __future__ import annotations

import os
import re
from collections import OrderedDict
from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import PurePath

from signoff.completion import nesting
from signoff.completion.context import Hole
from signoff.completion.passage import Passage
from signoff.verifiers.snapshot import Snapshot

CHUNKS = 16
LINES = 64
# Places that wait to become chunks, one for each stretch of a document.
WAITING = 32
# Two regions that share so much of their names are one.
SAME = 0.7
# A region that shares less than this with the cursor's is of no use there.
RELATED = 0.1
# Lines before the cursor's that its region is made of, and lines after it.
ABOVE, UNDER = 24, 8
# The weight of what is merely similar, below every fact.
WEIGHT = 0.2
_NAME = re.compile(r"[A-Za-z_]\w{2,}")
_SECRET_FILE = re.compile(
    r"(?:^|[._-])(?:env|secrets?|credentials?|passwords?|passwd|id_rsa|id_ed25519|netrc|npmrc|pypirc|htpasswd)(?:$|[._-])|"
    r"\.(?:pem|key|p12|pfx|jks|keystore|kdbx|asc|gpg)$",
    re.IGNORECASE,
)
_SECRET_TEXT = re.compile(
    r"-----BEGIN [A-Z ]*PRIVATE KEY|\bAKIA[0-9A-Z]{16}\b|\bgh[pousr]_\w{30,}|\bsk-[\w-]{20,}|"
    r"(?i:\b\w*(?:passw(?:or)?d|secret|api_?key|access_?token|private_?key)\w*)\s*(?:\[\s*\]\s*)?[:=]\s*[\"'][^\"'\n]{8,}[\"']"
)


@dataclass(frozen=True, slots=True)
class Chunk:
    """One region of a document as it stood when one left it; `line` its first, from 0."""

    uri: str
    path: str
    group: str
    line: int
    text: str
    names: frozenset[str]


class Ring:
    """At most CHUNKS regions, the newest last. `roots` are the workspace's folders: nothing else is ever held.

    edited(), opened(), saved() and left() only note a place; settle() reads the noted ones, when there is time.
    """

    def __init__(self, roots: Iterable[str] = ()) -> None:
        self._roots = tuple(roots)
        self._waiting: OrderedDict[tuple[str, int], tuple[Snapshot, int]] = OrderedDict()
        self._chunks: list[Chunk] = []

    @property
    def chunks(self) -> tuple[Chunk, ...]:
        """What is held."""
        return tuple(self._chunks)

    def configure(self, roots: Iterable[str]) -> None:
        """Take other workspace folders; what lies outside of them is forgotten."""
        self._roots = tuple(roots)
        self._chunks = [one for one in self._chunks if self._name(one.path)]

    def edited(self, snapshot: Snapshot, line: int) -> None:
        """The document was changed at a line (from 0)."""
        self._note(snapshot, line)

    def saved(self, snapshot: Snapshot, line: int) -> None:
        """The document was saved with the cursor in this line."""
        self._note(snapshot, line)

    def left(self, snapshot: Snapshot, line: int) -> None:
        """The cursor went from this line to some far place."""
        self._note(snapshot, line)

    def opened(self, snapshot: Snapshot) -> None:
        """The document was opened or shown: its first code is noted."""
        self._note(snapshot, LINES // 2)

    def closed(self, uri: str) -> None:
        """The document was closed. What was read of it stays: it is on disk."""
        for key in [key for key in self._waiting if key[0] == uri]:
            del self._waiting[key]

    def forget(self, uri: str) -> None:
        """The document's file was deleted."""
        self.closed(uri)
        self._chunks = [one for one in self._chunks if one.uri != uri]

    def settle(self) -> None:
        """Make chunks of the noted places: some 0.1 ms each, so for idle time."""
        while self._waiting:
            _, (snapshot, line) = self._waiting.popitem(last=False)
            chunk = self._read(snapshot, line)
            if chunk is not None:
                self._add(chunk)

    def nearest(self, hole: Hole, count: int, uri: str = "") -> tuple[Passage, ...]:
        """At most `count` regions that share most names with the cursor's, the most similar first.

        The cursor's own line does not count, so that they stay the same while it is typed.
        """
        group, wanted = group_of(hole.language), _around(hole)
        rated = [
            (similarity(chunk.names, wanted), chunk)
            for chunk in self._chunks
            if chunk.group == group and not _contains(chunk, hole, uri)
        ]
        best = sorted((pair for pair in rated if pair[0] >= RELATED), key=lambda pair: (-pair[0], pair[1].path))
        return tuple(
            Passage(self._name(one.path), one.text, exact=False, why=f"lines {one.line + 1} on", weight=WEIGHT * rate)
            for rate, one in best[:count]
        )

    def _note(self, snapshot: Snapshot, line: int) -> None:
        if not self._name(snapshot.path) or not group_of(snapshot.language):
            return
        if _SECRET_FILE.search(PurePath(snapshot.path).name):
            return
        key = snapshot.uri, line // (LINES // 2)
        self._waiting.pop(key, None)
        self._waiting[key] = snapshot, line
        while len(self._waiting) > WAITING:
            self._waiting.popitem(last=False)

    def _name(self, path: str) -> str:
        """The path below the workspace folder that holds it; "" where none does."""
        pure = PurePath(os.path.normpath(path)) if path else PurePath()
        for root in self._roots:
            if path and root and pure.is_relative_to(root):
                return pure.relative_to(root).as_posix()
        return ""

    def _read(self, snapshot: Snapshot, line: int) -> Chunk | None:
        lines = snapshot.text.splitlines()
        first = max(min(line - LINES // 2, len(lines) - LINES), 0)
        text = "\n".join(lines[first : first + LINES]).strip("\n")
        names = _names(text)
        if len(names) < 3 or _SECRET_TEXT.search(text):
            return None
        return Chunk(snapshot.uri, snapshot.path, group_of(snapshot.language), first, text, names)

    def _add(self, chunk: Chunk) -> None:
        def replaced(other: Chunk) -> bool:
            same_place = other.uri == chunk.uri and abs(other.line - chunk.line) < LINES // 2
            return same_place or (other.group == chunk.group and similarity(other.names, chunk.names) > SAME)

        self._chunks = [one for one in self._chunks if not replaced(one)][-(CHUNKS - 1) :]
        self._chunks.append(chunk)


def group_of(language: str) -> str:
    """Languages whose text helps one another: a CUDA file reads C headers. "" for others."""
    if language in nesting.VERILOG:
        return "hdl"
    if language in nesting.PYTHON:
        return "python"
    return "c" if language in nesting.C_LIKE else ""


def similarity(one: frozenset[str], other: frozenset[str]) -> float:
    """Jaccard's index of two sets of names: 1 for equal ones, 0 where nothing is shared."""
    union = len(one | other)
    return len(one & other) / union if union else 0.0


def _names(text: str) -> frozenset[str]:
    return frozenset(_NAME.findall(text))


def _around(hole: Hole) -> frozenset[str]:
    above = hole.prefix[-ABOVE * 200 :].split("\n")[:-1][-ABOVE:]
    under = hole.suffix[: UNDER * 200].split("\n")[1 : UNDER + 1]
    return _names("\n".join((*above, *under)))


def _contains(chunk: Chunk, hole: Hole, uri: str) -> bool:
    """Whether the cursor stands in the region, or so close that the window shows it."""
    return chunk.uri == uri and chunk.line - LINES <= hole.line <= chunk.line + 2 * LINES
