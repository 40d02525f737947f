"""What closes a statement, a block or an expression goes missing."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category

ENDS = ("end", "endcase", "endmodule", "endfunction", "endtask", "endgenerate")


def dropped_semicolon(code: Code) -> Iterator[Mutation]:
    """A `;` behind a statement or a declaration (an empty statement has nothing in front of its own)."""
    for mark in code.of(";"):
        if mark.prev_sibling is not None and mark.prev_sibling.type != "(":
            yield one(code.start(mark), code.end(mark))


def dropped_end(code: Code) -> Iterator[Mutation]:
    """A keyword that closes a block."""
    for word in code.of(*ENDS):
        yield one(*code.stretch(word))


def dropped_begin(code: Code) -> Iterator[Mutation]:
    """A `begin`, so that its `end` closes what is around it; not that of a named block."""
    for word in code.of("begin"):
        following = word.next_sibling
        if following is not None and following.type != ":":
            yield one(*code.stretch(word))


def dropped_closing(code: Code) -> Iterator[Mutation]:
    """A closing bracket of an expression, a list or a range."""
    for mark in code.of(")", "]", "}"):
        yield one(code.start(mark), code.end(mark))


def dropped_opening(code: Code) -> Iterator[Mutation]:
    """An opening one."""
    for mark in code.of("(", "[", "{"):
        yield one(code.start(mark), code.end(mark))


MUTATORS = (
    Mutator("dropped-semicolon", Category.MISSING_SEMICOLON, dropped_semicolon, parses=False),
    Mutator("dropped-end", Category.MISSING_END, dropped_end, parses=False),
    Mutator("dropped-begin", Category.MISSING_END, dropped_begin, parses=False),
    Mutator("dropped-closing-bracket", Category.MISSING_BRACKET, dropped_closing, parses=False),
    Mutator("dropped-opening-bracket", Category.MISSING_BRACKET, dropped_opening, parses=False),
)
