"""Kernels that ask for too much, or whose threads meet in the wrong place."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category

# Elements that no block has room for, and bounds that leave a thread 32 registers (65,536 for 2,048 threads).
TOO_LONG = "65536"
BOUNDS = "1024, 2"


def oversized_array(code: Code) -> Iterator[Mutation]:
    """A shared array with more elements than a block has memory for."""
    for node in _shared(code):
        size = node.child_by_field_name("size")
        if size is not None and code.words(size) != TOO_LONG:
            yield one(code.start(size), code.end(size), TOO_LONG)


def starved(code: Code) -> Iterator[Mutation]:
    """Launch bounds that leave few registers, so that the kernel spills."""
    for node in code.of("launch_bounds"):
        words = code.words(node)
        inner = words[words.index("(") + 1 : words.rindex(")")] if "(" in words else ""
        if inner and inner != BOUNDS:
            at = code.start(node) + words.index("(") + 1
            yield one(at, at + len(inner), BOUNDS)
    for node in code.of("__global__"):
        kernel = node.parent
        declarator = next((child for child in kernel.children if child.type == "function_declarator"), None)
        if declarator is not None and not code.below(kernel, "launch_bounds"):
            yield one(code.start(declarator), code.start(declarator), f"__launch_bounds__({BOUNDS}) ")


def dropped_barrier(code: Code) -> Iterator[Mutation]:
    """A barrier less."""
    for node in _barriers(code):
        yield one(*code.stretch(node))


def divergent_barrier(code: Code) -> Iterator[Mutation]:
    """A barrier that only a part of the threads reaches."""
    for node in _barriers(code):
        yield one(code.start(node), code.start(node), "if (threadIdx.x < 16) ")


def lost_padding(code: Code) -> Iterator[Mutation]:
    """A shared matrix without the column that keeps its columns in different banks."""
    for node in _shared(code):
        size = node.child_by_field_name("size")
        words = code.words(size) if size is not None else ""
        inner = node.child_by_field_name("declarator")
        if inner is None or inner.type != "array_declarator":
            continue
        if found := re.fullmatch(r"(.*\w)\s*\+\s*1", words):
            yield one(code.start(size), code.end(size), found[1])
        elif words.isdigit() and int(words) % 32 == 1 and int(words) > 1:
            yield one(code.start(size), code.end(size), str(int(words) - 1))


def _shared(code: Code) -> Iterator[Any]:
    """The array declarators of shared memory, outermost dimension last."""
    for node in code.of("declaration"):
        if any(code.words(child) == "__shared__" for child in node.children):
            yield from (child for child in node.children if child.type == "array_declarator")


def _barriers(code: Code) -> Iterator[Any]:
    for node in code.of("expression_statement"):
        if code.words(node).replace(" ", "") == "__syncthreads();":
            yield node


MUTATORS = (
    Mutator("oversized-shared-array", Category.SHARED_MEMORY, oversized_array),
    Mutator("starved-of-registers", Category.REGISTERS, starved),
    Mutator("dropped-barrier", Category.SYNCHRONIZATION, dropped_barrier),
    Mutator("divergent-barrier", Category.SYNCHRONIZATION, divergent_barrier),
    Mutator("lost-padding", Category.BANK_CONFLICT, lost_padding),
)
