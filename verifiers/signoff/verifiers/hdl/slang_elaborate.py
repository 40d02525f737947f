"""Elaboration: which modules are tops, whether files must be joined, and which values mean nothing."""

from __future__ import annotations

from collections.abc import Iterable

from pyslang import ast

from signoff.verifiers.hdl.slang_options import bag_with_tops, code_name
from signoff.verifiers.hdl.slang_sources import SourceState, Unit

_UNDECLARED = frozenset({"UndeclaredIdentifier", "TypoIdentifier", "UnknownPackageMember", "NotAType"})
_DEFINITIONS = frozenset({ast.SymbolKind.Package, ast.SymbolKind.EmptyMember})


def elaborate(state: SourceState, units: Iterable[Unit], tops: tuple[str, ...]) -> ast.Compilation:
    """Elaborate all units; with no `tops`, every module that nothing instantiates is one."""
    compilation = ast.Compilation(bag_with_tops(state.options.key, tops))
    for unit in units:
        compilation.addSyntaxTree(unit.tree)
    compilation.getAllDiagnostics()
    return compilation


def tops_for(
    compilation: ast.Compilation, state: SourceState, declared: tuple[str, ...], focus: str
) -> tuple[str, ...]:
    """The declared tops that there are, and those modules of the file in focus that none of them reaches."""
    definitions = [item for item in compilation.getDefinitions() if isinstance(item, ast.DefinitionSymbol)]
    names = {definition.name for definition in definitions}
    tops = tuple(name for name in declared if name in names)
    if not tops:
        return ()
    aside = [
        definition.name
        for definition in definitions
        if not definition.instanceCount
        and definition.name not in tops
        and definition.definitionKind is ast.DefinitionKind.Module
        and _lies_in(definition, state, focus)
    ]
    return (*tops, *aside)


def _lies_in(symbol: ast.Symbol, state: SourceState, path: str) -> bool:
    source = state.source(symbol.location.buffer)
    return source is not None and source.path == path


def placeholder_tops(compilation: ast.Compilation, declared: tuple[str, ...]) -> frozenset[str]:
    """Tops with a parameter that must be overridden (a type, or a default of -1 or "inv"): no value there counts."""
    return frozenset(
        instance.name
        for instance in compilation.getRoot().topInstances
        if instance.name not in declared and any(map(_is_placeholder, instance.body.parameters))
    )


def _is_placeholder(parameter: object) -> bool:
    if isinstance(parameter, ast.TypeParameterSymbol):
        return not parameter.isLocalParam  # whatever its default: the type it is made for may have members
    if not isinstance(parameter, ast.ParameterSymbol) or parameter.isLocalParam:
        return False
    value = parameter.value
    text = str(value)
    # The type of a parameter follows its default: "inv" without a type is a number of 24 bits.
    return text.startswith("-") or "x" in text.lower() or text.strip('"').startswith("inv") or text == _INV


_INV = f"24'd{int.from_bytes(b'inv', 'big')}"


def needs_joining(compilation: ast.Compilation) -> bool:
    """True where a name that one file misses is declared, or imported, outside any module of another file."""
    missed = {
        str(item.args[0]).strip("'")
        for item in compilation.getAllDiagnostics()
        if item.args and item.isError() and code_name(item.code) in _UNDECLARED
    }
    return bool(missed) and any(
        _declares(member, missed) for unit in compilation.getCompilationUnits() for member in unit
    )


def _declares(member: ast.Symbol, names: set[str]) -> bool:
    if isinstance(member, ast.WildcardImportSymbol):
        return member.package is not None and any(member.package.find(name) is not None for name in names)
    if isinstance(member, ast.TransparentMemberSymbol):
        member = member.wrapped
    return member.kind not in _DEFINITIONS and member.name in names
