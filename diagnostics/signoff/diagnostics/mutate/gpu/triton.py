"""Faults of Triton kernels: names, what tl has and takes, types, and Python's own syntax."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.diagnostics.mutate.python_code import PythonCode
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category


def misspelt_function(code: PythonCode) -> Iterator[Mutation]:
    """A function of tl with a slip in its name."""
    for node in _nodes(code, ast.Attribute):
        if isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name) and node.value.id == "tl":
            for slip in slips(node.attr):
                yield one(code.end(node) - len(node.attr), code.end(node), slip)


def misspelt_keyword_argument(code: PythonCode) -> Iterator[Mutation]:
    """A keyword argument with a slip in it."""
    for node in _nodes(code, ast.keyword):
        if isinstance(node, ast.keyword) and node.arg:
            for slip in slips(node.arg):
                yield one(code.start(node), code.start(node) + len(node.arg), slip)


def lost_constexpr(code: PythonCode) -> Iterator[Mutation]:
    """A parameter that must be known at compile time is one of run time."""
    for kernel in code.kernels():
        for argument in (*kernel.args.args, *kernel.args.kwonlyargs):
            if argument.annotation is not None and "constexpr" in code.words(argument.annotation):
                also = tuple(_uses(code, kernel, argument.arg))
                yield one(code.start(argument) + len(argument.arg), code.end(argument), "", also)


def ragged_range(code: PythonCode) -> Iterator[Mutation]:
    """A range of a length that is no power of two."""
    for node in _nodes(code, ast.Call):
        if isinstance(node, ast.Call) and code.words(node.func) == "tl.arange" and len(node.args) == 2:
            yield one(code.end(node.args[1]), code.end(node.args[1]), " + 1")


def misspelt_name(code: PythonCode) -> Iterator[Mutation]:
    """A variable with a slip in its name where it is read."""
    known = set(re.findall(r"\w+", code.text))
    for node in _nodes(code, ast.Name):
        if isinstance(node, ast.Name) and isinstance(node.ctx, ast.Load) and node.id != "tl":
            for slip in slips(node.id):
                if slip not in known:
                    yield one(code.start(node), code.end(node), slip)


def lost_colon(code: PythonCode) -> Iterator[Mutation]:
    """The colon of a loop, a condition or the kernel itself."""
    for kernel in code.kernels():
        for node in ast.walk(kernel):
            if isinstance(node, ast.For | ast.If | ast.While | ast.FunctionDef):
                body = code.start(node.body[0])
                colon = code.text.rfind(":", code.start(node), body)
                if colon >= 0 and "#" not in code.text[colon:body]:
                    yield one(colon, colon + 1)


def lost_bracket(code: PythonCode) -> Iterator[Mutation]:
    """The closing bracket of a call."""
    for node in _nodes(code, ast.Call):
        if isinstance(node, ast.Call) and code.words(node).endswith(")"):
            yield one(code.end(node) - 1, code.end(node))


def value_as_pointer(code: PythonCode) -> Iterator[Mutation]:
    """A load from a number of type tl.float32, where an address belongs."""
    for node in _nodes(code, ast.Call):
        if isinstance(node, ast.Call) and code.words(node.func) in ("tl.load", "tl.store") and node.args:
            yield one(code.start(node.args[0]), code.end(node.args[0]), f"({code.words(node.args[0])}).to(tl.float32)")


def odd_warps(code: PythonCode) -> Iterator[Mutation]:
    """A number of warps that is no power of two."""
    for node in ast.walk(code.module):
        if isinstance(node, ast.keyword) and node.arg == "num_warps" and code.words(node.value).isdigit():
            yield one(code.start(node.value), code.end(node.value), "3")


def _nodes(code: PythonCode, kind: type[ast.AST]) -> Iterator[ast.AST]:
    for kernel in code.kernels():
        yield from (node for child in kernel.body for node in ast.walk(child) if isinstance(node, kind))


def _uses(code: PythonCode, kernel: ast.FunctionDef, name: str) -> Iterator[int]:
    for node in ast.walk(kernel):
        if isinstance(node, ast.Name) and node.id == name:
            yield code.start(node)


MUTATORS = (
    Mutator("misspelt-triton-function", Category.TRITON_API, misspelt_function),
    Mutator("misspelt-keyword-argument", Category.TRITON_API, misspelt_keyword_argument),
    Mutator("lost-constexpr", Category.TRITON_API, lost_constexpr),
    Mutator("ragged-range", Category.GPU_TYPE, ragged_range),
    Mutator("value-as-pointer", Category.GPU_TYPE, value_as_pointer),
    Mutator("misspelt-name", Category.GPU_NAME, misspelt_name),
    Mutator("lost-colon", Category.GPU_SYNTAX, lost_colon, parses=False),
    Mutator("lost-bracket", Category.GPU_SYNTAX, lost_bracket, parses=False),
    Mutator("odd-number-of-warps", Category.LAUNCH_GEOMETRY, odd_warps),
)
