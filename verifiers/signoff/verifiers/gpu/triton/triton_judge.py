"""Whether a fault is certain: what could come from a guessed type or value is no fault. Standard library only."""

from __future__ import annotations

import ast
import builtins
import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, replace

from signoff.verifiers.gpu.triton import triton_messages
from signoff.verifiers.gpu.triton.triton_extract import Function, Module, stored
from signoff.verifiers.gpu.triton.triton_signature import Variant
from signoff.verifiers.gpu.triton.triton_use import assignments, names_in

# (type of guessed pointers, type of guessed scalars): a fault that guessed types could explain must come with each.
OTHER_TYPES = (("*fp16", "fp32"), ("*i32", "i64"), ("*i1", "i32"), ("*fp32", "*fp32"))
# What messages call the types that differ with them.
TYPE_WORDS = re.compile(r"pointer<[^>]*>|<\[[^]]*\], [^>]*>|(?:triton\.language\.)?(?:bf|fp|float|u?int)\d+\w*")
CERTAIN_KINDS = ("UnsupportedLanguageConstruct",)
CERTAIN_TEXTS = (
    triton_messages.UNSUPPORTED_NODE,
    triton_messages.MODULE_MEMBER,
    triton_messages.BINDING,
    triton_messages.REMOVED,
)
STRUCTURE = ("nested function definitions", "`return` statements inside", "starred", "Simultaneous multiple assignment")


@dataclass(frozen=True)
class Stage:
    """One level on the way to a fault: a function of the user's and the node there."""

    function: Function
    node: ast.AST


def same(one: str, other: str) -> bool:
    """Whether two messages say the same but for the types that they name."""
    return TYPE_WORDS.sub("T", one) == TYPE_WORDS.sub("T", other)


def known_name(name: str, function: Function, module: Module) -> bool:
    """Whether the module binds a name in some way, if only in one that was not followed."""
    own = {found for item in function.node.body for found in stored(item)} | {item.arg for item in function.parameters}
    if name in module.bound or name in own:
        return True
    for outer in function.outer:
        arguments = getattr(outer, "args", None)
        parameters = {item.arg for item in ast.walk(arguments) if isinstance(item, ast.arg)} if arguments else set()
        if name in parameters or any(name in stored(item) for item in getattr(outer, "body", ())):
            return True
    follows = all(item.triton for item in module.stars)
    return not follows or (hasattr(builtins, name) and name not in triton_messages.PYTHON_BUILTINS)


def certain(kind: str, message: str) -> bool:
    """Whether an error of the front end does not hang on types and values at all, once its place is reached."""
    if kind == "NameError":
        return True
    if kind in CERTAIN_KINDS and any(text in message for text in STRUCTURE):
        return True
    if triton_messages.unread(kind, message) or triton_messages.LOOPS.match(message):
        return True
    return any(pattern.search(message) for pattern in CERTAIN_TEXTS)


def reached_by_guess(stages: Iterable[Stage], variant: Variant, doubtful: set[str]) -> bool:
    """Whether a guessed constexpr, or a name of the module that is `doubtful`, decided that the place is compiled."""
    found = _with_taints(stages, variant.guessed_values, doubtful)
    return any(stage.function.name in doubtful or _conditional(stage, tainted) for stage, tainted in found)


def hangs_on_values(stages: Iterable[Stage], variant: Variant, doubtful: set[str]) -> bool:
    """Whether the fault's own expression reads something that comes from such a value."""
    return _reads(stages, variant.guessed_values, doubtful)


def hangs_on_types(stages: Iterable[Stage], variant: Variant) -> bool:
    """Whether it reads something that comes from a parameter whose type was guessed."""
    return _reads(stages, variant.guessed_types, set())


def other_types(variant: Variant) -> Iterator[Variant]:
    """The variant with each of the other guesses in place of its own."""
    for pointer, scalar in OTHER_TYPES:
        types = dict(variant.types)
        for name in variant.guessed_types:
            types[name] = pointer if types[name].startswith("*") else scalar
        yield replace(variant, types=types)


def _with_taints(
    stages: Iterable[Stage], guessed: frozenset[str], everywhere: set[str]
) -> Iterator[tuple[Stage, set[str]]]:
    """Each level with the local names that may come from `guessed` parameters of the kernel or names `everywhere`."""
    incoming = set(guessed)
    for number, stage in enumerate(stages):
        if number:
            # What the callers hand in is not followed argument by argument.
            incoming = {item.arg for item in stage.function.parameters} if incoming else set()
        yield stage, _spread(stage.function, incoming | everywhere)


def _spread(function: Function, names: set[str]) -> set[str]:
    tainted = set(names)
    assigned = assignments(function.node)
    changed = bool(tainted)
    while changed:
        fresh = {name for name, values in assigned.items() if any(names_in(value) & tainted for value in values)}
        changed = not fresh <= tainted
        tainted |= fresh
    return tainted


def _reads(stages: Iterable[Stage], guessed: frozenset[str], everywhere: set[str]) -> bool:
    found = list(_with_taints(stages, guessed, everywhere))
    return bool(found) and bool(names_in(found[-1][0].node) & found[-1][1])


def _conditional(stage: Stage, tainted: set[str]) -> bool:
    return any(names_in(branch) & tainted for branch in _around(stage.function.node, stage.node))


def _around(function: ast.AST, node: ast.AST) -> Iterator[ast.expr]:
    """The conditions that decide whether `node` is reached. Nodes are told by their places, as trees differ."""
    line = getattr(node, "lineno", 0) + getattr(function, "lineno", 1) - 1
    for item in ast.walk(function):
        if not isinstance(item, (ast.If, ast.IfExp, ast.BoolOp, ast.While)):
            continue
        if item.lineno <= line <= (item.end_lineno or item.lineno):
            yield item if isinstance(item, ast.BoolOp) else item.test
        elif isinstance(item, ast.If) and item.lineno < line and _leaves(item):
            yield item.test


def _leaves(item: ast.If) -> bool:
    return any(isinstance(part, ast.Return) for statement in (*item.body, *item.orelse) for part in ast.walk(statement))
