"""Results for parts of a document, kept from one state of its text to the next."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, fields, is_dataclass, replace
from functools import cache
from operator import is_not
from typing import Any, TypeVar

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Extent, Note
from signoff.verifiers.gpu.values.budget import Budget
from signoff.verifiers.gpu.values.changes import Change, change
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.reads import Reads
from signoff.verifiers.gpu.values.unit import Unit

T = TypeVar("T")
# What a result is of: its kind, and what tells it from others of the kind and stays the same while it is kept.
Key = tuple[str | int, ...]


class _Cut(Exception):
    """The edit has cut into a span of a result."""


@dataclass(slots=True)
class _Entry:
    """A result, the document's function that it is of, and the first and last line of its spans in the document: None
    for no spans, () before they were looked for."""

    value: Any
    function: int | None
    reads: Reads
    lines: tuple[()] | tuple[int, int] | None


class Memo:
    """One document's results. Each is of one function of it (or of none), by an evaluator of its own, so that what it
    read is known."""

    def __init__(self) -> None:
        self._unit: Unit | None = None
        self._kept: dict[Key, _Entry] = {}
        self._next: dict[Key, _Entry] = {}
        self.held = 0  # results that the latest edit left as they were

    def begin(self, unit: Unit, budget: Budget) -> None:
        """Go on to another state of the document: what no longer holds is dropped."""
        self.unit, self.budget = unit, budget
        found = change(self._unit, unit) if self._unit is not None else None
        if found is not None:
            self._next = {key: moved for key, entry in self._kept.items() if (moved := _moved(entry, found))}
        else:
            self._next = {}
        self.held = len(self._next)
        # While the text is broken, what was found before is kept for when it is whole again.
        self._broken = found is None and unit.main.source.root.has_error

    def end(self) -> None:
        """Keep the results of this state."""
        if not self._broken or not self._kept:
            self._unit, self._kept = self.unit, self._next

    def value(self, key: Key, path: str, function: int | None, compute: Callable[[Evaluator], T]) -> T:
        """The result that is kept, else the one computed. Each has a budget of its own, so that what it is does not
        depend on what was kept."""
        source = self.unit.main.source
        entry = self._next.get(key)
        if entry is None:
            result, reads = source.recording(lambda: compute(Evaluator(self.unit, self.budget.part(), self)))
            entry = _Entry(result, function, reads, () if path == source.path else None)
            if not self.budget.late:
                self._next[key] = entry
        source.reads.absorb(entry.reads)
        if entry.function is not None:
            source.reads.bodies.add(entry.function)
        value: T = entry.value
        return value


def _moved(entry: _Entry, edit: Change) -> _Entry | None:
    """The entry as it is after an edit, None where it may have become another."""
    if entry.function == edit.function or not edit.leaves(entry.reads):
        return None
    if entry.lines == ():
        entry.lines = _lines(entry.value, edit.before.path)
    if not entry.lines or edit.spares(*entry.lines):
        return entry
    try:
        value = _shifted(entry.value, edit)
    except _Cut:
        return None
    return _Entry(value, entry.function, entry.reads, ())


def _lines(value: Any, path: str) -> tuple[int, int] | None:
    """The first and the last line of the spans in a value, None where it has none."""
    if isinstance(value, Span):
        return value.start_line, value.end_line
    if isinstance(value, Note) and value.path != path:
        return None
    parts = value if isinstance(value, tuple) else [getattr(value, name) for name in _names(value.__class__)]
    found = [lines for part in parts if part is not None and (lines := _lines(part, path)) is not None]
    return (min(first for first, _ in found), max(last for _, last in found)) if found else None


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
