"""Regions of C and CUDA: statements, right sides, blocks, and the launches and bodies of kernels."""

from __future__ import annotations

import importlib
from collections.abc import Iterator
from typing import Any

from signoff.completion.measure.trees import Tree

STATEMENTS = frozenset({"expression_statement", "declaration", "return_statement"})


def find(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """(kind, start, end) of each region inside a function."""
    tree = Tree(text, importlib.import_module("tree_sitter_c" if language == "c" else "tree_sitter_cuda"))
    for node in tree.nodes():
        function = _function(node)
        if function is None or function.has_error:
            continue
        kernel = any(word in tree.words(function).partition("{")[0] for word in ("__global__", "__device__"))
        for kind, start, end in _of(node, tree):
            name = f"kernel {kind}" if kernel and kind != "launch" else kind
            yield name, tree.offset(start), tree.offset(end)


def _of(node: Any, tree: Tree) -> Iterator[tuple[str, int, int]]:
    if node.type in STATEMENTS and node.parent.type == "compound_statement":
        kind = "launch" if b"<<<" in tree.data[node.start_byte : node.end_byte] else "statement"
        yield kind, node.start_byte, node.end_byte
    elif node.type in ("assignment_expression", "init_declarator"):
        right = node.child_by_field_name("right") or node.child_by_field_name("value")
        if right is not None and tree.data[right.end_byte : right.end_byte + 1] == b";":
            yield "right side", right.start_byte, right.end_byte + 1
    elif node.type == "compound_statement" and node.parent.type != "function_definition":
        line_end = tree.data.find(b"\n", node.start_byte, node.end_byte)
        if line_end > 0:
            yield "block", line_end + 1, node.end_byte - 1


def _function(node: Any) -> Any:
    while node is not None and node.type != "function_definition":
        node = node.parent
    return node
