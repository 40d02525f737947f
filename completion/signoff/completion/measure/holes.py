"""Holes for measuring: regions of real files, found by their grammar, that the model is to fill in again."""

from __future__ import annotations

import random
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import islice

from signoff.completion.measure import holes_c, holes_hdl, holes_python
from signoff.completion.nesting import C_LIKE, PYTHON, VERILOG

# A region of more lines, or more characters, is not what one completion is asked for.
MOST_LINES = 12
MOST_CHARACTERS = 600
LEAST_CHARACTERS = 4


@dataclass(frozen=True, slots=True)
class Region:
    """What is masked: `text[start:end]` (offsets in code points) of a file, and what kind of thing it is."""

    path: str
    language: str
    kind: str
    start: int
    end: int


def regions(path: str, language: str, text: str) -> tuple[Region, ...]:
    """All regions of a file that may be masked, in their order; () for a language that has none."""
    find = _finder(language)
    if find is None:
        return ()
    found = {(kind, *_trimmed(text, start, end)) for kind, start, end in find(text, language)}
    kept = [one for one in found if _fits(text[one[1] : one[2]])]
    return tuple(Region(path, language, *one) for one in sorted(kept, key=lambda one: (one[1], one[2], one[0])))


def draw(found: Iterable[Region], count: int, seed: int) -> tuple[Region, ...]:
    """`count` of the regions: as many of each (language, kind) as there are, drawn by `seed`, in a fixed order."""
    chosen = islice(in_turn(found, seed), max(count, 0))
    return tuple(sorted(chosen, key=lambda one: (one.language, one.kind, one.path, one.start)))


def in_turn(found: Iterable[Region], seed: int) -> Iterator[Region]:
    """All regions in an order by chance, in which each (language, kind) has its turn, and so has each file: a large
    one does not decide the result."""
    groups: dict[tuple[str, str], list[Region]] = defaultdict(list)
    for region in found:
        groups[region.language, region.kind].append(region)
    # A text as the seed of each group: what one group holds does not change what is drawn of another.
    waiting = {key: _in_turns(rows, random.Random(f"{seed} {key}")) for key, rows in sorted(groups.items())}
    while waiting:
        for key in list(waiting):
            found_one = next(waiting[key], None)
            if found_one is None:
                del waiting[key]
            else:
                yield found_one


def _in_turns(rows: Sequence[Region], chance: random.Random) -> Iterator[Region]:
    files: dict[str, list[Region]] = defaultdict(list)
    for region in sorted(rows, key=lambda one: (one.path, one.start, one.end)):
        files[region.path].append(region)
    order = sorted(files)
    chance.shuffle(order)
    for path in order:
        chance.shuffle(files[path])
    while order:
        for path in list(order):
            yield files[path].pop()
            if not files[path]:
                order.remove(path)


def _finder(language: str) -> Callable[[str, str], Iterable[tuple[str, int, int]]] | None:
    if language in VERILOG:
        return holes_hdl.find
    if language in C_LIKE:
        return holes_c.find
    return holes_python.find if language in PYTHON else None


def _trimmed(text: str, start: int, end: int) -> tuple[int, int]:
    while start < end and text[start].isspace():
        start += 1
    while end > start and text[end - 1].isspace():
        end -= 1
    return start, end


def _fits(text: str) -> bool:
    return LEAST_CHARACTERS <= len(text) <= MOST_CHARACTERS and text.count("\n") < MOST_LINES
