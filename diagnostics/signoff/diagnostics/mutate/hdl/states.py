"""State machines with a state that is missing, there twice, or the wrong one."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.hdl.processes import right_side
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category


def dropped_state(code: Code) -> Iterator[Mutation]:
    """An arm of a case statement goes."""
    for node, arms in _cases(code):
        for arm in arms:
            if arm.children[0].type != "default" and len(arms) > 2:
                yield one(*code.stretch(arm), "", (code.start(node),))


def dropped_default(code: Code) -> Iterator[Mutation]:
    """The default arm goes."""
    for node, arms in _cases(code):
        for arm in arms:
            if arm.children[0].type == "default" and len(arms) > 1:
                yield one(*code.stretch(arm), "", (code.start(node),))


def doubled_label(code: Code) -> Iterator[Mutation]:
    """An arm gets the label of the one before it."""
    for _, arms in _cases(code):
        labels = [arm.children[0] for arm in arms if arm.children[0].type == "case_item_expression"]
        for first, second in pairwise(labels):
            if code.words(first) != code.words(second):
                yield one(code.start(second), code.end(second), code.words(first), (code.start(first),))


def wrong_state(code: Code) -> Iterator[Mutation]:
    """Another state of the same machine follows."""
    for _, arms in _cases(code):
        labels = [code.words(arm.children[0]) for arm in arms if code.words(arm.children[0]).isidentifier()]
        for arm in arms:
            for node in code.below(arm, "nonblocking_assignment", "operator_assignment"):
                value = right_side(node)
                if value is not None and code.words(value) in labels:
                    other = labels[(labels.index(code.words(value)) + 1) % len(labels)]
                    if other != code.words(value):
                        yield one(code.start(value), code.end(value), other)


def _cases(code: Code) -> Iterator[tuple[Any, list[Any]]]:
    for node in code.of("case_statement"):
        arms = [child for child in node.children if child.type == "case_item"]
        if arms:
            yield node, arms


MUTATORS = (
    Mutator("dropped-state", Category.STATE_MACHINE, dropped_state),
    Mutator("dropped-default", Category.STATE_MACHINE, dropped_default),
    Mutator("doubled-label", Category.STATE_MACHINE, doubled_label),
    Mutator("wrong-next-state", Category.STATE_MACHINE, wrong_state),
)
