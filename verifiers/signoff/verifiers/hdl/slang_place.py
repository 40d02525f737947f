"""The expressions at one place, looked up in the elaborated design."""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator
from dataclasses import replace
from typing import Any

from pyslang import ast

from signoff.verifiers.hdl.facts import NameFacts, SymbolKind
from signoff.verifiers.hdl.place_facts import Described, PlaceFacts
from signoff.verifiers.hdl.slang_describe import kind_of, parameter_facts, port_facts
from signoff.verifiers.hdl.slang_locate import Locator, element
from signoff.verifiers.hdl.slang_scope import MAX_NAMES, name_facts, scope_facts

_INDEX = re.compile(r"\[[^\[\]]*\]")
_PACKAGE = re.compile(r"(\w+)::\w+\Z")
_NAMES = re.compile(r"\w+(?:(?:\.|::)\w+)*")


def place_facts(locator: Locator, expressions: Iterable[str]) -> PlaceFacts:
    """What can be named at the locator's position, and what the expressions are there."""
    scope = scope_facts(locator, modules=False)
    found = (_described(locator, expression) for expression in dict.fromkeys(expressions))
    return PlaceFacts(scope, tuple(one for one in found if one is not None))


def _described(locator: Locator, expression: str) -> Described | None:
    plain = expression
    while plain != (shorter := _INDEX.sub("", plain)):
        plain = shorter
    plain = "".join(plain.split())
    if not _NAMES.fullmatch(plain):
        return None
    symbol = locator.path(re.split(r"\.|::", plain))
    if symbol is None:
        return None
    return _facts(locator, symbol, Described(expression, kind_of(symbol)))


def _facts(locator: Locator, symbol: ast.Symbol, base: Described) -> Described:
    if isinstance(symbol, ast.InstanceArraySymbol) and len(symbol.elements):
        symbol = symbol.elements[0]
    if isinstance(symbol, ast.DefinitionSymbol):
        instance = next((one for one in locator.instances if one.definition == symbol), None)
        return base if instance is None else _instance(base, instance)
    if isinstance(symbol, ast.InstanceSymbol):
        return _instance(base, symbol)
    if isinstance(symbol, ast.InterfacePortSymbol):
        body = symbol.connection[0] if symbol.connection is not None else None
        members = _names(body.body) if isinstance(body, ast.InstanceSymbol) else ()
        return replace(base, kind=SymbolKind.PORT, members=members)
    if isinstance(symbol, ast.PackageSymbol):
        return replace(base, members=_names(symbol))
    if isinstance(symbol, (ast.ValueSymbol, ast.Type)):
        return _typed(locator, base, symbol if isinstance(symbol, ast.Type) else symbol.type)
    return base


def _instance(base: Described, symbol: ast.InstanceSymbol) -> Described:
    facts = replace(
        base, type=symbol.definition.name, ports=port_facts(symbol.body), parameters=parameter_facts(symbol.body)
    )
    interface = symbol.definition.definitionKind is ast.DefinitionKind.Interface
    return replace(facts, members=_names(symbol.body)) if interface else facts


def _typed(locator: Locator, base: Described, kind: ast.Type) -> Described:
    inner = element(kind)
    facts = replace(base, type=str(kind), width=int(kind.bitWidth), members=_names(inner))
    if not inner.isEnum:
        return facts
    return replace(facts, enumeration=not kind.isArray, qualifier=_qualifier(locator, kind, facts.members))


def _qualifier(locator: Locator, declared: ast.Type, values: tuple[NameFacts, ...]) -> str:
    scopes = locator.scopes()
    scope: Any = scopes[-1] if scopes else None  # a Scope as well, which the stubs do not say
    seen = scope.lookupName(values[0].name) if scope is not None and values else None
    if isinstance(seen, ast.EnumValueSymbol) and seen.type.canonicalType == element(declared):
        return ""
    package = _PACKAGE.match(str(declared))
    return f"{package[1]}::" if package is not None else ""


def _names(scope: Any) -> tuple[NameFacts, ...]:
    """What a structure, an enumeration, an interface or a package holds, as facts."""
    if not getattr(scope, "isScope", False):
        return ()
    found = (name_facts(symbol) for symbol in _members(scope) if symbol.name)
    return tuple({one.name: one for one in found}.values())[:MAX_NAMES]


def _members(scope: Any) -> Iterator[ast.Symbol]:
    for member in scope:
        yield member.wrapped if isinstance(member, ast.TransparentMemberSymbol) else member
