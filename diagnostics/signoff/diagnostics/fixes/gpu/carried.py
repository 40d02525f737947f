"""Whether the rounds of a loop are independent: what one round leaves in a variable must not meet the next.

A thread that does the work of several has one set of local variables for all of it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.gpu.arguments import ASSIGNING
from signoff.diagnostics.fixes.gpu.callees import called, macros
from signoff.diagnostics.fixes.gpu.ground import Ground
from signoff.diagnostics.fixes.gpu.included import headers
from signoff.diagnostics.fixes.gpu.tokens import KEYWORDS
from signoff.verifiers.gpu.facts import Kernel

STEPS = ("++", "--")
# Words that a statement begins with, and none of them is a type.
STATEMENTS = frozenset(("return", "else", "case", "goto", "new", "delete", "throw", "sizeof", "do"))


def independent(ground: Ground, kernel: Kernel, body: range) -> bool:
    """Whether a stretch of the kernel changes no variable that is declared outside it but what pointers lead to."""
    if any(_changes(ground, number, body) for number in body):
        return False
    start, end = ground.src.token(body.start).start, ground.src.token(body.stop - 1).end
    texts = (ground.src.text, *headers(ground)[0])
    for name in called(ground.tokens(ground.index.span(start, end))):
        if any(name in macros(text) for text in texts) or any(_by_reference(text, name) for text in texts):
            return False
    return _no_local_array(ground, kernel, body)


def _changes(ground: Ground, number: int, body: range) -> bool:
    """Whether a token stores into a variable that is not the stretch's own."""
    src, word = ground.src, ground.src.word(number)
    if word in STEPS:
        # `i++` has its name before the operator, `++i` behind it.
        before = src.word(number - 1) in (")", "]") or src.word(number - 1).isidentifier()
        place = number - 1 if before and src.word(number - 1) not in STATEMENTS else number + 1
    elif word in ASSIGNING:
        place = number - 1
    elif word == "&" and src.token(number + 1).kind == "word" and src.word(number + 2) not in ("[", "->"):
        # An address or a reference; `a & b` reads the same here, and costs a fix at most.
        return not _own(ground, src.word(number + 1), body)
    else:
        return False
    name, through = _root(ground, place)
    return not through and not _own(ground, name, body)


def _root(ground: Ground, place: int) -> tuple[str, bool]:
    """The variable at the root of what is stored to, and whether a pointer or an index lies between."""
    src, through = ground.src, False
    while True:
        word = src.word(place)
        if word == "]":
            place, through = src.opening(place) - 1, True
        elif word == ")":
            return "", src.word(src.opening(place) - 1) == "*"
        elif src.word(place - 1) in (".", "->"):
            through = through or src.word(place - 1) == "->"
            place -= 2
        else:
            return word, through or (src.word(place - 1) == "*" and not _typed(ground, place - 1))


def _typed(ground: Ground, star: int) -> bool:
    """Whether a `*` belongs to a declaration: a type stands before it."""
    before = ground.src.word(star - 1)
    return before == "*" or (before.isidentifier() and before not in STATEMENTS)


def _own(ground: Ground, name: str, body: range) -> bool:
    """Whether a name is declared in the stretch."""
    return any(ground.src.word(number) == name and _declares(ground, number) for number in body)


def _declares(ground: Ground, number: int) -> bool:
    src = ground.src
    before, after = src.word(number - 1), src.word(number + 1)
    if after not in ("=", ";", ",", "[", "(", "{", ":"):
        return False
    while before in ("*", "&", "__restrict__"):
        number -= 1
        before = src.word(number - 1)
    return (before.isidentifier() and before not in STATEMENTS) or before == ">"


def _by_reference(text: str, name: str) -> bool:
    """Whether a function of that name takes something by a reference that it may store to."""
    found = re.finditer(rf"\b{re.escape(name)}\s*\((?P<parameters>[^()]*&[^()]*)\)[^;{{}}]{{0,40}}\{{", text)
    return any("&" in re.sub(r"\bconst\b[^,&]*&", "", match["parameters"]) for match in found)


def _no_local_array(ground: Ground, kernel: Kernel, body: range) -> bool:
    """Whether the stretch uses no array that the kernel declares before it: each round finds it as it was left."""
    inside = ground.range(kernel.span)
    return not {*_arrays(ground, range(inside.start, body.start))} & {ground.src.word(number) for number in body}


def _arrays(ground: Ground, before: range) -> Iterator[str]:
    """The names declared as arrays, or as variables of a type that may hold more than one number."""
    src = ground.src
    opening = next((number for number in before if src.word(number) == "{"), before.stop)
    for number in range(opening, before.stop):
        if src.word(number + 1) == "[" and _declares(ground, number) and src.word(number) not in KEYWORDS:
            yield src.word(number)
