"""When a process runs, and in which order its values change."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.hdl.processes import processes
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category


def dropped_event(code: Code) -> Iterator[Mutation]:
    """A name less in the sensitivity list of a combinational process."""
    for process in processes(code, clocked=False):
        for word in code.below(process.events, "or", ",") if process.events is not None else ():
            other = word.next_sibling
            if other is not None and other.type == "event_expression":
                yield one(len(code.text[: code.start(word)].rstrip()), code.end(other))


def listed_star(code: Code) -> Iterator[Mutation]:
    """In place of `@*` only the first signal that the process reads."""
    for process in processes(code, clocked=False):
        if process.events is None or code.words(process.events).replace(" ", "") not in ("@*", "@(*)"):
            continue
        read = [code.words(node) for node in code.below(process.node, "expression")]
        name = next((word for word in read if word.isidentifier() and not word.isupper()), None)
        if name is not None and len(set(read)) > 1:
            yield one(code.start(process.events), code.end(process.events), f"@({name})")


def no_event(code: Code) -> Iterator[Mutation]:
    """A process that nothing starts."""
    for process in processes(code, clocked=False):
        if process.events is not None:
            start = len(code.text[: code.start(process.events)].rstrip())
            yield one(start, code.end(process.events), "", (code.start(process.keyword),))


def blocking_in_clocked(code: Code) -> Iterator[Mutation]:
    """A blocking assignment where the clock's edge starts the process."""
    for process in processes(code, clocked=True):
        for node in code.below(process.node, "nonblocking_assignment"):
            operator = next((child for child in node.children if child.type == "<="), None)
            if operator is not None:
                yield one(code.start(operator), code.end(operator), "=")


def nonblocking_in_combinational(code: Code) -> Iterator[Mutation]:
    """A non-blocking assignment in a combinational process."""
    for process in processes(code, clocked=False):
        for node in code.below(process.node, "operator_assignment"):
            operator = next((child for child in node.children if child.type == "assignment_operator"), None)
            if operator is not None and code.words(operator) == "=" and node.parent.type == "blocking_assignment":
                yield one(code.start(operator), code.end(operator), "<=")


MUTATORS = (
    Mutator("dropped-event", Category.SENSITIVITY_LIST, dropped_event, silent=True),
    Mutator("listed-star", Category.SENSITIVITY_LIST, listed_star, silent=True),
    Mutator("no-event", Category.SENSITIVITY_LIST, no_event, silent=True),
    Mutator("blocking-in-clocked", Category.BLOCKING, blocking_in_clocked, silent=True),
    Mutator("nonblocking-in-combinational", Category.BLOCKING, nonblocking_in_combinational, silent=True),
)
