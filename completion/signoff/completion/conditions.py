"""What must be defined for conditions of the preprocessor to hold: found by trying what they themselves ask. Pure."""

from __future__ import annotations

import itertools
import re
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from math import prod

from signoff.verifiers.gpu.values.conditions import DEFINED, holds
from signoff.verifiers.gpu.values.macros import Definition, Expander, Macro, State, Timeline

# What a macro is to be: its value, or None for one that is not to be defined.
Values = Mapping[str, str | None]
# Compilers and their targets define these themselves: to define one is to claim another machine.
RESERVED = re.compile(r"_[_A-Z]|defined\Z|true\Z|false\Z")
MOST_TRIED = 4000
_NAME = re.compile(r"(?<![\w.])[A-Za-z_]\w*")
_NUMBER = re.compile(r"(?<![\w.])(0[xX][0-9a-fA-F]+|\d+)[uUlL]*\b")
_CALL = re.compile(r"(?<!\w)(?!defined\b)[A-Za-z_]\w*\s*\(")
_SAME = re.compile(r"(?<![\w.])([A-Za-z_]\w*)\)?\s*==\s*\(?([A-Za-z_]\w*)\b(?!\s*\()")
# What a name stands for that another is compared with: no condition has such a number by chance.
_STRANGE = 1_000_003
_CERTAIN: dict[str, Definition] = {
    **{name: Macro(name, "1") for name in ("__GNUC__", "__STDC__")},
    **dict.fromkeys(
        ("__CC_ARM", "__ARMCC_VERSION", "__ICCARM__", "__TASKING__", "__TI_ARM__", "__CSMC__", "_MSC_VER", "_WIN32"),
        State.UNDEFINED,
    ),
}


@dataclass(frozen=True, slots=True)
class Branch:
    """One condition that a place is under: those of the `earlier` branches must not hold, its `own` must ("1": #else).

    All as #if would have them. `sure`: it is on whatever is defined, as a guard against a second inclusion is.
    """

    own: str
    earlier: tuple[str, ...] = ()
    sure: bool = False

    @property
    def conditions(self) -> tuple[str, ...]:
        """All that must hold."""
        return (self.own, *(f"!({one})" for one in self.earlier))


def settle(branches: Sequence[Branch], known: Values) -> dict[str, str | None] | None:
    """The macros to define (or not to define, None) beside those that are `known`, so that all branches are on.

    None where that would take another compiler, or more than trying finds. {} where they are on as far as can be seen.
    """
    wanted = [condition for branch in branches if not branch.sure for condition in branch.conditions]
    if not wanted or not all(map(_is_whole, wanted)):
        return None
    base = {**_CERTAIN, **{name: _definition(name, value) for name, value in known.items()}}
    off = [one for one in wanted if _holds(one, base) is not True]
    asked = {name: choices for name, choices in _choices(off, known).items() if not _fixed(name, known)}
    if not off:
        return {}
    if not asked or prod(len(choices) for choices in asked.values()) > MOST_TRIED:
        return None
    found = _tried(wanted, base, asked)
    return None if found is None else _fewest(found, wanted, base, known)


def compared(branches: Sequence[Branch]) -> frozenset[str]:
    """The names whose value the conditions ask for, and not only whether they are defined."""
    conditions = [one for branch in branches for one in branch.conditions]
    return frozenset(name for one in conditions for name in _NAME.findall(DEFINED.sub(" ", one)))


def _is_whole(condition: str) -> bool:
    """Whether a condition is one of names and numbers alone, and all typed."""
    plain = DEFINED.sub(" 1 ", condition)
    ones = {name: Macro(name, "1") for name in _NAME.findall(plain)}
    return not _CALL.search(plain) and _holds(plain, ones) is not None


def _fixed(name: str, known: Values) -> bool:
    return RESERVED.match(name) is not None and name not in known


def _choices(conditions: Iterable[str], known: Values) -> dict[str, list[str | None]]:
    """What each name may be, likeliest first: what it is, not defined, 1, and what it is compared with."""
    found: dict[str, list[str | None]] = {}
    for condition in conditions:
        values = set(_NAME.findall(DEFINED.sub(" ", condition)))
        for name in _NAME.findall(DEFINED.sub(lambda match: f" {match[1] or match[2]} ", condition)):
            mine = found.setdefault(name, [known[name]] if name in known else [])
            mine += [*_compared(name, condition), "1"] if name in values else [None, "1"]
    # What another is compared with is a value, and stays what it is.
    named = {value for choices in found.values() for value in choices if value}
    return {name: list(dict.fromkeys(choices)) for name, choices in found.items() if name not in named}


def _compared(name: str, condition: str) -> Iterator[str]:
    for one, other in _SAME.findall(condition):
        if one == name:
            yield other
    yield "0"
    for number in _NUMBER.findall(condition):
        value = int(number, 16 if number[:2].lower() == "0x" else 10)
        yield from (str(value), str(value + 1), *([str(value - 1)] if value else ()))


def _tried(
    wanted: Sequence[str], base: Mapping[str, Definition], asked: Mapping[str, list[str | None]]
) -> dict[str, str | None] | None:
    """The first of all combinations with which everything holds; else one of which nothing is known to fail."""
    second = None
    for values in itertools.product(*asked.values()):
        chosen = dict(zip(asked, values, strict=True))
        answers = [_holds(one, _with(base, chosen)) for one in wanted]
        if all(answers):
            return chosen
        if second is None and False not in answers:
            second = chosen
    return second


def _with(base: Mapping[str, Definition], chosen: Values) -> dict[str, Definition]:
    names = {value for value in chosen.values() if value and _NAME.match(value)}
    strange = {name: Macro(name, str(_STRANGE + at)) for at, name in enumerate(sorted(names))}
    return {**base, **{name: _definition(name, value) for name, value in chosen.items()}, **strange}


def _fewest(
    found: dict[str, str | None], wanted: Sequence[str], base: Mapping[str, Definition], known: Values
) -> dict[str, str | None]:
    """Without what changes nothing, and without what need not be said for the conditions to hold."""
    left = {name: value for name, value in found.items() if name not in known or known[name] != value}
    answers = [_holds(one, _with(base, left)) for one in wanted]
    for name in list(left) if None not in answers else ():
        fewer = {other: value for other, value in left.items() if other != name}
        if [_holds(one, _with(base, fewer)) for one in wanted] == answers:
            left = fewer
    return left


def _holds(condition: str, environment: Mapping[str, Definition]) -> bool | None:
    """Whether a condition holds; None where that depends on a name that nobody has settled."""

    def known(match: re.Match[str]) -> str:
        found = environment.get(match[1] or match[2], State.UNKNOWN)
        return " unknown_ " if found is State.UNKNOWN else f" {int(isinstance(found, Macro))} "

    # What is not defined is 0 to the preprocessor.
    whole = {name: Macro(name, "0") if one is State.UNDEFINED else one for name, one in environment.items()}
    certain = {name: one for name, one in whole.items() if isinstance(one, Macro)}
    return holds(DEFINED.sub(known, condition), Expander(Timeline(certain), 0))


def _definition(name: str, value: str | None) -> Definition:
    return State.UNDEFINED if value is None else Macro(name, value)


def defined(text: str) -> tuple[str, str]:
    """(name, value) of NAME or NAME=VALUE."""
    name, sign, value = text.partition("=")
    return name, value if sign else "1"


__all__ = ["Branch", "Values", "compared", "defined", "settle"]
