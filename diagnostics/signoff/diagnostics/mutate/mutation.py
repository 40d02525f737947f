"""One injected fault: which text stands where another stood, and of which kind that fault is."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from typing import Any

from signoff.verifiers.finding import Category
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import Edit, LineIndex, apply_edits


@dataclass(frozen=True, slots=True, order=True)
class Splice:
    """`text` in place of the code points from offset `start` up to `end`."""

    start: int
    end: int
    text: str


@dataclass(frozen=True, slots=True)
class Mutation:
    """A fault that can be put into one text. `also`: offsets in that text where a tool may as rightly report it,
    such as the other driver of a signal, or a use of a name whose declaration is gone."""

    splices: tuple[Splice, ...]
    also: tuple[int, ...] = ()


# Takes what parsed.py makes of a text in the mutator's language: Code, or PythonCode.
Finder = Callable[[Any], Iterator[Mutation]]


@dataclass(frozen=True, slots=True)
class Mutator:
    """One way of going wrong: every place in a text where it can. `name` is unique, in the words of what was done.

    `parses`: whether the text still parses with the fault in it; None: some of its faults do. `silent`: the
    fault is one of simulation or of time only, and what hardware or machine code is made of the text may be the same.
    """

    name: str
    category: Category
    find: Finder
    parses: bool | None = True
    silent: bool = False


@dataclass(frozen=True, slots=True)
class Mutant:
    """A document with one fault in it. `lines` (from 0, of the faulty text) are those where it may rightly be reported;
    `edits` lead from the clean text to the faulty one."""

    clean: Snapshot
    faulty: Snapshot
    category: Category
    operator: str
    lines: tuple[int, ...]
    edits: tuple[Edit, ...]
    silent: bool


def one(start: int, end: int, text: str = "", also: tuple[int, ...] = ()) -> Mutation:
    """The mutation of a single place."""
    return Mutation((Splice(start, end, text),), also)


def mutant(snapshot: Snapshot, mutator: Mutator, mutation: Mutation) -> Mutant:
    """The document with the fault in it, one version later. Raises ValueError where splices overlap."""
    index = LineIndex(snapshot.text)
    edits = tuple(Edit(index.span(cut.start, cut.end), cut.text) for cut in mutation.splices)
    text = apply_edits(snapshot.text, edits)
    lines = _lines(mutation, LineIndex(text))
    faulty = replace(snapshot, text=text, version=snapshot.version + 1)
    return Mutant(snapshot, faulty, mutator.category, mutator.name, lines, edits, mutator.silent)


def _lines(mutation: Mutation, after: LineIndex) -> tuple[int, ...]:
    """The lines of the faulty text that the splices made, and those of the other places, in order."""
    found, shift = set[int](), 0
    for cut in sorted(mutation.splices):
        start = cut.start + shift
        shift += len(cut.text) - (cut.end - cut.start)
        written = cut.text.strip()
        first = start + (cut.text.find(written) if written else 0)
        found.update(range(after.position(first)[0], after.position(first + len(written))[0] + 1))
    for offset in mutation.also:
        moved = sum(len(cut.text) - (cut.end - cut.start) for cut in mutation.splices if cut.end <= offset)
        found.add(after.position(max(offset + moved, 0))[0])
    return tuple(sorted(found))
