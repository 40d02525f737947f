"""Results for parts of a document, kept from one state of its text to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from operator import is_not
from typing import Any, TypeVar

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Extent, Note
from signoff.verifiers.gpu.values.changes import Change, change
from signoff.verifiers.gpu.values.evaluate import Budget, Evaluator
from signoff.verifiers.gpu.values.reads import Reads
from signoff.verifiers.gpu.values.unit import Unit

T = TypeVar("T")
# What a result is of: its kind, and what tells it from others of the kind and stays the same while it is kept.
Key = tuple[str, str, int, int]


class _Cut(Exception):
    """The edit has cut into a span of a result."""


@dataclass(frozen=True, slots=True)
class _Entry:
    value: Any
    path: str
    function: int | None
    reads: Reads


class Memo:
    """One document's results. Each is of one function of it (or of none), by an evaluator of its own, so that what it
    read is known."""

    def __init__(self) -> None:
        self._unit: Unit | None = None
        self._kept: dict[Key, _Entry] = {}
        self._next: dict[Key, _Entry] = {}

    def begin(self, unit: Unit, budget: Budget) -> None:
        """Go on to another state of the document: what no longer holds is dropped."""
        self.unit, self.budget = unit, budget
        found = change(self._unit, unit) if self._unit is not None else None
        if found is not None:
            self._next = {key: moved for key, entry in self._kept.items() if (moved := _moved(entry, found))}
        else:
            self._next = {}
        # While the text is broken, what was found before is kept for when it is whole again.
        self._broken = found is None and unit.main.source.root.has_error

    def end(self) -> None:
        """Keep the results of this state."""
        if not self._broken or not self._kept:
            self._unit, self._kept = self.unit, self._next

    def value(self, key: Key, path: str, function: int | None, compute: Callable[[Evaluator], T]) -> T | None:
        """The result that is kept, else the one computed; None where the budget is used up."""
        entry = self._next.get(key)
        if entry is None:
            if self.budget.exhausted:
                return None
            source = self.unit.main.source
            outer, source.reads = source.reads, Reads()
            entry = _Entry(compute(Evaluator(self.unit, self.budget)), path, function, source.reads)
            source.reads = outer
            if not self.budget.exhausted:
                self._next[key] = entry
        value: T = entry.value
        return value


def _moved(entry: _Entry, edit: Change) -> _Entry | None:
    """The entry as it is after an edit, None where it may have become another."""
    if entry.function == edit.function or not edit.leaves(entry.reads):
        return None
    if entry.path != edit.after.path:
        return entry
    try:
        value = _shifted(entry.value, edit)
    except _Cut:
        return None
    return entry if value is entry.value else replace(entry, value=value)


@cache
def _names(kind: type[object]) -> tuple[str, ...]:
    """The fields of a dataclass; none for what has no spans in it."""
    return tuple(field.name for field in fields(kind)) if is_dataclass(kind) and kind is not Extent else ()


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
    if isinstance(value, Note) and value.path != edit.after.path:
        return value
    changes = {}
    for name in _names(value.__class__):
        old = getattr(value, name)
        if (new := _shifted(old, edit)) is not old:
            changes[name] = new
    return replace(value, **changes) if changes else value
