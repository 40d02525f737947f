"""Keywords that are none, and literals that no base allows."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.diagnostics.mutate.slips import slips
from signoff.verifiers.finding import Category

KEYWORDS = (
    *(
        "always",
        "always_comb",
        "always_ff",
        "assign",
        "begin",
        "case",
        "default",
        "else",
        "end",
        "endcase",
        "endmodule",
    ),
    *(
        "input",
        "output",
        "parameter",
        "localparam",
        "posedge",
        "negedge",
        "module",
        "wire",
        "logic",
        "initial",
        "generate",
    ),
)
# What those write who think in another language.
FOREIGN = {"begin": "{", "end": "}", "case": "switch", "default": "others", "always": "process", "wire": "signal"}
SIZED = re.compile(r"(\d+)\s*'\s*([bodhBODH])\s*(\w+)\Z")
BITS = {"b": 1, "o": 3, "h": 4}
# A digit that the base does not have.
FOREIGN_DIGIT = {"b": "2", "o": "8", "h": "g", "d": "a"}


def misspelt_keyword(code: Code) -> Iterator[Mutation]:
    """A keyword with a slip in it."""
    for word in code.of(*KEYWORDS):
        for slip in slips(word.type):
            yield one(code.start(word), code.end(word), slip)


def foreign_keyword(code: Code) -> Iterator[Mutation]:
    """The word of another language: `elsif`, `switch`, `others`, braces around a block."""
    for word in code.of("else"):
        following = word.next_sibling
        if following is not None and following.type == "if":
            yield one(code.start(word), code.end(following), "elsif")
    for word in code.of(*FOREIGN):
        yield one(code.start(word), code.end(word), FOREIGN[word.type])


def foreign_digit(code: Code) -> Iterator[Mutation]:
    """A digit beyond the base, as in `4'b0120`."""
    for node, text, found in _sized(code):
        digits, base = found[3], found[2].lower()
        at = code.start(node) + len(text) - len(digits)
        for place in {0, len(digits) - 1}:
            yield one(at + place, at + place + 1, FOREIGN_DIGIT[base])


def lost_digits(code: Code) -> Iterator[Mutation]:
    """A base without digits behind it."""
    for node, text, found in _sized(code):
        yield one(code.start(node) + len(text) - len(found[3]), code.end(node))


def oversized(code: Code) -> Iterator[Mutation]:
    """A literal with a digit more than its size holds."""
    for node, _, found in _sized(code):
        size, base, digits = int(found[1]), found[2].lower(), found[3].replace("_", "")
        if base in BITS:
            more = size // BITS[base] + 1 - len(digits)
            yield one(code.end(node) - len(found[3]), code.end(node) - len(found[3]), "1" + "0" * max(more - 1, 0))
        elif size <= 32:
            yield one(code.end(node) - len(found[3]), code.end(node), str((1 << size) + int(digits or "0")))


def _sized(code: Code) -> Iterator[tuple[object, str, re.Match[str]]]:
    for node in code.of("integral_number"):
        text = code.words(node)
        found = SIZED.match(text)
        decimal = found is not None and found[2].lower() == "d"
        if found is not None and not (decimal and not found[3].replace("_", "").isdigit()):
            yield node, text, found


MUTATORS = (
    Mutator("misspelt-keyword", Category.ILLEGAL_KEYWORD, misspelt_keyword, parses=None),
    Mutator("foreign-keyword", Category.ILLEGAL_KEYWORD, foreign_keyword, parses=False),
    Mutator("foreign-digit", Category.INVALID_LITERAL, foreign_digit, parses=False),
    Mutator("lost-digits", Category.INVALID_LITERAL, lost_digits, parses=False),
    Mutator("oversized-literal", Category.INVALID_LITERAL, oversized, parses=None),
)
