"""Right text, wrong function: algorithms, gates and conditions. No lint can see most of these, and none is asked to."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category

ARITHMETIC = {"+": "-", "-": "+", "*": "+", "<<": ">>", ">>": "<<"}
GATES = {"&": "|", "|": "&", "^": "&"}
RELATIONS = {"==": "!=", "!=": "==", "<": "<=", ">": ">=", "<=": "<", ">=": ">", "&&": "||", "||": "&&"}

LOOPS = ("for_step", "for_initialization", "genvar_iteration", "loop_generate_construct")


def wrong_operation(code: Code) -> Iterator[Mutation]:
    """One arithmetic operator in place of another."""
    yield from _operators(code, ARITHMETIC)


def wrong_gate(code: Code) -> Iterator[Mutation]:
    """One bitwise operator in place of another."""
    yield from _operators(code, GATES)


def lost_inverter(code: Code) -> Iterator[Mutation]:
    """A `~` less."""
    for node in code.of("unary_operator"):
        if code.words(node) == "~" and node.parent.type == "expression":
            yield one(code.start(node), code.end(node))


def wrong_constant(code: Code) -> Iterator[Mutation]:
    """A number one larger, in what is assigned."""
    for node in code.of("expression"):
        found = re.fullmatch(r"(\d+)", code.words(node))
        if found is not None and node.parent.type == "expression" and not _in_condition(code, node):
            yield one(code.start(node), code.end(node), str(int(found[1]) + 1))


def swapped_arms(code: Code) -> Iterator[Mutation]:
    """What `?` and `:` choose, the other way round."""
    for node in code.of("conditional_expression"):
        arms = [child for child in node.children if child.type == "expression"][-2:]
        if len(arms) == 2 and code.words(arms[0]) != code.words(arms[1]):
            text = code.text[code.end(arms[0]) : code.start(arms[1])]
            swapped = f"{code.words(arms[1])}{text}{code.words(arms[0])}"
            yield one(code.start(arms[0]), code.end(arms[1]), swapped)


def assignment_in_condition(code: Code) -> Iterator[Mutation]:
    """`=` where `==` was meant."""
    for node in code.of("=="):
        if _in_condition(code, node):
            yield one(code.start(node), code.end(node), "=")


def wrong_relation(code: Code) -> Iterator[Mutation]:
    """Another relation or connective in a condition."""
    for word, other in RELATIONS.items():
        for node in code.of(word):
            if node.parent.type == "expression" and _in_condition(code, node):
                yield one(code.start(node), code.end(node), other)


def lost_negation(code: Code) -> Iterator[Mutation]:
    """A `!` less in a condition."""
    for node in code.of("unary_operator"):
        if code.words(node) == "!" and _in_condition(code, node):
            yield one(code.start(node), code.end(node))


def bitwise_connective(code: Code) -> Iterator[Mutation]:
    """`&` for `&&` between comparisons, where it binds other than it looks."""
    for word, other in (("&&", "&"), ("||", "|")):
        for node in code.of(word):
            if _in_condition(code, node):
                yield one(code.start(node), code.end(node), other)


def lost_parentheses(code: Code) -> Iterator[Mutation]:
    """The parentheses around an operand of `&`, `|` or `==` less, so that it groups otherwise."""
    for node in code.of("mintypmax_expression"):
        before, after, around = node.prev_sibling, node.next_sibling, node.parent
        if before is None or after is None or (before.type, after.type) != ("(", ")"):
            continue
        operator = around.parent.next_sibling if around.parent is not None else None
        inner = code.words(node)
        if operator is not None and operator.type in ("==", "!=", "<", ">") and re.search(r"[&|]", inner):
            yield one(code.start(before), code.end(after), inner)


def _operators(code: Code, table: dict[str, str]) -> Iterator[Mutation]:
    """Binary operators of expressions that are no conditions; constants that the elaboration needs stay as they are."""
    for word, other in table.items():
        for node in code.of(word):
            if node.parent.type != "expression" or len(node.parent.children) != 3:
                continue
            # A loop whose step is turned round never ends, and so nothing that has to unroll it does.
            if not _in_condition(code, node) and code.above(node, *LOOPS) is None:
                yield one(code.start(node), code.end(node), other)


def _in_condition(code: Code, node: Any) -> bool:
    """Whether a node is part of the condition of an `if` or of `?:`."""
    while node is not None and node.type not in ("statement", "module_declaration"):
        around = node.parent
        if node.type == "cond_predicate":
            return True
        if around is not None and around.type == "conditional_expression" and around.children[0] == node:
            return True
        node = around
    return False


MUTATORS = (
    Mutator("wrong-operation", Category.ALGORITHM, wrong_operation),
    Mutator("wrong-constant", Category.ALGORITHM, wrong_constant),
    Mutator("swapped-arms", Category.ALGORITHM, swapped_arms),
    Mutator("wrong-gate", Category.GATE_LOGIC, wrong_gate),
    Mutator("lost-inverter", Category.GATE_LOGIC, lost_inverter),
    Mutator("assignment-in-condition", Category.CONDITION, assignment_in_condition, parses=None),
    Mutator("wrong-relation", Category.CONDITION, wrong_relation),
    Mutator("lost-negation", Category.CONDITION, lost_negation),
    Mutator("bitwise-connective", Category.CONDITION, bitwise_connective),
    Mutator("lost-parentheses", Category.CONDITION, lost_parentheses),
)
