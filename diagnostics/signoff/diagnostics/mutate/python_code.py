"""A Python text with its syntax tree, for mutators of Triton kernels: the jitted functions, and what is in them."""

from __future__ import annotations

import ast
from collections.abc import Iterator

from signoff.verifiers.text import LineIndex


class PythonCode:
    """A text and its tree; no functions where it does not parse. Offsets are code points."""

    def __init__(self, text: str) -> None:
        self.text = text
        self.index = LineIndex(text)
        try:
            self.module = ast.parse(text)
        except (SyntaxError, ValueError, RecursionError):
            self.module = ast.Module([], [])

    def kernels(self) -> Iterator[ast.FunctionDef]:
        """The functions that triton.jit takes, by what stands above them."""
        for node in ast.walk(self.module):
            if isinstance(node, ast.FunctionDef) and any("jit" in ast.unparse(one) for one in node.decorator_list):
                yield node

    def start(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> int:
        """The offset at which a node starts."""
        return self._offset(node.lineno, node.col_offset)

    def end(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> int:
        """The offset behind a node."""
        return self._offset(node.end_lineno or node.lineno, node.end_col_offset or 0)

    def words(self, node: ast.expr | ast.stmt | ast.arg | ast.keyword) -> str:
        """The text of a node."""
        return self.text[self.start(node) : self.end(node)]

    def _offset(self, line: int, byte: int) -> int:
        # Python counts columns in bytes of UTF-8.
        row = self.index.line(line - 1)
        column = byte if row.isascii() else len(row.encode()[:byte].decode(errors="ignore"))
        return self.index.offset(line - 1, column)
