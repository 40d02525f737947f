"""Resets that are inverted, forgotten or not constant."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.hdl.processes import Process, branches, processes, right_side
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category

RESET_NAMES = ("rst", "reset", "clear", "clr")


def inverted_condition(code: Code) -> Iterator[Mutation]:
    """The reset's branch is taken while there is no reset."""
    for _, condition, _ in _resets(code):
        words = code.words(condition)
        if words.startswith(("!", "~")):
            yield one(code.start(condition), code.start(condition) + 1)
        elif words.isidentifier():
            yield one(code.start(condition), code.start(condition), "!")


def dropped_edge(code: Code) -> Iterator[Mutation]:
    """The edge of an asynchronous reset is no longer in the list."""
    for process, condition, _ in _resets(code):
        for edge in process.edges[1:]:
            event = edge.parent
            before = event.prev_sibling
            if before is not None and before.type in ("or", ",") and _of(code, event, condition):
                yield one(len(code.text[: code.start(before)].rstrip()), code.end(event), "", (code.start(condition),))


def other_edge(code: Code) -> Iterator[Mutation]:
    """The other edge of an asynchronous reset starts the process."""
    for process, condition, _ in _resets(code):
        for edge in process.edges[1:]:
            other = {"posedge": "negedge", "negedge": "posedge"}.get(code.words(edge))
            if other is not None and _of(code, edge.parent, condition):
                yield one(code.start(edge), code.end(edge), other, (code.start(condition),))


def dropped_reset(code: Code) -> Iterator[Mutation]:
    """A register that the reset forgets."""
    for _, _, node in _resets(code):
        made = code.below(branches(node)[1][0], "nonblocking_assignment")
        for assignment in made if len(made) > 1 else ():
            statement = code.above(assignment, "statement_or_null")
            yield one(*code.stretch(statement if statement is not None else assignment))


def reset_to_signal(code: Code) -> Iterator[Mutation]:
    """A register that an asynchronous reset sets to what another signal holds."""
    for process, _, node in _resets(code):
        if len(process.edges) < 2:
            continue
        values = _values(code, node)
        for assignment in code.below(branches(node)[1][0], "nonblocking_assignment"):
            value, name = right_side(assignment), code.words(assignment.children[0])
            if value is not None and name in values and values[name] != code.words(value):
                yield one(code.start(value), code.end(value), values[name])


def _resets(code: Code) -> Iterator[tuple[Process, Any, Any]]:
    """(process, condition, if-statement) of each clocked process whose first statement asks for its reset."""
    for process in processes(code, clocked=True):
        node = next(iter(code.below(process.node, "conditional_statement")), None)
        if node is None or not branches(node)[1]:
            continue
        condition = branches(node)[0]
        words = code.words(condition).lower() if condition is not None else ""
        if any(name in words for name in RESET_NAMES) and len(branches(node)[1]) > 1:
            yield process, condition, node


def _of(code: Code, event: Any, condition: Any) -> bool:
    """Whether an event is one of the signal that a condition asks."""
    return code.words(event).split()[-1] in code.words(condition)


def _values(code: Code, node: Any) -> dict[str, str]:
    """What the other branches give to each register, where that is one signal."""
    found: dict[str, str] = {}
    for statement in branches(node)[1][1:]:
        for assignment in code.below(statement, "nonblocking_assignment"):
            value = right_side(assignment)
            if value is not None and code.words(value).isidentifier():
                found[code.words(assignment.children[0])] = code.words(value)
    return found


MUTATORS = (
    Mutator("inverted-reset", Category.RESET, inverted_condition),
    Mutator("dropped-reset-edge", Category.RESET, dropped_edge),
    Mutator("other-reset-edge", Category.RESET, other_edge),
    Mutator("dropped-reset", Category.RESET, dropped_reset),
    Mutator("reset-to-signal", Category.RESET, reset_to_signal),
)
