"""Whether a place in a function is reached: certainly not, under a condition that is not known, or without one."""

from __future__ import annotations

import enum
import re
from bisect import bisect_left
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import TypeVar

from tree_sitter import Node

from signoff.verifiers.gpu.values.effects import callee
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.flow import leaves
from signoff.verifiers.gpu.values.reads import Key
from signoff.verifiers.gpu.values.source import BLOCKS, CONDITIONALS, LOOPS, Source, ancestors, children, inside

T = TypeVar("T")
# Conditions that say nothing of the hardware: error codes, null pointers, the command line.
HARMLESS = re.compile(
    r"[=!]=\s*(?:cudaSuccess|CUDA_SUCCESS|nullptr|NULL|0\b)|(?:cudaSuccess|CUDA_SUCCESS|nullptr|NULL)\s*[=!]=|\bargc\b"
    r"|^\(\s*!?\s*\w*(?:err|status|ptr|file|fp)\w*\s*\)$",
    re.IGNORECASE,
)
HARDWARE = re.compile(r"major|minor|arch|sm_|prop|capab|cc\b|smem|shared|optin|limit|max|support", re.IGNORECASE)
ASSERTIONS = frozenset(("assert", "TORCH_CHECK", "AT_ASSERT", "CHECK", "TORCH_INTERNAL_ASSERT"))
LEAVING = re.compile(
    rb"\b(?:return|throw|continue|break|goto|exit|_exit|quick_exit|abort|terminate|__assert_fail|"
    + "|".join(sorted(ASSERTIONS)).encode()
    + rb")\b"
)


def _harmless(condition: str) -> bool:
    """Whether every part of a condition says nothing of the hardware."""
    parts = re.split(r"&&|\|\|", condition)
    return all(HARMLESS.search(part) and not HARDWARE.search(part) for part in parts)


class Reach(enum.IntEnum):
    """How certainly a place is reached."""

    NEVER = 0
    PERHAPS = 1
    ALWAYS = 2


def reached(evaluator: Evaluator, source: Source, node: Node) -> Reach:
    """How certainly `node` is reached once its function is entered."""
    answer = Reach.ALWAYS
    current = node
    for parent in ancestors(node):
        if parent.type in BLOCKS or parent.type in CONDITIONALS:
            answer = min(answer, _preceded(evaluator, source, parent, current))
        answer = min(answer, _within(evaluator, source, parent, current))
        if answer == Reach.NEVER or parent.type == "function_definition":
            break
        current = parent
    return answer


def entered(evaluator: Evaluator, source: Source, node: Node, depth: int = 0) -> Reach:
    """As reached(), with the calls of its function that the unit has: a function that nobody calls may be called."""
    here = reached(evaluator, source, node)
    function = next((one for one in ancestors(node) if one.type == "function_definition"), None)
    if here == Reach.NEVER or function is None or depth > 4:
        return here
    return min(here, _remembered(evaluator, source, function, ("entered", depth), _Ways(source, function, depth)))


@dataclass(frozen=True, slots=True)
class _Ways:
    """How certainly a function is entered by the calls that the unit has."""

    source: Source
    function: Node
    depth: int

    def __call__(self, evaluator: Evaluator) -> Reach:
        sites = evaluator.calls.sites(self.source, self.function) or ()
        outer = [(place, call) for place, call in sites if not inside(call, self.function)]
        return max((entered(evaluator, *one, self.depth + 1) for one in outer), default=Reach.ALWAYS)


def _remembered(
    evaluator: Evaluator, source: Source, node: Node, what: tuple[str | int, ...], compute: Callable[[Evaluator], T]
) -> T:
    """What is computed for a node of a function, from one state of the document to the next."""
    own = (what, id(source), node.start_byte, node.end_byte)
    if own not in evaluator.remembered:
        evaluator.remembered[own] = _kept(evaluator, source, node, what, compute)
    found: T = evaluator.remembered[own]
    return found


def _kept(
    evaluator: Evaluator, source: Source, node: Node, what: tuple[str | int, ...], compute: Callable[[Evaluator], T]
) -> T:
    memo = evaluator.memo
    if memo is None:
        return compute(evaluator)
    number = source.number_at(node.start_byte) if source is memo.unit.main.source else None
    base = source.functions[number].start_byte if number is not None else 0
    end = node.start_byte if what[0] == "entered" and number is not None else node.end_byte
    key = Key(what, source.path, number, node.start_byte - base, end - base)
    return memo.value(key, compute, steady=True)


def _within(evaluator: Evaluator, source: Source, parent: Node, current: Node) -> Reach:
    """What the construct around a place says."""
    kind = parent.type
    if kind == "if_statement":
        return _chosen(evaluator, source, parent, current)
    if kind in CONDITIONALS:
        return Reach.PERHAPS if current != parent.child_by_field_name("condition") else Reach.ALWAYS
    if kind == "conditional_expression":
        return Reach.ALWAYS if current == parent.child_by_field_name("condition") else Reach.PERHAPS
    if kind == "binary_expression" and current == parent.child_by_field_name("right"):
        sign = parent.child_by_field_name("operator")
        return Reach.PERHAPS if sign is not None and source.of(sign) in ("&&", "||") else Reach.ALWAYS
    if kind in ("for_statement", "while_statement"):
        return _looped(evaluator, source, parent, current)
    if kind == "case_statement":
        return _case(evaluator, source, parent)
    if kind in ("lambda_expression", "catch_clause"):
        return Reach.PERHAPS
    return Reach.ALWAYS


def _truth(evaluator: Evaluator, source: Source, condition: Node) -> bool | None:
    """Whether a condition holds, remembered by its place."""
    key = ("truth", id(source), condition.start_byte)
    if key not in evaluator.remembered:
        evaluator.remembered[key] = evaluator.truth(evaluator.expression(condition, source))
    found: bool | None = evaluator.remembered[key]
    return found


def _chosen(evaluator: Evaluator, source: Source, parent: Node, current: Node) -> Reach:
    condition = parent.child_by_field_name("condition")
    if condition is None or current == condition:
        return Reach.ALWAYS
    truth = _truth(evaluator, source, condition)
    if truth is not None:
        return Reach.ALWAYS if truth == (current == parent.child_by_field_name("consequence")) else Reach.NEVER
    return Reach.ALWAYS if _harmless(source.of(condition)) else Reach.PERHAPS


def _looped(evaluator: Evaluator, source: Source, loop: Node, current: Node) -> Reach:
    """Never, where the condition of a while is false at its first test; else as always: a loop guards no hardware."""
    condition = loop.child_by_field_name("condition")
    if condition is None or current != loop.child_by_field_name("body"):
        return Reach.ALWAYS
    return Reach.NEVER if _truth(evaluator, source, condition) is False else Reach.ALWAYS


def _case(evaluator: Evaluator, source: Source, case: Node) -> Reach:
    """Never, where the switch's value is known, is another case's, and no earlier case falls through."""
    switch = next((one for one in ancestors(case) if one.type == "switch_statement"), None)
    label = case.child_by_field_name("value")
    if switch is None or label is None:
        return Reach.PERHAPS
    value = evaluator.value(evaluator.expression(switch.child_by_field_name("condition"), source))
    wanted = evaluator.value(evaluator.expression(label, source))
    if value is None or wanted is None:
        return Reach.PERHAPS
    if value.number == wanted.number:
        return Reach.ALWAYS
    before = case.prev_named_sibling
    falls = before is not None and not any(leaves(evaluator, one, source) for one in children(before))
    return Reach.PERHAPS if falls else Reach.NEVER


def _preceded(evaluator: Evaluator, source: Source, block: Node, current: Node) -> Reach:
    """What earlier statements of a block say: those that leave it, and assertions."""
    if current.type in CONDITIONALS and block.type in CONDITIONALS:
        return Reach.ALWAYS
    fates = _Fates(source, block)
    kept = _remembered(evaluator, source, block, ("fates", block.type), fates)
    before = bisect_left(kept, (current.start_byte - block.start_byte, Reach.NEVER))
    return kept[before - 1][1] if before else Reach.ALWAYS


@dataclass(frozen=True, slots=True)
class _Fates:
    """After each statement that may leave a block: its offset in it, how certainly what follows it is reached."""

    source: Source
    block: Node

    def __call__(self, evaluator: Evaluator) -> tuple[tuple[int, Reach], ...]:
        start = self.block.start_byte
        return tuple((offset - start, reach) for offset, reach in _fates(evaluator, self.source, self.block))


def _fates(evaluator: Evaluator, source: Source, block: Node) -> Iterator[tuple[int, Reach]]:
    """After each statement that may leave the block: its offset, and how certainly what follows it is reached."""
    answer = Reach.ALWAYS
    marks = [match.start() for match in LEAVING.finditer(source.data, block.start_byte, block.end_byte)]
    for statement in block.named_children if marks else ():
        mark = bisect_left(marks, statement.start_byte)
        if mark == len(marks):
            return
        if marks[mark] < statement.end_byte:
            answer = min(answer, _fate(evaluator, source, statement))
            yield statement.start_byte, answer


def _fate(evaluator: Evaluator, source: Source, statement: Node) -> Reach:
    if statement.type == "if_statement":
        return _guard(evaluator, source, statement)
    if statement.type == "expression_statement":
        return _asserted(evaluator, source, statement)
    if statement.type in ("case_statement", "function_definition", "template_declaration", "comment"):
        return Reach.ALWAYS
    if statement.type in CONDITIONALS:
        return Reach.PERHAPS if _leaves_somewhere(evaluator, source, statement) else Reach.ALWAYS
    return Reach.NEVER if leaves(evaluator, statement, source) else Reach.ALWAYS


def _guard(evaluator: Evaluator, source: Source, statement: Node) -> Reach:
    condition = statement.child_by_field_name("condition")
    branches = [statement.child_by_field_name(name) for name in ("consequence", "alternative")]
    gone = [branch is not None and _leaves_somewhere(evaluator, source, branch) for branch in branches]
    if condition is None or not any(gone):
        return Reach.ALWAYS
    if leaves(evaluator, statement, source):
        return Reach.NEVER
    truth = _truth(evaluator, source, condition)
    if truth is None:
        return Reach.ALWAYS if _harmless(source.of(condition)) else Reach.PERHAPS
    taken = branches[0] if truth else branches[1]
    if taken is None:
        return Reach.ALWAYS
    if leaves(evaluator, taken, source):
        return Reach.NEVER
    return Reach.PERHAPS if _leaves_somewhere(evaluator, source, taken) else Reach.ALWAYS


def _leaves_somewhere(evaluator: Evaluator, source: Source, node: Node) -> bool:
    if node.type in LOOPS or node.type == "switch_statement":
        return any(one.type == "return_statement" for one in _all(node))
    if leaves(evaluator, node, source):
        return True
    return any(
        _leaves_somewhere(evaluator, source, child)
        for child in children(node)
        if "statement" in child.type or child.type == "else_clause"
    )


def _all(node: Node) -> list[Node]:
    return [node, *(leaf for child in node.named_children if child.type != "lambda_expression" for leaf in _all(child))]


def _asserted(evaluator: Evaluator, source: Source, statement: Node) -> Reach:
    if leaves(evaluator, statement, source):
        return Reach.NEVER
    inner = children(statement)
    if len(inner) != 1 or inner[0].type != "call_expression" or callee(source, inner[0]) not in ASSERTIONS:
        return Reach.ALWAYS
    arguments = inner[0].child_by_field_name("arguments")
    given = children(arguments) if arguments is not None else []
    truth = evaluator.truth(evaluator.expression(given[0], source)) if given else None
    return Reach.NEVER if truth is False else Reach.ALWAYS
