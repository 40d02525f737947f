"""Combinational processes that leave a value where it was."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.hdl.processes import branches, processes
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category


def dropped_else(code: Code) -> Iterator[Mutation]:
    """The last `else` of a combinational process goes."""
    for process in processes(code, clocked=False):
        for node in _all_ifs(code, process.node):
            _, statements, last = branches(node)
            if last is not None and len(statements) > 1:
                start = len(code.text[: code.start(last)].rstrip())
                yield one(start, code.end(statements[-1]), "", (code.start(process.node), code.start(node)))


def dropped_preset(code: Code) -> Iterator[Mutation]:
    """The value that a combinational process starts from goes."""
    for process in processes(code, clocked=False):
        block = next(iter(code.below(process.node, "seq_block")), None)
        for statement in (child for child in block.named_children) if block is not None else ():
            made = code.below(statement, "blocking_assignment", "conditional_statement", "case_statement")
            if len(made) != 1 or made[0].type != "blocking_assignment":
                break
            yield one(*code.stretch(statement), "", (code.start(process.node),))


def dropped_assignment(code: Code) -> Iterator[Mutation]:
    """An arm of a combinational case, one of several statements, no longer assigns."""
    for process in processes(code, clocked=False):
        for arm in code.below(process.node, "case_item"):
            made = code.below(arm, "blocking_assignment")
            for node in made if len(made) > 1 else ():
                statement = code.above(node, "statement_or_null")
                if statement is not None:
                    yield one(*code.stretch(statement), "", (code.start(process.node),))


def _all_ifs(code: Code, node: Any) -> Iterator[Any]:
    waiting = code.below(node, "conditional_statement")
    while waiting:
        found = waiting.pop(0)
        yield found
        waiting += code.below(found, "conditional_statement")


MUTATORS = (
    Mutator("dropped-else", Category.LATCH, dropped_else),
    Mutator("dropped-preset", Category.LATCH, dropped_preset),
    Mutator("dropped-assignment", Category.LATCH, dropped_assignment),
)
