"""Faults of any C-like text, shared by CUDA and firmware: punctuation, names, calls and pointers."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

from signoff.diagnostics.mutate.code import WORD, Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category

KEYWORDS = (
    "return",
    "while",
    "for",
    "if",
    "else",
    "const",
    "static",
    "volatile",
    "struct",
    "switch",
    "break",
    "sizeof",
)
TYPES = ("primitive_type", "type_identifier")
# In these an identifier is being declared, or is one of the preprocessor's.
DECLARING = re.compile(r".*_declarator|parameter_declaration|preproc_\w+|enumerator|declaration|labeled_statement")


def mutators(syntax: Category, name: Category, kind: Category) -> tuple[Mutator, ...]:
    """The ways of going wrong, with the kinds that they have in one domain."""
    return (
        Mutator("dropped-semicolon", syntax, dropped_semicolon, parses=False),
        Mutator("dropped-bracket", syntax, dropped_bracket, parses=False),
        Mutator("dropped-brace", syntax, dropped_brace, parses=None),
        Mutator("misspelt-keyword", syntax, misspelt_keyword, parses=None),
        Mutator("misspelt-name", name, misspelt_name),
        Mutator("misspelt-call", name, misspelt_call),
        Mutator("misspelt-type", name, misspelt_type, parses=None),
        Mutator("misspelt-member", name, misspelt_member),
        Mutator("dropped-declaration", name, dropped_declaration),
        Mutator("dropped-argument", kind, dropped_argument),
        Mutator("dropped-address", kind, dropped_address),
        Mutator("wrong-arrow", kind, wrong_arrow),
    )


def dropped_semicolon(code: Code) -> Iterator[Mutation]:
    """A `;` behind a statement or a declaration."""
    for mark in code.of(";"):
        if mark.prev_sibling is not None and mark.prev_sibling.type not in ("(", ")", ";"):
            yield one(code.start(mark), code.end(mark))


def dropped_bracket(code: Code) -> Iterator[Mutation]:
    """A bracket of an expression or a list; not one of the preprocessor's."""
    for mark in code.of(")", "]"):
        if code.above(mark, "preproc_function_def", "preproc_params", "preproc_defined") is None:
            yield one(code.start(mark), code.end(mark))


def dropped_brace(code: Code) -> Iterator[Mutation]:
    """A brace that ends a block."""
    for mark in code.of("}"):
        if mark.parent.type == "compound_statement":
            yield one(*code.stretch(mark))


def misspelt_keyword(code: Code) -> Iterator[Mutation]:
    """A keyword with a slip in it."""
    for node in code.of(*KEYWORDS):
        yield from _slipped(code, node)


def misspelt_name(code: Code) -> Iterator[Mutation]:
    """A variable or constant with a slip in its name where it is used."""
    for node in code.of("identifier"):
        if not DECLARING.fullmatch(node.parent.type) and node.parent.type != "call_expression":
            yield from _slipped(code, node)


def misspelt_call(code: Code) -> Iterator[Mutation]:
    """A call with a slip in the function's name."""
    for node in code.of("call_expression"):
        if node.children[0].type == "identifier":
            yield from _slipped(code, node.children[0])


def misspelt_type(code: Code) -> Iterator[Mutation]:
    """A declaration with a slip in the type's name."""
    for node in code.of(*TYPES):
        if code.above(node, "preproc_def", "preproc_function_def") is None:
            yield from _slipped(code, node)


def misspelt_member(code: Code) -> Iterator[Mutation]:
    """A member of a structure with a slip in its name."""
    for node in code.of("field_identifier"):
        if node.parent.type == "field_expression":
            yield from _slipped(code, node)


def dropped_declaration(code: Code) -> Iterator[Mutation]:
    """The declaration of a variable in a function goes; its uses are where that shows."""
    for node in code.of("declaration"):
        function = code.above(node, "function_definition")
        names = [child for child in node.named_children if child.type in ("identifier", "init_declarator")]
        if function is None or len(names) != 1 or node.parent.type != "compound_statement":
            continue
        name = WORD.match(code.words(names[0]))
        also = tuple(code.start(use) for use in _uses(code, function, name[0])) if name else ()
        if len(also) > 1:
            yield one(*code.stretch(node), "", tuple(at for at in also if at > code.end(node)))


def dropped_argument(code: Code) -> Iterator[Mutation]:
    """A call with an argument less."""
    for node in code.of("argument_list"):
        given = node.named_children
        if len(given) > 1 and node.parent.type == "call_expression" and node.parent.children[0].type == "identifier":
            yield one(code.end(given[-2]), code.end(given[-1]))


def dropped_address(code: Code) -> Iterator[Mutation]:
    """A value where its address is wanted."""
    for node in code.of("pointer_expression"):
        if node.children[0].type == "&" and node.parent.type == "argument_list":
            yield one(code.start(node), code.start(node.children[1]))


def wrong_arrow(code: Code) -> Iterator[Mutation]:
    """`.` for `->`, and the other way round."""
    for word, other in (("->", "."), (".", "->")):
        for node in code.of(word):
            if node.parent.type == "field_expression":
                yield one(code.start(node), code.end(node), other)


def _slipped(code: Code, node: Any) -> Iterator[Mutation]:
    for slip in slips(code.words(node)):
        if slip not in code.known:
            yield one(code.start(node), code.end(node), slip)


def _uses(code: Code, around: Any, name: str) -> Iterator[Any]:
    yield from (node for node in code.below(around, "identifier") if code.words(node) == name)
