"""Launches in text that does not parse: while somebody types, what stands before a launch may not yet mean anything."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from signoff.verifiers.finding import Span
from signoff.verifiers.gpu.facts import Launch, UnitFacts
from signoff.verifiers.gpu.values.source import Source, enclosing

FUNCTION = frozenset({"function_definition"})
# Text with more faults than that is no CUDA, or a macro language of its own: launches beside them are few.
MOST_FAULTS = 500


def sound(source: Source, facts: UnitFacts) -> UnitFacts:
    """The facts without launches beside a syntax error, or behind one in their function, and without broken kernels."""
    if not source.root.has_error:
        return facts
    broken = list(_faults(source))
    launches = tuple(one for one in facts.launches if not any(_concerns(source, place, one) for place in broken))
    kernels = tuple(
        one
        for one in facts.kernels
        if one.path != source.path or not any(one.span <= place and place < _end(one.span) for place, _ in broken)
    )
    return replace(facts, kernels=kernels, launches=launches)


def _faults(source: Source) -> Iterator[tuple[Span, Span | None]]:
    """(place, function around it) of each piece that the grammar could not read, or had to add."""
    waiting, found = [source.root], 0
    while waiting and found < MOST_FAULTS:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found += 1
            function = enclosing(node, FUNCTION)
            yield source.span(node), source.span(function) if function is not None else None
        waiting.extend(child for child in node.children if child.has_error or child.is_missing)


def _concerns(source: Source, fault: tuple[Span, Span | None], launch: Launch) -> bool:
    place, function = fault
    beside = place.start_line - 1 <= launch.span.end_line and launch.span.start_line <= place.end_line + 1
    if beside and _end(launch.span) < place and _finished(source, launch):
        return False  # a whole statement, before what cannot be read
    if function is None or beside:
        return beside
    return function.start_line <= launch.span.start_line <= function.end_line and place < launch.span


def _finished(source: Source, launch: Launch) -> bool:
    """Whether the launch's semicolon follows it."""
    line = source.index.line(launch.span.end_line)
    return line[launch.span.end_column :].lstrip().startswith(";")


def _end(span: Span) -> Span:
    return Span(span.end_line, span.end_column, span.end_line, span.end_column)
