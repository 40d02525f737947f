"""Launches that fail or go unwatched: geometry, what they ask for, and whether anyone looks at the error."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, Splice, one
from signoff.verifiers.finding import Category

# More threads than a block has on any GPU (1,024).
TOO_MANY = "2048"
CHECKS = re.compile(r"cuda(GetLastError|PeekAtLastError)|CHECK|check", re.ASCII)


def block_too_large(code: Code) -> Iterator[Mutation]:
    """More threads in a block than there can be, where the block is given in numbers."""
    for _, arguments in _launches(code):
        for start, end in _numbers(code, arguments[1]):
            yield one(start, end, TOO_MANY, (code.start(arguments[1]),))


def empty_grid(code: Code) -> Iterator[Mutation]:
    """A grid without blocks."""
    for _, arguments in _launches(code):
        for start, end in _numbers(code, arguments[0]):
            yield one(start, end, "0", (code.start(arguments[0]),))


def swapped_configuration(code: Code) -> Iterator[Mutation]:
    """Grid and block the wrong way round."""
    for _, arguments in _launches(code):
        first, second = code.words(arguments[0]), code.words(arguments[1])
        if first != second:
            places = [(code.start(node), code.end(node)) for node in arguments[:2]]
            yield Mutation((Splice(*places[0], second), Splice(*places[1], first)))


def no_dynamic_memory(code: Code) -> Iterator[Mutation]:
    """A launch that asks for no shared memory, of a kernel that has some of unknown size."""
    if not re.search(r"extern\s+__shared__", code.text):
        return
    for _, arguments in _launches(code):
        if len(arguments) > 2 and code.words(arguments[2]) != "0":
            yield one(code.start(arguments[2]), code.end(arguments[2]), "0")


def dropped_argument(code: Code) -> Iterator[Mutation]:
    """A kernel's argument less."""
    for node, _ in _launches(code):
        given = next((child for child in node.children if child.type == "argument_list"), None)
        if given is not None and len(given.named_children) > 1:
            last, before = given.named_children[-1], given.named_children[-2]
            yield one(code.end(before), code.end(last))


def dropped_check(code: Code) -> Iterator[Mutation]:
    """The statement behind a launch that asks whether it worked goes."""
    for node, _ in _launches(code):
        statement = code.above(node, "expression_statement")
        following = statement.next_named_sibling if statement is not None else None
        if following is not None and CHECKS.search(code.words(following)) and "<<<" not in code.words(following):
            yield one(*code.stretch(following), "", (code.start(node),))


def _launches(code: Code) -> Iterator[tuple[Any, list[Any]]]:
    """(call, arguments between the angle brackets) of each launch with a grid and a block."""
    for node in code.of("kernel_call_syntax"):
        if len(node.named_children) >= 2:
            yield node.parent, node.named_children


def _numbers(code: Code, node: Any) -> Iterator[tuple[int, int]]:
    """The first number of a dimension: as it stands there, or where its name is declared in this file, once."""
    words = code.words(node)
    if found := re.match(r"(?:dim3\s*\(\s*)?(\d+)\b", words):
        yield code.start(node) + found.start(1), code.start(node) + found.end(1)
    elif words.isidentifier():
        pattern = rf"(?:#[ \t]*define[ \t]+{words}[ \t]+|\b{words}[ \t]*(?:=[ \t]*(?:dim3[ \t]*)?)?[({{]?[ \t]*)(\d+)\b"
        places = list(re.finditer(pattern, code.text))
        if len(places) == 1:
            yield places[0].start(1), places[0].end(1)


MUTATORS = (
    Mutator("block-too-large", Category.LAUNCH_GEOMETRY, block_too_large),
    Mutator("empty-grid", Category.LAUNCH_GEOMETRY, empty_grid),
    Mutator("swapped-configuration", Category.LAUNCH_GEOMETRY, swapped_configuration),
    Mutator("no-dynamic-memory", Category.SHARED_MEMORY, no_dynamic_memory),
    Mutator("dropped-launch-argument", Category.GPU_TYPE, dropped_argument),
    Mutator("dropped-error-check", Category.LAUNCH_ERROR, dropped_check),
)
