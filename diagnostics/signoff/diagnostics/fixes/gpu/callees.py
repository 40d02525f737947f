"""What a kernel calls, as far as texts show it: functions and macros by name, each with the words it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import lru_cache

from signoff.diagnostics.fixes.gpu.names import listed
from signoff.diagnostics.fixes.gpu.tokens import KEYWORDS, CudaSource, source
from signoff.diagnostics.fixes.source import Token

MACRO = re.compile(r"[ \t]*#[ \t]*define[ \t]+(\w+)")
_WORDS = re.compile(r"\w+|##|%:%:")
# Tokens between a name and the bracket behind its template arguments.
TEMPLATE_TOKENS = 24


@dataclass(frozen=True, slots=True)
class Callee:
    """A function or macro: its name ("" for one that goes by no name of its own) and the words of its text."""

    name: str
    words: frozenset[str]


@lru_cache(maxsize=64)
def callees(text: str) -> tuple[Callee, ...]:
    """The functions and macros of a text."""
    src = source(text)
    return (*_macros(src), *_functions(src, macros(text)))


@lru_cache(maxsize=64)
def macros(text: str) -> frozenset[str]:
    """The names of the macros that a text defines."""
    return frozenset(callee.name for callee in _macros(source(text)))


def _macros(src: CudaSource) -> Iterator[Callee]:
    for token in src.tokens:
        match = MACRO.match(token.text) if token.kind == "directive" else None
        if match is not None:
            yield Callee(match[1], frozenset(_WORDS.findall(token.text[match.end() :])))


def _functions(src: CudaSource, macros: frozenset[str]) -> Iterator[Callee]:
    """The outermost blocks behind a `)`: functions and methods; nameless are some constructors, and what is in none."""
    opened, inside, names = list[int](), list[range](), set[str]()
    for number, token in enumerate(src.tokens):
        if token.text == "{":
            opened.append(number)
        elif token.text == "}" and opened:
            start = opened.pop()
            if heads(src, start) and not any(heads(src, outer) for outer in opened):
                inside.append(range(start, number))
                name = _name(src, start)
                names.add(name)
                # What a macro makes a function of bears another name.
                yield Callee("" if name in macros else name, frozenset(one.text for one in src.tokens[start:number]))
    bounds = [0, *(bound for one in inside for bound in (one.start, one.stop)), len(src.tokens)]
    between = [token for start, end in zip(bounds[::2], bounds[1::2], strict=True) for token in src.tokens[start:end]]
    # A function's own head calls it not.
    yield Callee("", frozenset(token.text for token in between if token.kind == "word") - names)


def heads(src: CudaSource, opening: int) -> bool:
    """Whether a block is a function's body."""
    before = opening - 1
    while src.word(before) in ("const", "noexcept", "override", "final"):
        before -= 1
    return src.word(before) == ")"


def _name(src: CudaSource, opening: int) -> str:
    close = next(n for n in range(opening, -1, -1) if src.word(n) == ")")
    name = src.opening(close) - 1
    plain = src.word(name).isidentifier() and src.word(name) not in KEYWORDS and not src.word(name).startswith("__")
    # `X() : a(b) {`: the last bracket is that of a member's initial value.
    return src.word(name) if plain and src.word(name - 1) not in (":", ",", "~", "operator") else ""


def called(tokens: list[Token]) -> frozenset[str]:
    """The names that are called among the tokens, but for what CUDA C++ itself defines."""
    found = (token.text for number, token in enumerate(tokens) if token.kind == "word" and _calls(tokens, number))
    return frozenset(found) - KEYWORDS - frozenset(listed("cuda_names.txt"))


def _calls(tokens: list[Token], number: int) -> bool:
    after = [token.text for token in tokens[number + 1 : number + 1 + TEMPLATE_TOKENS]]
    if after[:1] != ["<"]:
        return after[:1] == ["("]
    depth = 0
    for word, following in zip(after, [*after[1:], ""], strict=True):
        depth += {"<": 1, ">": -1}.get(word, 0)
        if depth == 0:
            return following == "("
        if word in (";", "{", "}", "&&", "||"):
            return False
    return False


def reach(words: Iterable[str], texts: Iterable[str], wanted: re.Pattern[str]) -> bool:
    """Whether code of these words may come to a wanted one through functions and macros of the texts."""
    known = [callee for text in texts for callee in callees(text)]
    reached, pending = set[str](), {*words, ""}
    while pending:
        reached |= pending
        hit = [callee for callee in known if callee.name in pending]
        if any(wanted.match(word) for callee in hit for word in callee.words):
            return True
        pending = {word for callee in hit for word in callee.words} - reached
    return False


def named(words: Iterable[str], texts: Iterable[str]) -> frozenset[str]:
    """The words of all functions and macros that code of these words comes to by their names."""
    known = [callee for text in texts for callee in callees(text) if callee.name]
    reached, pending, found = set[str](), set(words), set[str]()
    while pending:
        reached |= pending
        words_there = {word for callee in known if callee.name in pending for word in callee.words}
        found |= words_there
        pending = words_there - reached
    return frozenset(found)
