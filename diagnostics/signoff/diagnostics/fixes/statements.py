"""Always blocks: where their statements end, what they assign and whether a clock edge starts them."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from functools import lru_cache

from signoff.diagnostics.fixes.blocks import structure
from signoff.diagnostics.fixes.source import Source, source

ALWAYS = ("always", "always_ff", "always_comb", "always_latch")
HEADS = frozenset((*ALWAYS, "module"))


@dataclass(frozen=True, slots=True)
class Always:
    """An always block, as token indices: keyword, first token of its statement, last token of it."""

    word: str
    keyword: int
    statement: int
    last: int
    clocked: bool


def always_at(text: str, offset: int) -> Always | None:
    """The always block around an offset."""
    src, heads = source(text), _heads(text)
    number = min(src.at(offset), len(src.tokens) - 1)
    before = bisect_right(heads, number) - 1
    if before < 0 or src.word(heads[before]) == "module":
        return None
    block = _always(src, heads[before])
    return block if number <= block.last else None


@lru_cache(maxsize=4)
def _heads(text: str) -> list[int]:
    """The tokens that begin always blocks and modules: found once for all the names of a text."""
    return [number for number, token in enumerate(source(text).tokens) if token.text in HEADS]


def _always(src: Source, keyword: int) -> Always:
    statement, clocked = keyword + 1, False
    if src.word(statement) == "@":
        close = src.closing(statement + 1) if src.word(statement + 1) == "(" else statement + 1
        clocked = any(src.word(n) in ("posedge", "negedge") for n in range(statement, close))
        statement = close + 1
    return Always(src.word(keyword), keyword, statement, statement_end(src, statement), clocked)


def statement_end(src: Source, number: int) -> int:
    """The last token of the statement that starts at a token, its `else` included."""
    word = src.word(number)
    if word in ("begin", "case", "casez", "casex", "fork"):
        blocks = structure(src.text).blocks
        closer = next((block.closer for block in blocks if block.opener == number), -1)
        return closer if closer >= 0 else len(src.tokens) - 1
    if word in ("unique", "unique0", "priority"):
        return statement_end(src, number + 1)
    if word in ("if", "for", "while", "repeat", "foreach", "wait", "@", "#") and number + 1 < len(src.tokens):
        body = src.closing(number + 1) + 1 if src.word(number + 1) == "(" else number + 2
        end = statement_end(src, body)
        if word == "if" and src.word(end + 1) == "else":
            return statement_end(src, end + 2)
        return end
    while number < len(src.tokens) - 1 and src.word(number) != ";":
        number = src.closing(number) if src.word(number) in ("(", "[", "{") else number
        number += 1
    return number


def assignments(src: Source, first: int, last: int) -> list[tuple[str, int]]:
    """(name assigned, token index of its `=` or `<=`) of every procedural assignment between two tokens."""
    found: list[tuple[str, int]] = []
    for number in range(first, last + 1):
        if src.word(number) not in ("=", "<="):
            continue
        start = lvalue_start(src, number)
        before = src.word(start - 1)
        # What follows one of these starts a statement; anything else makes `<=` a comparison.
        if start >= 0 and before in (";", "begin", ")", "else", ":", "*", "end", "endcase", *ALWAYS):
            found.append((src.word(start), number))
    return found


def lvalue_start(src: Source, operator: int) -> int:
    """The first token of `name[...].field` before an operator; -1 where no name stands there."""
    number = operator - 1
    while src.word(number) == "]":
        number = src.opening(number) - 1
    if number < 0 or not src.token(number).is_name:
        return -1
    return number
