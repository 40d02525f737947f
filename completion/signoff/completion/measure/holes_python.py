"""Regions of Python: the statements of Triton kernels, and their launches."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from signoff.verifiers.text import LineIndex


def find(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """(kind, start, end) of each region; none where the file is not Python of this version."""
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError):
        return
    index = LineIndex(text)
    for function in ast.walk(tree):
        if isinstance(function, ast.FunctionDef):
            kernel = any("jit" in ast.unparse(one) for one in function.decorator_list)
            for node in ast.walk(function):
                yield from _of(node, kernel, text, index)


def _of(node: ast.AST, kernel: bool, text: str, index: LineIndex) -> Iterator[tuple[str, int, int]]:
    if kernel and isinstance(node, ast.Assign | ast.AugAssign | ast.Expr | ast.Return):
        yield "kernel statement", *_span(node, text, index)
    if kernel and isinstance(node, ast.Assign):
        yield "right side", _span(node.value, text, index)[0], _span(node, text, index)[1]
    if kernel and isinstance(node, ast.For | ast.If | ast.While) and node.body:
        yield "block", _span(node.body[0], text, index)[0], _span(node.body[-1], text, index)[1]
    launch = isinstance(node, ast.Expr) and isinstance(node.value, ast.Call)
    if not kernel and launch and isinstance(node.value.func, ast.Subscript):  # type: ignore[attr-defined]
        yield "launch", *_span(node, text, index)


def _span(node: ast.AST, text: str, index: LineIndex) -> tuple[int, int]:
    """ast counts columns in UTF-8 bytes."""
    places = []
    for line, column in ((node.lineno, node.col_offset), (node.end_lineno, node.end_col_offset)):  # type: ignore[attr-defined]
        start = index.starts[line - 1]
        before = text[start : start + column].encode()[:column].decode(errors="ignore")
        places.append(start + len(before))
    return places[0], places[1]
