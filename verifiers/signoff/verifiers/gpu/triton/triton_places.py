"""From the nodes that Triton's errors carry to places in the user's text. Standard library only (triton_data)."""

from __future__ import annotations

import ast

from signoff.verifiers.gpu.triton import triton_messages, triton_parse
from signoff.verifiers.gpu.triton.triton_data import Place
from signoff.verifiers.gpu.triton.triton_extract import Function


class Places:
    """Places in one file's text."""

    def __init__(self, text: str) -> None:
        self._rows = [row.rstrip("\r\n") for row in triton_parse.lines(text)]

    def row(self, line: int) -> str:
        """The text of a line, "" beyond the file."""
        return self._rows[line] if 0 <= line < len(self._rows) else ""

    def column(self, line: int, column: int) -> int:
        """The code point column of a byte column."""
        row = self.row(line)
        return column if row.isascii() else len(row.encode()[:column].decode(errors="ignore"))

    def of(self, node: ast.AST) -> Place:
        """Where a node of this file's own tree lies; of one on several lines, its first."""
        line = getattr(node, "lineno", 1) - 1
        return self._place(line, getattr(node, "col_offset", 0), node, line)

    def inside(self, function: Function, node: ast.AST) -> Place:
        """Where a node lies whose tree is that of the function's own text, from its def on."""
        shift = function.node.lineno - 1
        line = getattr(node, "lineno", 1) - 1 + shift
        return self._place(line, getattr(node, "col_offset", 0) + function.node.col_offset, node, line, function)

    def _place(self, line: int, start: int, node: ast.AST, first: int, function: Function | None = None) -> Place:
        indent = function.node.col_offset if function is not None else 0
        shift = function.node.lineno - 1 if function is not None else 0
        end = getattr(node, "end_lineno", 0) or getattr(node, "lineno", 1)
        last = end - 1 + shift
        low = self.column(line, start)
        if last != first:
            return line, low, line, max(len(self.row(line).split(" #")[0].rstrip()), low + 1)
        high = self.column(line, (getattr(node, "end_col_offset", None) or start + 1) + indent)
        return line, low, line, max(high, low + 1)


def pointed(node: ast.AST, message: str) -> ast.AST:
    """The part of a node that a message is about: the keyword it names, the called function of a long call."""
    keyword = triton_messages.KEYWORD.search(message)
    if isinstance(node, ast.Call):
        named = next((item for item in node.keywords if keyword and item.arg == keyword[1]), None)
        if named is not None:
            return named
        return node.func if node.end_lineno != node.lineno else node
    return node


def member(place: Place, node: ast.AST, message: str) -> Place:
    """Only the last name of `tl.nothing`, only the name of a keyword."""
    line, low, end, high = place
    if isinstance(node, ast.keyword) and node.arg:
        return line, low, end, low + len(node.arg)
    if isinstance(node, ast.Attribute) and "has no attribute" in message and line == end:
        return line, max(high - len(node.attr), low), end, high
    return place
