"""Signals that two things drive, and code of which no hardware can be made."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.source import newline_of
from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.hdl.processes import processes, right_side
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category


def second_assign(code: Code) -> Iterator[Mutation]:
    """A second continuous assignment of the same net, with the other value."""
    for node in code.of("continuous_assign"):
        sides = code.below(node, "net_assignment")
        value = right_side(sides[0]) if len(sides) == 1 else None
        if value is None:
            continue
        target = code.words(code.below(sides[0], "net_lvalue")[0])
        line = f"{newline_of(code.text)}{code.indent(node)}assign {target} = ~({code.words(value)});"
        yield one(code.end(node), code.end(node), line, (code.start(node),))


def second_process(code: Code) -> Iterator[Mutation]:
    """A second process that assigns a register of the first."""
    for process in processes(code, clocked=True):
        events = code.words(process.events)
        for node in code.below(process.node, "nonblocking_assignment")[:3]:
            target = code.words(node.children[0])
            if re.fullmatch(r"\w+", target):
                line = f"{newline_of(code.text)}{code.indent(process.node)}always {events} {target} <= 1'b0;"
                end = code.end(process.node)
                yield one(end, end, line, (code.start(process.node), code.start(node)))


def delay(code: Code) -> Iterator[Mutation]:
    """A delay in front of a statement of a process."""
    for process in processes(code):
        for node in code.below(process.node, "nonblocking_assignment", "blocking_assignment"):
            yield one(code.start(node), code.start(node), "#10 ")


def both_edges(code: Code) -> Iterator[Mutation]:
    """A register that both edges of its clock clock."""
    for process in processes(code, clocked=True):
        if len(process.edges) == 1:
            event = process.edges[0].parent
            edge, name = code.words(event).split(maxsplit=1)
            other = {"posedge": "negedge", "negedge": "posedge"}.get(edge)
            if other is not None:
                yield one(code.end(event), code.end(event), f" or {other} {name}", (code.start(process.node),))


def wait_in_process(code: Code) -> Iterator[Mutation]:
    """A process that waits for a signal between its statements."""
    for process in processes(code):
        node = next(iter(code.below(process.node, "nonblocking_assignment", "blocking_assignment")), None)
        read = [code.words(child) for child in code.below(process.node, "cond_predicate")]
        name = next((words for words in read if words.isidentifier()), None)
        if node is not None and name is not None:
            yield one(code.start(node), code.start(node), f"wait ({name}) ", (code.start(process.node),))


MUTATORS = (
    Mutator("second-assign", Category.MULTIPLE_DRIVERS, second_assign),
    Mutator("second-process", Category.MULTIPLE_DRIVERS, second_process),
    Mutator("delay-in-process", Category.NON_SYNTHESIZABLE, delay, silent=True),
    Mutator("both-edges", Category.NON_SYNTHESIZABLE, both_edges),
    Mutator("wait-in-process", Category.NON_SYNTHESIZABLE, wait_in_process, silent=True),
)
