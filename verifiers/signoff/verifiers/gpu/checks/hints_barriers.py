"""Hint: __syncthreads() under a condition that some threads of the block certainly do not take.

Only a condition that can be evaluated for single threads counts: on threadIdx, constants, and locals made of them. One
on blockIdx, a parameter or memory may be the same for all. Where both branches hold a barrier nothing is said, nor of
threads that have returned: since compute capability 7.0 a barrier waits for those that have not.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import islice

from tree_sitter import Node

from signoff.verifiers.finding import Category, Finding, Related, Severity
from signoff.verifiers.gpu.checks.hints_threads import Thread, Threads
from signoff.verifiers.gpu.checks.launch_site import TOOL, blocks_by_kernel
from signoff.verifiers.gpu.facts import Extent, UnitFacts
from signoff.verifiers.gpu.hardware.limits import ARCHITECTURES, limits
from signoff.verifiers.gpu.values.evaluate import Evaluator
from signoff.verifiers.gpu.values.memo import Memo
from signoff.verifiers.gpu.values.reads import Key
from signoff.verifiers.gpu.values.source import Source, ancestors, by_function, enclosing, inside, parent_of

BARRIER = "__syncthreads"
# A file with more of them is generated.
MOST_BARRIERS = 1000
FUNCTIONS = frozenset({"function_definition", "lambda_expression"})


def divergent(memo: Memo, facts: UnitFacts, path: str) -> Iterator[Finding]:
    """Barriers in the document that not all threads of a block reach."""
    source = memo.unit.main.source
    blocks = blocks_by_kernel(facts)
    for number, places in by_function(source, source.words(BARRIER)[:MOST_BARRIERS]):
        names = partial(_functions, source=source, number=number, most=places)
        asked = tuple((name, blocks.get(name, ())) for name in memo.value(Key("barriers", path, number), names))
        compute = partial(_divergent, source=source, number=number, most=places, blocks=dict(asked), path=path)
        yield from memo.value(Key(("divergent", asked), path, number), compute)


def _calls(source: Source, number: int, most: int) -> Iterator[Node]:
    """The first barriers in a function."""
    for name in islice(source.identifiers_of(BARRIER, number), most):
        call = parent_of(name)
        if call is not None and call.type == "call_expression":
            yield call


def _functions(evaluator: Evaluator, source: Source, number: int, most: int) -> tuple[str, ...]:
    """The names of the functions around a function's barriers: its own, and "" for a lambda's."""
    found = (enclosing(call, FUNCTIONS) for call in _calls(source, number, most))
    return tuple(dict.fromkeys(_name(source, function) for function in found if function is not None))


def _divergent(
    evaluator: Evaluator, source: Source, number: int, most: int, blocks: dict[str, tuple[Extent, ...]], path: str
) -> tuple[Finding, ...]:
    """Barriers in a function that not all threads of a block reach."""
    threads = Threads(evaluator)
    found = []
    for call in _calls(source, number, most):
        condition = _divergent_condition(source, call, evaluator, threads, blocks)
        if condition is not None:
            found.append(_finding(source, call, condition, path))
    return tuple(found)


def _divergent_condition(
    source: Source, call: Node, evaluator: Evaluator, threads: Threads, blocks: dict[str, tuple[Extent, ...]]
) -> Node | None:
    """The innermost condition around a barrier that differs between threads of one block."""
    outer = list(ancestors(call))
    function = next((one for one in outer if one.type in FUNCTIONS), None)
    if function is None or function.has_error:
        return None
    for node in outer[: outer.index(function)]:
        condition = _condition(source, node, call)
        if condition is None:
            continue
        expression = evaluator.expression(condition, source)
        samples = _samples(blocks[_name(source, function)])
        if expression is not None and any(
            len({threads.truth(expression, one) for one in block} & {True, False}) == 2 for block in samples
        ):
            return condition
    return None


def _condition(source: Source, node: Node, call: Node) -> Node | None:
    """The condition of an if statement with the barrier in one branch, and none in the other."""
    if node.type != "if_statement":
        return None
    condition = node.child_by_field_name("condition")
    branches = [node.child_by_field_name(name) for name in ("consequence", "alternative")]
    if condition is None or inside(call, condition):
        return None
    held = [BARRIER.encode() in source.data[one.start_byte : one.end_byte] for one in branches if one is not None]
    return condition if held.count(True) == 1 else None


def _samples(blocks: tuple[Extent, ...]) -> list[list[Thread]]:
    """Threads to compare, a block: of the blocks that the kernel is launched with, else of any with two threads."""
    known = [block for block in blocks if block.volume is not None]
    return [_spread(block) for block in known] if known else [[Thread(0), Thread(1)]]


def _spread(block: Extent) -> list[Thread]:
    """Threads at the ends of each dimension and around the first warp's end."""
    warp = limits(ARCHITECTURES[-1]).warp_size
    x, y, z = block.x or 1, block.y or 1, block.z or 1
    along = sorted({at for at in (0, 1, warp - 1, warp, x // 2, x - 1) if at < x})
    return [Thread(a, b, c, block) for a in along for b in {0, y // 2, y - 1} for c in {0, z - 1}]


def _name(source: Source, function: Node) -> str:
    node = function.child_by_field_name("declarator")
    while node is not None and node.type != "identifier":
        node = node.child_by_field_name("declarator")
    return source.of(node) if node is not None else ""


def _finding(source: Source, call: Node, condition: Node, path: str) -> Finding:
    asked = source.of(condition)
    message = "Not all threads of the block reach this barrier: the condition around it differs between them"
    related = (Related(path, source.span(condition), f"{asked} depends on threadIdx"),)
    data = (("condition", asked),)
    span, category = source.span(call), Category.SYNCHRONIZATION
    return Finding(path, span, Severity.HINT, "DivergentBarrier", message, TOOL, category, related=related, data=data)
