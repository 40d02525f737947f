"""Pins with another function than the one that is meant."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.mutate.code import Code
from signoff.diagnostics.mutate.mutation import Mutation, Mutator, one
from signoff.verifiers.finding import Category

FUNCTION = re.compile(r"GPIO_AF(\d+)(_\w+)?")
NUMBER = re.compile(r"\b(\d+)(UL?|u)?\s*<<")
TIMES = re.compile(r"\*\s*([24])(U?)\b")


def wrong_function(code: Code) -> Iterator[Mutation]:
    """The number of another alternate function."""
    for node in code.of("identifier"):
        found = FUNCTION.fullmatch(code.words(node))
        if found is not None:
            other = next((word for word in sorted(code.known) if _another(word, found[1])), f"GPIO_AF{_next(found[1])}")
            yield one(code.start(node), code.end(node), other)
    for node in code.of("expression_statement"):
        words = code.words(node)
        values = list(NUMBER.finditer(words)) if re.match(r"\w+->AFR\[", words) else []
        for found in values[-1:]:
            if int(found[1]) < 15:
                at = code.start(node)
                yield one(at + found.start(1), at + found.end(1), _next(found[1]))


def wrong_half(code: Code) -> Iterator[Mutation]:
    """The register of the other eight pins."""
    for node in code.of("subscript_expression"):
        found = re.fullmatch(r"\w+->AFR\[([01])\]", code.words(node))
        if found is not None:
            at = code.start(node) + found.start(1)
            yield one(at, at + 1, "1" if found[1] == "0" else "0")


def wrong_shift(code: Code) -> Iterator[Mutation]:
    """Two bits a pin where there are four, or the other way round."""
    for node in code.of("expression_statement"):
        words = code.words(node)
        if not re.match(r"\w+->(AFR\[|MODER)", words):
            continue
        for found in TIMES.finditer(words):
            at = code.start(node)
            yield one(at + found.start(1), at + found.end(1), "4" if found[1] == "2" else "2")


def _another(word: str, number: str) -> bool:
    found = FUNCTION.fullmatch(word)
    return found is not None and found[1] != number


def _next(number: str) -> str:
    return str((int(number) + 1) % 16)


MUTATORS = (
    Mutator("wrong-alternate-function", Category.PIN_FUNCTION, wrong_function),
    Mutator("wrong-half-of-the-port", Category.PIN_FUNCTION, wrong_half),
    Mutator("wrong-shift", Category.PIN_FUNCTION, wrong_shift),
)
