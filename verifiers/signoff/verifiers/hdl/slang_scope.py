"""What can be named at a position: the ground for completion."""

from __future__ import annotations

from collections.abc import Iterator

from pyslang import ast

from signoff.verifiers.hdl.facts import ModuleFacts, NameFacts, ScopeFacts, SymbolKind
from signoff.verifiers.hdl.slang_describe import direction_of, kind_of, parameter_facts, parameter_text, port_facts
from signoff.verifiers.hdl.slang_locate import Locator

MAX_NAMES = 500
MAX_MODULES = 200
_SKIPPED = frozenset({ast.SymbolKind.Port, ast.SymbolKind.ProceduralBlock, ast.SymbolKind.ContinuousAssign})


def scope_facts(locator: Locator, *, modules: bool = True) -> ScopeFacts:
    """The facts of the scope at the locator's position; without `modules` those of the design are left out."""
    scopes, body = locator.scopes(), locator.body()
    names: dict[str, NameFacts] = {}
    for symbol in _visible(scopes):
        if symbol.name and symbol.kind not in _SKIPPED and symbol.name not in names:
            names[symbol.name] = name_facts(symbol, body)
            if len(names) >= MAX_NAMES:
                break
    own = body.definition.name if body is not None else ""
    packages = [package.name for package in locator.design.compilation.getPackages() if package.name != "std"]
    others = tuple(_modules(locator, own)) if modules else ()
    return ScopeFacts(own, tuple(names.values()), others, tuple(packages))


def _visible(scopes: list[ast.Symbol]) -> Iterator[ast.Symbol]:
    """The symbols of the scopes, the innermost first, and of the packages they import."""
    imported: list[ast.PackageSymbol] = []
    for scope in reversed(scopes):
        for member in _members(scope):
            if isinstance(member, ast.WildcardImportSymbol):
                if member.package is not None:
                    imported.append(member.package)
            elif isinstance(member, ast.ExplicitImportSymbol):
                if member.importedSymbol is not None:
                    yield member.importedSymbol
            else:
                yield member
    for package in imported:
        yield from _members(package)


def _members(scope: ast.Symbol) -> Iterator[ast.Symbol]:
    for member in scope:  # type: ignore[attr-defined]
        # The values of an enumeration stand beside it, behind a wrapper each.
        yield member.wrapped if isinstance(member, ast.TransparentMemberSymbol) else member


def name_facts(symbol: ast.Symbol, body: ast.InstanceBodySymbol | None = None) -> NameFacts:
    """One symbol as a name; `body` is that of the module at hand, whose ports are told as such."""
    kind = kind_of(symbol)
    if isinstance(symbol, ast.InstanceSymbol):
        return NameFacts(symbol.name, kind, symbol.definition.name)
    if isinstance(symbol, ast.SubroutineSymbol):
        arguments = ", ".join(f"{direction_of(item)} {item.type} {item.name}" for item in symbol.arguments)
        return NameFacts(symbol.name, kind, f"{symbol.returnType}({arguments})")
    if not isinstance(symbol, ast.ValueSymbol):
        return NameFacts(symbol.name, kind, str(symbol.canonicalType) if isinstance(symbol, ast.Type) else "")
    value = parameter_text(symbol)[0] if isinstance(symbol, ast.ParameterSymbol) else ""
    port = body.findPort(symbol.name) if body is not None and symbol.parentScope is not None else None
    if isinstance(port, ast.PortSymbol) and port.internalSymbol == symbol:
        return NameFacts(
            symbol.name, SymbolKind.PORT, str(symbol.type), int(symbol.type.bitWidth), direction_of(port), value
        )
    return NameFacts(symbol.name, kind, str(symbol.type), int(symbol.type.bitWidth), "", value)


def _modules(locator: Locator, own: str) -> Iterator[ModuleFacts]:
    seen = {own}
    for instance in locator.instances:
        definition = instance.definition
        if definition.name not in seen and len(seen) <= MAX_MODULES:
            seen.add(definition.name)
            yield ModuleFacts(
                definition.name, kind_of(definition), port_facts(instance.body), parameter_facts(instance.body)
            )
