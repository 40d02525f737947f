"""Which faults are put into which files: drawn by a seed, the same on every machine, evenly over ways and files."""

from __future__ import annotations

import random
import zlib
from collections import defaultdict
from collections.abc import Callable, Collection, Iterator, Mapping, Sequence
from itertools import cycle, islice

from signoff.diagnostics.mutate.code import VERILOG
from signoff.diagnostics.mutate.mutation import Mutant, Mutation, Mutator, mutant
from signoff.diagnostics.mutate.parsed import parsed
from signoff.diagnostics.mutate.reading import reading
from signoff.diagnostics.mutate.registry import mutators
from signoff.verifiers.finding import Category
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# Of one way of going wrong no more places are kept a file, and no more files are looked at.
PLACES, FILES = 24, 120
# Places tried in vain for one fault before a way is given up.
VAIN = 12
Place = tuple[Snapshot, Mutator, Mutation]


def draw(
    files: Sequence[Snapshot],
    project_of: Callable[[str], Project],
    count: int,
    seed: int,
    kinds: Collection[Category] = (),
) -> tuple[Mutant, ...]:
    """`count` faults of each kind (of `kinds`; all where there are none), as far as the files have room for them.

    Each differs from its clean text in more than blanks and comments, and parses or not as it should.
    """
    found: dict[tuple[str, Category], dict[str, list[Place]]] = defaultdict(lambda: defaultdict(list))
    for snapshot in _some(files, seed):
        for mutator, mutation in _places(snapshot, seed, kinds):
            key = (domain(snapshot.language), mutator.category)
            found[key][mutator.name].append((snapshot, mutator, mutation))
    chosen: list[Mutant] = []
    for (group, category), ways in sorted(found.items()):
        chance = random.Random(f"{seed} {group} {category}")
        chosen += islice(_in_turns(ways, project_of, chance), count)
    return tuple(chosen)


def sound(made: Mutant, parses: bool | None, project: Project) -> bool:
    """Whether a mutant says something else than its clean text, and parses (or not) as its mutator means it to."""
    before = reading(made.clean.text, made.clean.language, project)
    after = reading(made.faulty.text, made.clean.language, project)
    if before.tokens == after.tokens and before.errors == after.errors:
        return False
    return parses is None or (after.errors <= before.errors) == parses


def _some(files: Sequence[Snapshot], seed: int) -> list[Snapshot]:
    """At most FILES of them, drawn by what is in them: where they lie is another matter on every machine."""
    ordered = sorted(files, key=lambda one: (_mark(one), one.path))
    random.Random(seed).shuffle(ordered)
    return ordered[:FILES]


def _mark(snapshot: Snapshot) -> int:
    return zlib.crc32(snapshot.text.encode("utf-8", errors="replace"))


def domain(language: str) -> str:
    """The language as faults are counted by: Verilog and SystemVerilog are one."""
    return "verilog" if language in VERILOG else language


def _places(snapshot: Snapshot, seed: int, kinds: Collection[Category]) -> Iterator[tuple[Mutator, Mutation]]:
    wanted = [one for one in mutators(snapshot.language) if not kinds or one.category in kinds]
    if not wanted:
        return
    code = parsed(snapshot.text, snapshot.language)
    for mutator in wanted:
        places = list(mutator.find(code))
        if len(places) > PLACES:
            places = random.Random(f"{seed} {mutator.name} {_mark(snapshot)}").sample(places, PLACES)
        yield from ((mutator, place) for place in places)


def _in_turns(
    ways: Mapping[str, list[Place]], project_of: Callable[[str], Project], chance: random.Random
) -> Iterator[Mutant]:
    """Sound mutants, the ways taking turns; those of one way, its files taking turns."""
    waiting = [_of_way(places, project_of, chance) for _, places in sorted(ways.items())]
    while waiting:
        for way in list(waiting):
            made = next(way, None)
            if made is None:
                waiting.remove(way)
            else:
                yield made


def _of_way(places: Sequence[Place], project_of: Callable[[str], Project], chance: random.Random) -> Iterator[Mutant]:
    files: dict[str, list[Place]] = defaultdict(list)
    for place in places:
        files[place[0].path].append(place)
    for group in files.values():
        chance.shuffle(group)
    order = list(files.values())
    chance.shuffle(order)
    vain = 0
    for group in cycle(order):
        if not any(order) or vain > VAIN:
            return
        if not group:
            continue
        snapshot, mutator, mutation = group.pop()
        made = mutant(snapshot, mutator, mutation)
        if sound(made, mutator.parses, project_of(snapshot.path)):
            vain = 0
            yield made
        else:
            vain += 1
