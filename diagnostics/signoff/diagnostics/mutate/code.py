"""A source text with its syntax tree, for mutators: nodes by type, their words, what a line would be without them."""

from __future__ import annotations

import re
from collections import defaultdict
from importlib import import_module
from typing import Any

from signoff.verifiers.gpu.facts import CUDA_LANGUAGES, PYTHON
from signoff.verifiers.mcu.facts import C_LANGUAGES

VERILOG = frozenset({"verilog", "systemverilog"})
# The module of the tree-sitter grammar of a language; Python's own parser reads Python.
GRAMMARS = {
    **dict.fromkeys(VERILOG, "tree_sitter_systemverilog"),
    **dict.fromkeys(CUDA_LANGUAGES, "tree_sitter_cuda"),
    **dict.fromkeys(C_LANGUAGES, "tree_sitter_c"),
}
WORD = re.compile(r"[A-Za-z_]\w*")
LANGUAGES = frozenset({*GRAMMARS, PYTHON})


class Code:
    """A text and its nodes. Offsets are code points, as everywhere in Signoff (tree-sitter's own are bytes).

    Raises ValueError for a language without a grammar here. Nodes with a syntax error in them are left out.
    """

    def __init__(self, text: str, language: str) -> None:
        if language not in GRAMMARS:
            raise ValueError(f"no grammar for {language}")
        import tree_sitter

        self.text = text
        self.language = language
        self.data = text.encode("utf-8", errors="surrogatepass")
        grammar = tree_sitter.Language(import_module(GRAMMARS[language]).language())
        self.root: Any = tree_sitter.Parser(grammar).parse(self.data).root_node
        self._ascii = len(self.data) == len(text)
        self._nodes: dict[str, list[Any]] = defaultdict(list)
        # Every word of the text: a slip must not make another of them.
        self.known = frozenset(WORD.findall(text))
        self._collect()

    def _collect(self) -> None:
        waiting = [self.root]
        while waiting:
            node = waiting.pop()
            if node.type == "ERROR" or node.is_missing:
                continue
            if not node.has_error:
                self._nodes[node.type].append(node)
            waiting += reversed(node.children)

    def of(self, *types: str) -> list[Any]:
        """The nodes of these types, in the order of the types and then of the text."""
        return [node for one in types for node in self._nodes.get(one, ())]

    def below(self, node: Any, *types: str) -> list[Any]:
        """The nodes of these types below one, in the text's order; not those below one that is found."""
        found, waiting = [], list(reversed(node.children))
        while waiting:
            child = waiting.pop()
            if child.type in types:
                found.append(child)
            else:
                waiting += reversed(child.children)
        return found

    def words(self, node: Any) -> str:
        """The text of a node."""
        return self.data[node.start_byte : node.end_byte].decode("utf-8", errors="surrogatepass")

    def start(self, node: Any) -> int:
        """The offset at which a node starts."""
        return self._offset(node.start_byte)

    def end(self, node: Any) -> int:
        """The offset behind a node."""
        return self._offset(node.end_byte)

    def _offset(self, byte: int) -> int:
        return byte if self._ascii else len(self.data[:byte].decode("utf-8", errors="ignore"))

    def stretch(self, first: Any, last: Any = None) -> tuple[int, int]:
        """What to take out with nodes: the whole lines where nothing else stands on them, else blanks before them."""
        start, end = self.start(first), self.end(first if last is None else last)
        line_start = max(self.text.rfind("\n", 0, start), self.text.rfind("\r", 0, start)) + 1
        alone = not self.text[line_start:start].strip()
        rest = len(self.text[end:]) - len(self.text[end:].lstrip(" \t"))
        after = end + rest
        if alone and self.text.startswith(("\n", "\r\n"), after):
            return line_start, after + (2 if self.text.startswith("\r\n", after) else 1)
        kept = len(self.text[:start].rstrip(" \t"))
        return (start if alone else kept), end

    def above(self, node: Any, *types: str) -> Any:
        """The nearest node around one that is of one of the types; None where there is none."""
        node = node.parent
        while node is not None and node.type not in types:
            node = node.parent
        return node

    def indent(self, node: Any) -> str:
        """The blanks at the start of the line on which a node starts."""
        start = self.start(node)
        line = self.text[self.text.rfind("\n", 0, start) + 1 : start]
        return line[: len(line) - len(line.lstrip(" \t"))]
