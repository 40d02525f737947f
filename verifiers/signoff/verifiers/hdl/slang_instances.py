"""The instances of a design, by what its modules hold: their statements are not looked into."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from pyslang import ast

# Of a larger design the first so many instances are known.
MAX_INSTANCES = 20_000
_HOLDERS = frozenset(
    {ast.InstanceSymbol, ast.InstanceArraySymbol, ast.GenerateBlockSymbol, ast.GenerateBlockArraySymbol}
)


@dataclass(frozen=True, slots=True)
class Instances:
    """Instances, each before what it contains. `whole`: these are all that there are."""

    found: tuple[ast.InstanceSymbol, ...]
    whole: bool


def reached(tops: Iterable[ast.InstanceSymbol]) -> Instances:
    """The instances that `tops` make up, themselves first. slang elaborates nothing else for it.

    What stands where a generate condition is false is left out. A module within itself is not looked into again: only
    slang's own elaboration ends a recursion that has no end.
    """
    found: list[ast.InstanceSymbol] = []
    whole = True
    pending: list[tuple[ast.Symbol, frozenset[str]]] = [(top, frozenset()) for top in reversed(list(tops))]
    while pending and len(found) < MAX_INSTANCES:
        symbol, around = pending.pop()
        scope: ast.Symbol = symbol
        if isinstance(symbol, ast.InstanceSymbol):
            found.append(symbol)
            name = symbol.definition.name
            if name in around:
                whole = False
                continue
            scope, around = symbol.body, around | {name}
        elif isinstance(symbol, ast.GenerateBlockSymbol) and symbol.isUninstantiated:
            continue
        pending += [(one, around) for one in reversed(_holders(scope))]
    return Instances(tuple(found), whole and not pending)


def _holders(scope: ast.Symbol) -> list[ast.Symbol]:
    """The members of a scope that are instances, or may hold some."""
    # By its very class: a large design has tens of thousands of members.
    return [member for member in scope if type(member) in _HOLDERS]  # type: ignore[attr-defined]


def everywhere(compilation: ast.Compilation) -> list[ast.InstanceSymbol]:
    """Every instance, those of branches that are off too, in the same order: slang elaborates everything for it."""
    found: list[ast.InstanceSymbol] = []
    compilation.getRoot().visit(lookup_table={ast.SymbolKind.Instance: lambda item: found.append(item)})
    return found
