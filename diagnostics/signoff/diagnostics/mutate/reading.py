"""What a parser makes of a text: how often it stumbles, and the tokens that are left without blanks and comments."""

from __future__ import annotations

import ast
from dataclasses import dataclass
from functools import lru_cache
from importlib import import_module
from typing import Any

from signoff.diagnostics.mutate.code import GRAMMARS, VERILOG
from signoff.verifiers.gpu.facts import PYTHON
from signoff.verifiers.project import Project


@dataclass(frozen=True, slots=True)
class Reading:
    """`errors`: places that do not parse. `tokens`: what the text says, in a form to be compared; in Verilog without
    what the preprocessor leaves out."""

    errors: int
    tokens: str


@lru_cache(maxsize=64)
def reading(text: str, language: str, project: Project) -> Reading:
    """How a text reads. Raises ValueError for a language without a parser here."""
    if language in VERILOG:
        return _verilog(text, project)
    if language == PYTHON:
        return _python(text)
    if language not in GRAMMARS:
        raise ValueError(f"no grammar for {language}")
    return _tree(text, language)


def _verilog(text: str, project: Project) -> Reading:
    from pyslang import SourceManager, syntax

    from signoff.verifiers.hdl.slang_options import bag_with_tops, option_key

    manager = SourceManager()
    tree = syntax.SyntaxTree.fromText(text, manager, "text", "text", bag_with_tops(option_key(project), ()))
    printer = syntax.SyntaxPrinter(manager)
    printer.setIncludeTrivia(False)
    # The two are one: IEEE 1800-2017, 9.4.2.2.
    tokens = printer.print(tree.root).str().replace("@(*)", "@*")
    return Reading(sum(one.isError() for one in tree.diagnostics), tokens)


def _python(text: str) -> Reading:
    try:
        return Reading(0, ast.dump(ast.parse(text)))
    except (SyntaxError, ValueError, RecursionError):
        return Reading(1, text)


def _tree(text: str, language: str) -> Reading:
    import tree_sitter

    grammar = tree_sitter.Language(import_module(GRAMMARS[language]).language())
    data = text.encode("utf-8", errors="surrogatepass")
    errors, words = 0, list[bytes]()
    waiting: list[Any] = [tree_sitter.Parser(grammar).parse(data).root_node]
    while waiting:
        node = waiting.pop()
        errors += node.type == "ERROR" or node.is_missing
        if not node.children and node.type != "comment":
            words.append(data[node.start_byte : node.end_byte])
        waiting += reversed(node.children)
    return Reading(errors, b" ".join(words).decode("utf-8", errors="replace"))
