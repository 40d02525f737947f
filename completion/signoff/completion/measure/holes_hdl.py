"""Regions of Verilog and SystemVerilog: right sides of assignments, bodies of processes, case items, port lists."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from signoff.completion.measure.trees import Tree

ASSIGNMENTS = frozenset({"net_assignment", "nonblocking_assignment", "blocking_assignment", "operator_assignment"})


def find(text: str, language: str) -> Iterator[tuple[str, int, int]]:
    """(kind, start, end) of each region."""
    import tree_sitter_systemverilog

    tree = Tree(text, tree_sitter_systemverilog)
    for node in tree.nodes():
        for kind, start, end in _of(node, tree):
            yield kind, tree.offset(start), tree.offset(end)


def _of(node: Any, tree: Tree) -> Iterator[tuple[str, int, int]]:
    if node.type in ASSIGNMENTS:
        yield from _right_side(node, tree)
    elif node.type == "always_construct":
        yield from _body(node, tree)
    elif node.type == "case_item":
        yield "case item", node.start_byte, node.end_byte
    elif node.type == "hierarchical_instance":
        ports = [one for one in node.named_children if one.type == "list_of_port_connections"]
        # With the closing parenthesis and semicolon, as the cursor stands behind the open one.
        end = tree.data.find(b";", node.end_byte) + 1
        if ports and end:
            yield "instance", ports[0].start_byte, end


def _right_side(node: Any, tree: Tree) -> Iterator[tuple[str, int, int]]:
    """The expression behind = or <=, with the semicolon that ends the statement on its line."""
    expressions = [one for one in node.named_children if one.type == "expression"]
    if not expressions or node.children[0].type == "expression":
        return
    last = expressions[-1]
    rest = tree.data[last.end_byte : last.end_byte + 3].lstrip()
    if rest.startswith(b";"):
        yield "assignment", last.start_byte, tree.data.index(b";", last.end_byte) + 1


def _body(node: Any, tree: Tree) -> Iterator[tuple[str, int, int]]:
    """What stands between the outermost begin and end of a process."""
    words = tree.words(node)
    first = words.find("begin")
    if first < 0 or not words.rstrip().endswith("end"):
        return
    line_end = words.find("\n", first)
    # `begin : name` belongs to what is there already; a process on one line has no body to speak of.
    if line_end > 0 and words[:first].count("begin") == 0:
        data = words.encode()
        start = node.start_byte + len(words[: line_end + 1].encode())
        yield "always block", start, node.start_byte + len(data.rstrip()) - len(b"end")
