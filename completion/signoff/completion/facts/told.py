"""Declarations as passages of a prompt: short, and with equal bytes wherever the same thing is told."""

from __future__ import annotations

from functools import lru_cache
from pathlib import PurePath

from signoff.completion.passage import Passage
from signoff.verifiers.declarations.facts import Declaration, Kind
from signoff.verifiers.declarations.scope import Scope

# A group of constants is told by its names where there are not more of them; else one constant alone.
MOST_OF_GROUP = 20
MOST_ENUMERATORS = 24
LONGEST = 1000


def declaration(one: Declaration, name: str, weight: float, *, near: bool = False, path: str = "") -> Passage:
    """What a header says of a name."""
    text = _enumerator(one, name) if one.kind is Kind.ENUM else _record(one) if one.kind is Kind.RECORD else one.text
    return Passage(path, text, why=f"{one.kind} {one.name or name}{_where(one)}", weight=weight, near=near)


def constant(one: Declaration, scope: Scope, weight: float, *, near: bool = False) -> Passage:
    """A macro, with the others of its documentation group where they are few: these may stand in its place."""
    members = scope.groups.get(one.group, ()) if one.group else ()
    if not 1 < len(members) <= MOST_OF_GROUP or "(" in one.text.split(" ")[1]:
        return declaration(one, one.name, weight, near=near)
    return group(one.group, members, weight, near=near)


def group(name: str, members: tuple[Declaration, ...], weight: float, *, near: bool = False) -> Passage:
    """The names of a group of constants."""
    names = ", ".join(dict.fromkeys(one.name for one in members[:MOST_OF_GROUP]))
    return Passage("", f"/* {name}: {names} */", why=f"constants {name}{_where(members[0])}", weight=weight, near=near)


def listed(title: str, names: list[str], weight: float, *, near: bool = False) -> Passage:
    """Names that may stand here."""
    return Passage("", f"/* {title}: {', '.join(names)} */", why=title, weight=weight, near=near)


def _where(one: Declaration) -> str:
    return f" of {_file(one.path)}" if one.path else ""


@lru_cache(maxsize=4096)
def _file(path: str) -> str:
    return PurePath(path).name


def _enumerator(one: Declaration, name: str) -> str:
    if len(one.members) <= MOST_ENUMERATORS or name in (one.name, *one.tags):
        return one.text if len(one.text) <= LONGEST else f"enum {one.name} {{ {_first(one)}, ... }};"
    return f"enum {one.name} {{ ..., {name}, ... }};"


def _first(one: Declaration) -> str:
    return ", ".join(member.name for member in one.members[:MOST_ENUMERATORS])


def _record(one: Declaration) -> str:
    """A record; of a long one the members' names and types."""
    if len(one.text) <= LONGEST:
        return one.text
    members = " ".join(f"{member.type} {member.name};".strip() for member in one.members)
    return f"struct {one.name} {{ {members[:LONGEST]} }};"
