"""Declarations: `volatile` where a handler writes, `static` where a transfer outlives the function, no section."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.verifiers.text import Edit

MISSING_VOLATILE, DMA_BUFFER = "MissingVolatile", "DmaBuffer"
STORAGE = frozenset(("static", "extern", "_Thread_local", "register"))
ATTRIBUTE = "__attribute__"
SECTION = frozenset(("section", "__section__"))
RULE = "declarations"


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """The word that is missing, in every declaration of the name."""
    name = ground.data.get("name", "")
    if ground.finding.code == MISSING_VOLATILE:
        yield from _volatile(ground, name)
    elif ground.finding.code == DMA_BUFFER and "section" in ground.data:
        yield from _ordinary_memory(ground, name)
    elif ground.finding.code == DMA_BUFFER:
        yield from _static(ground, name)


def _volatile(ground: Ground, name: str) -> Iterator[FixCandidate]:
    edits = [edit for place in _at_file_scope(ground, name) for edit in _marked(ground, place)]
    if edits:
        yield ground.candidate(f"Declare '{name}' volatile", edits, RULE)


def _at_file_scope(ground: Ground, name: str) -> Iterator[int]:
    """Where the name stands in declarations outside of functions."""
    for number, token in enumerate(ground.src.tokens):
        follows = ground.src.word(number + 1)
        if token.text == name and follows in (";", "=", "[", ",", ATTRIBUTE) and ground.body(number) is None:
            statement = ground.statement(number)
            before = [ground.src.word(n) for n in range(statement.start, number)]
            if before and "=" not in before and "{" not in before:
                yield number


def _marked(ground: Ground, place: int) -> Iterator[Edit]:
    """`volatile` where it belongs: before the type, or behind the asterisk of a pointer."""
    src, statement = ground.src, ground.statement(place)
    words = [src.word(n) for n in statement]
    if {"volatile", "__IO"} & set(words):
        return
    # CMSIS's name for it, where the text has no other.
    word = "__IO" if "__IO" in ground.names and "volatile" not in {one.text for one in src.tokens} else "volatile"
    if src.word(place - 1) == "*":
        yield ground.insert(src.token(place - 1).end, f"{word} ")
        return
    first = _behind_storage(ground, statement)
    yield ground.insert(src.token(first).start, f"{word} ")


def _behind_storage(ground: Ground, statement: range) -> int:
    """The first token behind storage classes and attributes."""
    src, first = ground.src, statement.start
    while first < statement.stop - 1 and (src.word(first) in STORAGE or src.word(first) == ATTRIBUTE):
        first = src.closing(first + 1) + 1 if src.word(first) == ATTRIBUTE else first + 1
    return first


def _static(ground: Ground, name: str) -> Iterator[FixCandidate]:
    """A buffer of the function that hands it on becomes static."""
    inside = ground.body(ground.at)
    if inside is None:
        return
    for number in range(inside.opened, ground.at):
        if ground.src.word(number) == name and ground.src.word(number + 1) in ("[", ";", "=", ","):
            statement = ground.statement(number)
            first = ground.src.token(statement.start)
            if ground.stands_free(statement) and first.text not in STORAGE and number > statement.start:
                title = f"Make '{name}' static"
                behaviour = "it takes its memory all the time, and keeps what the call before has put into it"
                yield ground.candidate(title, [ground.insert(first.start, "static ")], RULE, behaviour=behaviour)
            return


def _ordinary_memory(ground: Ground, name: str) -> Iterator[FixCandidate]:
    """Take away the attribute that puts the buffer into memory without DMA."""
    for place in _at_file_scope(ground, name):
        statement = ground.statement(place)
        for number in statement:
            closing = ground.src.closing(number + 1)
            words = [ground.src.word(n) for n in range(number, closing + 1)]
            if (
                words[:3] == [ATTRIBUTE, "(", "("]
                and words[3] in SECTION
                and words[4] == "("
                and words[6:] == [")"] * 3
            ):
                edit = _without(ground, number, closing)
                behaviour = f"moves '{name}' from {ground.data['section']} into the ordinary RAM"
                made = ground.candidate(f"Take '{name}' out of its section", [edit], RULE, behaviour=behaviour)
                yield _dropping(made, words)


def _without(ground: Ground, first: int, last: int) -> Edit:
    start, end = ground.src.token(first).start, ground.src.token(last).end
    text = ground.snapshot.text
    while start > 0 and text[start - 1] in " \t":
        start -= 1
    gap = "" if text[end : end + 1] in (";", ",", " ", "=") else " "
    return Edit(ground.index.span(start, end), gap)


def _dropping(made: FixCandidate, words: list[str]) -> FixCandidate:
    return replace(made, drops=tuple(words))
