"""Walking a tree-sitter tree with offsets in code points."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any


class Tree:
    """A parsed text. Offsets are in code points, as everywhere in Signoff; tree-sitter's own are in bytes."""

    def __init__(self, text: str, grammar: Any) -> None:
        import tree_sitter

        self.data = text.encode()
        self.root = tree_sitter.Parser(tree_sitter.Language(grammar.language())).parse(self.data).root_node
        self._ascii = len(self.data) == len(text)

    def offset(self, byte: int) -> int:
        """The offset in code points of a byte of the text."""
        return byte if self._ascii else len(self.data[:byte].decode(errors="replace"))

    def words(self, node: Any) -> str:
        """The text of a node."""
        return self.data[node.start_byte : node.end_byte].decode(errors="replace")

    def nodes(self) -> Iterator[Any]:
        """All named nodes without an error in them, outermost first, in the text's order."""
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if not node.has_error:
                yield node
            waiting += reversed(node.named_children)
