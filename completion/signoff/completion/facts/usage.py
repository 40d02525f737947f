"""How the other functions of a workspace use what they do not declare: what stands together there may do so here."""

from __future__ import annotations

import heapq
import math
import os
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass

from signoff.verifiers.file_kinds import is_skipped
from signoff.verifiers.mcu.source.files import Files, Stamp

# Files that are read, the nearest to the document first, and what one of them may have in bytes.
MOST_FILES = 250
MOST_LOOKED_AT = 4_000
# Files of several documents' surroundings that are kept.
MOST_KEPT = 1_500
LARGEST = 300_000
# The functions that are most like the one at the cursor, and the names that they lead to.
NEIGHBOURS = 12
SMALLEST, MOST_NAMES = 2, 400
# Names by which these are found, the rarest of the function's, and functions that are looked at for one of them.
MOST_RARE, MOST_WITH = 60, 300
# Functions of the document, as it was read from disk, that may be among the best: they don't count.
MOST_OWN = 30


Split = Callable[[str], Iterable[frozenset[str]]]


@dataclass(frozen=True, slots=True)
class _Function:
    """One outermost piece of a file, and the names in it."""

    path: str
    names: frozenset[str]


class Usage:
    """The functions of the files near a document. One for a worker process; read() takes its time.

    `split` gives the names in each function of a text.
    """

    def __init__(self, split: Split) -> None:
        self._split = split
        self._files: dict[str, tuple[Stamp, tuple[_Function, ...]]] = {}
        self._functions: list[_Function] = []
        self._with: dict[str, list[int]] = {}

    def read(self, files: Files, document: str, root: str, endings: Sequence[str]) -> None:
        """Read the files near a document below the root; those that have not changed are not read again."""
        for path in near(document, root, endings):
            stamp = files.stamp(path)
            kept = self._files.get(path)
            if stamp is None or (kept is not None and kept[0] == stamp):
                continue
            data = files.data(path, stamp, LARGEST)
            self._files[path] = stamp, tuple(self._of(path, data)) if data is not None else ()
        while len(self._files) > MOST_KEPT:
            del self._files[next(iter(self._files))]
        self._functions = [one for _, own in self._files.values() for one in own]
        joined: defaultdict[str, list[int]] = defaultdict(list)
        for number, one in enumerate(self._functions):
            for name in one.names:
                joined[name].append(number)
        self._with = dict(joined)

    def _of(self, path: str, data: bytes) -> Iterator[_Function]:
        for names in self._split(data.decode("utf-8", "replace")):
            if SMALLEST <= len(names) <= MOST_NAMES:
                yield _Function(path, names)

    def likely(self, names: Iterable[str], document: str, most: int) -> list[str]:
        """What the functions use that are most like one with these names, the likeliest first; not these themselves."""
        known = frozenset(names)
        found: defaultdict[str, float] = defaultdict(float)
        for number, score in self._nearest(known, document):
            for name in self._functions[number].names - known:
                found[name] += score
        ranks = ((-score / math.sqrt(len(self._with[name])), name) for name, score in found.items())
        return [name for _, name in heapq.nsmallest(most, ranks)]

    def _nearest(self, names: frozenset[str], document: str) -> list[tuple[int, float]]:
        """(number, score) of the functions with most of the names, where a rare name counts more."""
        scores: defaultdict[int, float] = defaultdict(float)
        rare = sorted((len(self._with[name]), name) for name in names if name in self._with)[:MOST_RARE]
        for count, name in rare:
            worth = math.log(1 + len(self._functions) / count)
            for number in self._with[name][:MOST_WITH]:
                scores[number] += worth
        ranks = (
            (-score / math.sqrt(10 + len(self._functions[number].names)), number) for number, score in scores.items()
        )
        best = heapq.nsmallest(NEIGHBOURS + MOST_OWN, ranks)
        return [(number, -score) for score, number in best if self._functions[number].path != document][:NEIGHBOURS]


def near(document: str, root: str, endings: Sequence[str]) -> list[str]:
    """The files of a kind around a document: those in its folder and below, then those of each folder above it.

    None outside of the root.
    """
    found: dict[str, None] = {}
    folder = document.rpartition(os.sep)[0]
    looked = [0]
    while root and (folder == root or folder.startswith(root.rstrip(os.sep) + os.sep)):
        for path in _below(folder, endings, looked):
            found[path] = None
            if len(found) >= MOST_FILES:
                return list(found)
        above = folder.rpartition(os.sep)[0]
        if folder == root:
            break
        folder = above
    return list(found)


def _below(folder: str, endings: Sequence[str], looked: list[int]) -> Iterator[str]:
    waiting = [folder]
    while waiting and looked[0] < MOST_LOOKED_AT:
        here = waiting.pop(0)
        try:
            entries = sorted(os.scandir(here), key=lambda entry: entry.name)
        except OSError:
            continue
        for entry in entries:
            looked[0] += 1
            if entry.is_dir(follow_symlinks=False):
                if not is_skipped(entry.name):
                    waiting.append(entry.path)
            elif entry.name.endswith(tuple(endings)) and entry.is_file(follow_symlinks=False):
                yield entry.path
