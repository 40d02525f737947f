"""Which family of templates a model takes: its tokenizer decides, its name only where that cannot be read."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass

from signoff.completion import fim
from signoff.completion.fim import Family

# Into how many tokens the model's tokenizer cuts a text; None where it cannot be asked.
Count = Callable[[str], Awaitable[int | None]]


@dataclass(frozen=True, slots=True)
class Found:
    """A family's name, "" for none, and what a person should know about it."""

    family: str
    note: str = ""


async def find(name: str, chosen: str, count: Count) -> Found:
    """The family of the model called `name`. `chosen` is completion.family: it holds, but is checked.

    Raises what `count` raises.
    """
    if chosen:
        return await _check(name, chosen, count)
    if fim.untrained(name):
        return Found("", f"{name} was not trained to fill in the middle: it continues the text before the cursor.")
    named = fim.of_name(name)
    if any(family.hidden for family in named) or await count(fim.FAMILIES[0].tokens[0]) is None:
        return _by_name(name, named)
    for family in _order(named):
        if await holds(family, count):
            return Found(family.name, _unsure(name, family, named))
    return Found("", _lacking(name, named))


def find_in(name: str, chosen: str, tokens: frozenset[str]) -> Found:
    """The same from a tokenizer's whole vocabulary (a GGUF file)."""
    named = fim.of_name(name)
    if chosen:
        family = fim.get(chosen)
        lacking = [] if family is None else [token for token in family.tokens if token not in tokens]
        return Found(chosen if family else "", _wrong(chosen, name, lacking))
    if fim.untrained(name):
        return Found("", f"{name} was not trained to fill in the middle: it continues the text before the cursor.")
    for family in _order(named):
        if all(token in tokens for token in family.tokens):
            return Found(family.name, _unsure(name, family, named))
    return Found("", _lacking(name, named))


def find_by_template(name: str, chosen: str, template: str) -> Found:
    """The same from a server's own prompt template that shows the tokens (Ollama); "" leaves them to the server."""
    if chosen:
        return Found(chosen if fim.get(chosen) else "", _wrong(chosen, name, []))
    for family in fim.of_name(name):
        if all(token.strip("▁") in template for token in family.core):
            return Found(family.name)
    return Found("")


async def holds(family: Family, count: Count) -> bool:
    """Whether each of the family's tokens is one token of the tokenizer. One question: tokens do not merge."""
    return await count("".join(family.tokens)) == len(family.tokens)


def _order(named: tuple[Family, ...]) -> tuple[Family, ...]:
    """The families to try: those that the name speaks for, then those that tokens alone can tell."""
    return (*named, *(family for family in fim.FAMILIES if family not in named and not family.by_name))


async def _check(name: str, chosen: str, count: Count) -> Found:
    family = fim.get(chosen)
    if family is None:
        return Found("", _wrong(chosen, name, []))
    if family.hidden:
        return Found(chosen)
    pieces = {token: await count(token) for token in family.tokens}
    return Found(chosen, _wrong(chosen, name, [token for token, number in pieces.items() if number not in (None, 1)]))


def _by_name(name: str, named: tuple[Family, ...]) -> Found:
    if len(named) == 1:
        return Found(named[0].name)
    if named:
        return Found(
            named[0].name,
            f"The fill-in-the-middle tokens of {name} are those of its card, as the server hides its tokenizer.",
        )
    return Found(
        "",
        f"Which fill-in-the-middle tokens {name} has is not known, and the server does not say: it continues the text "
        "before the cursor. If it has them, set completion.family.",
    )


def _wrong(chosen: str, name: str, lacking: list[str]) -> str:
    if fim.get(chosen) is None:
        known = ", ".join(family.name for family in fim.FAMILIES)
        return f"completion.family {chosen} is not known (one of {known}): {name} continues the text before the cursor."
    if lacking:
        return (
            f"completion.family is {chosen}, but the tokenizer of {name} has no token {' '.join(lacking)}: its "
            "completions will be poor. Leave the setting empty to have it found."
        )
    return ""


def _lacking(name: str, named: tuple[Family, ...]) -> str:
    if named:
        return (
            f"{name} should have the tokens {' '.join(named[0].tokens)}, but its tokenizer has not: it continues the "
            "text before the cursor. A base model, or another conversion of this one, can fill in."
        )
    return (
        f"{name} has no fill-in-the-middle tokens (a chat model?): it continues the text before the cursor and does "
        "not see what follows."
    )


def _unsure(name: str, family: Family, named: tuple[Family, ...]) -> str:
    if any(one.core == family.core for one in named):
        return ""  # it is what its name says, but for the tokens of several files
    return (
        f"The tokenizer of {name} has the tokens {' '.join(family.core)}; whether the model was trained with them is "
        "not known."
    )
