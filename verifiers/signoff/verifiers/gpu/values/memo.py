"""Results for parts of a document, kept from one state of its text to the next."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from operator import is_not
from typing import Any, TypeVar

from signoff.verifiers.finding import Related, Span
from signoff.verifiers.gpu.facts import Note
from signoff.verifiers.gpu.values.budget import Budget
from signoff.verifiers.gpu.values.changes import Change, Lines
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.reads import NOWHERE, Key, Reads
from signoff.verifiers.gpu.values.regions import change
from signoff.verifiers.gpu.values.unit import Unit

T = TypeVar("T")


class _Cut(Exception):
    """The edit has cut into a span of a result."""


@dataclass(slots=True)
class _Entry:
    """A result, what it is made of, and the (first line, last line) of its spans in the document, None before they were
    looked for. `steady`: it does not depend on statements of its function that are plain."""

    value: Any
    steady: bool
    reads: Reads
    lines: Lines | None = None


class Memo:
    """One document's results. Each is by an evaluator of its own, so that what it read is known."""

    def __init__(self) -> None:
        self._unit: Unit | None = None
        # The results, and all that they (and some that are gone) have looked at: of the state that is kept, of this.
        self._kept: dict[Key, _Entry] = {}
        self._next: dict[Key, _Entry] = {}
        self._kept_reads, self._next_reads = Reads(), Reads()
        self.held = 0  # results that the latest edit left as they were

    @property
    def latest(self) -> Unit | None:
        """The state that the kept results are of."""
        return self._unit

    def begin(self, unit: Unit, budget: Budget) -> None:
        """Go on to another state of the document: what no longer holds is dropped."""
        self.unit, self.budget = unit, budget
        found = change(self._unit, unit) if self._unit is not None else None
        self._next, self._next_reads = {}, Reads()
        if found is not None:
            self._next = dict(_moved(self._kept, found, found.leaves(self._kept_reads)))
            self._next_reads.absorb(self._kept_reads.moved(found.before.last, found.gain))
        self.held = len(self._next)
        # While the text is broken, what was found before is kept for when it is whole again.
        self._broken = found is None and unit.main.source.root.has_error

    def end(self) -> None:
        """Keep the results of this state, and those that are still asked for."""
        if not self._broken or not self._kept:
            self._unit, self._kept, self._kept_reads = self.unit, self._next, self._next_reads

    def value(self, key: Key, compute: Callable[[Evaluator], T], *, steady: bool = False) -> T:
        """The result that is kept, else the one computed. Each has a budget of its own, so that what it is does not
        depend on what was kept. `steady`: it does not look at plain statements of its function but for names."""
        source = self.unit.main.source
        entry = self._next.get(key)
        if entry is None:
            result, reads = source.recording(lambda: compute(Evaluator(self.unit, self.budget.part(), self)))
            entry = _Entry(result, steady, reads, None if key.path in (source.path, NOWHERE) else ())
            if not self.budget.late:
                self._next[key] = entry
                self._next_reads.absorb(reads)
        reads = source.reads
        reads.absorb(entry.reads)
        if key.path == source.path:
            if key.number is not None:
                (reads.flows if entry.steady else reads.bodies).add(key.number)
            else:
                reads.order = True
        value: T = entry.value
        return value


def _moved(kept: dict[Key, _Entry], edit: Change, every: bool) -> list[tuple[Key, _Entry]]:
    """The results that hold after an edit, as they are then. `every`: nothing that any has looked at has changed."""
    found = []
    path = edit.after.source.path
    for key, entry in kept.items():
        place = _key(key, entry, edit) if key.path == path else key
        if place is None or not (every or edit.leaves(entry.reads)):
            continue
        value = entry
        if entry.lines is None:
            entry.lines = tuple(sorted(set(_lines(entry.value, path))))
        try:
            if entry.lines and not edit.spares(entry.lines):
                shifted = _shifted(entry.value, edit)
                value = entry if shifted is entry.value else _Entry(shifted, entry.steady, entry.reads)
        except _Cut:
            continue
        reads = value.reads.moved(edit.before.last, edit.gain)
        if reads is not value.reads:
            value = replace(value, reads=reads)
        found.append((place, value))
    return found


def _key(key: Key, entry: _Entry, edit: Change) -> Key | None:
    """Where a result of the document is after an edit, None where it is of what has changed."""
    if edit.inside is None:
        if key.number is None:
            place = edit.offsets(None, key.start, key.end)
            return key._replace(start=place[0], end=place[1]) if place is not None else None
        number = edit.number(key.number)
        return key if number == key.number else key._replace(number=number) if number is not None else None
    if key.number is not None and key.number != edit.inside:
        return key
    if key.number is not None and not (edit.plain and entry.steady):
        return None
    place = edit.offsets(key.number, key.start, key.end)
    return key._replace(start=place[0], end=place[1]) if place is not None else None


def _lines(value: Any, path: str) -> Iterator[tuple[int, int]]:
    """The first and the last line of each span in a value."""
    if isinstance(value, Span):
        yield value.start_line, value.end_line
    elif isinstance(value, tuple):
        for part in value:
            yield from _lines(part, path)
    elif not isinstance(value, (Note, Related)) or value.path == path:
        for name in _names(value.__class__):
            yield from _lines(getattr(value, name), path)


# The types of fields in which there are no spans.
SPANLESS = frozenset(
    ("str", "int", "bool", "int | None", "Form", "Extent", "Extent | None", "Severity", "Category", "tuple[str, ...]")
)


@cache
def _names(kind: type[object]) -> tuple[str, ...]:
    """The fields of a dataclass; none for what has no spans in it."""
    return tuple(one.name for one in fields(kind) if one.type not in SPANLESS) if is_dataclass(kind) else ()


def _shifted(value: Any, edit: Change) -> Any:
    """A value with its spans moved; the same object where none has."""
    if isinstance(value, Span):
        moved = edit.moved(value)
        if moved is None:
            raise _Cut
        return moved
    if isinstance(value, tuple):
        parts = [_shifted(one, edit) for one in value]
        return tuple(parts) if any(map(is_not, parts, value)) else value
    if isinstance(value, (Note, Related)) and value.path != edit.after.source.path:
        return value
    changes = {}
    for name in _names(value.__class__):
        old = getattr(value, name)
        if (new := _shifted(old, edit)) is not old:
            changes[name] = new
    return replace(value, **changes) if changes else value
