"""Elaboration: which modules are tops, whether files must be joined, and which values mean nothing."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

from pyslang import ast

from signoff.verifiers.hdl.slang_instances import reached
from signoff.verifiers.hdl.slang_options import bag_with_tops, code_name
from signoff.verifiers.hdl.slang_sources import SourceState, Unit

_UNDECLARED = frozenset({"UndeclaredIdentifier", "TypoIdentifier", "UnknownPackageMember", "NotAType"})
MAX_ROUNDS = 5
_DEFINITIONS = frozenset({ast.SymbolKind.Package, ast.SymbolKind.EmptyMember})


def elaborate(state: SourceState, units: Iterable[Unit], tops: tuple[str, ...]) -> ast.Compilation:
    """Elaborate all units; with no `tops`, every module that nothing instantiates is one."""
    compilation = compiled(state, units, tops)
    compilation.getAllDiagnostics()
    return compilation


def compiled(state: SourceState, units: Iterable[Unit], tops: tuple[str, ...]) -> ast.Compilation:
    """The same, of which slang elaborates what is asked for, when it is."""
    compilation = ast.Compilation(bag_with_tops(state.options.key, tops))
    for unit in units:
        compilation.addSyntaxTree(unit.tree)
    return compilation


def with_tops(
    state: SourceState, units: Sequence[Unit], declared: tuple[str, ...], focus: str, guess: tuple[str, ...]
) -> tuple[ast.Compilation, tuple[str, ...]]:
    """(the design, the tops it was elaborated with): the declared ones, and what none of them reaches in `focus`.

    `guess` are the tops of the last run, tried first. With none declared every module that nothing instantiates is a
    top, and with them those of `focus` that only stand where a generate condition is false: slang reads them, but
    passes over what is wrong in them. The result does not depend on `guess`.
    """
    if guess and not declared:
        compilation = elaborate(state, units, guess)
        if _are_right(compilation, state, units, focus, guess):
            return compilation, guess
    tops = guess if set(declared) & set(guess) else ()
    for _ in range(MAX_ROUNDS):
        compilation = elaborate(state, units, tops)
        wanted = tops_for(compilation, state, declared, focus, tops)
        if wanted == tops:
            return compilation, tops
        tops = wanted
    # Modules that instantiate each other: no choice among them is better than another.
    return elaborate(state, units, declared), declared


def tops_for(
    compilation: ast.Compilation, state: SourceState, declared: tuple[str, ...], focus: str, given: tuple[str, ...]
) -> tuple[str, ...]:
    """The tops that a design elaborated with the tops `given` should have; () where slang's own choice is right."""
    definitions = [item for item in compilation.getDefinitions() if isinstance(item, ast.DefinitionSymbol)]
    names = {definition.name for definition in definitions}
    own = tuple(name for name in declared if name in names)
    if not own and given:
        return () if set(declared) & set(given) else given
    # slang counts a top that it was given as an instance, one that it has chosen not.
    natural = () if own else tuple(instance.name for instance in compilation.getRoot().topInstances)
    aside = tuple(
        definition.name
        for definition in definitions
        if definition.instanceCount <= (definition.name in given)
        and definition.name not in (own or natural)
        and definition.definitionKind is ast.DefinitionKind.Module
        and _lies_in(definition, state, focus)
    )
    return (*own, *aside) if own else (*natural, *aside) if aside else ()


def _are_right(
    compilation: ast.Compilation, state: SourceState, units: Iterable[Unit], focus: str, tops: tuple[str, ...]
) -> bool:
    """Whether a design elaborated with these tops would be given them by tops_for() if none were: without elaborating
    it twice, as long as it can be told what the tops beside slang's own add to it."""
    natural = {instance.name for instance in compiled(state, units, ()).getRoot().topInstances}
    aside = [instance for instance in compilation.getRoot().topInstances if instance.name not in natural]
    beneath = reached(aside)
    if not beneath.whole or not natural.issubset(tops):
        return False
    added = Counter(instance.definition.name for instance in beneath.found)
    added.update(natural)
    definitions = (item for item in compilation.getDefinitions() if isinstance(item, ast.DefinitionSymbol))
    found = {
        definition.name
        for definition in definitions
        if definition.name not in natural
        and definition.instanceCount <= added[definition.name]
        and definition.definitionKind is ast.DefinitionKind.Module
        and _lies_in(definition, state, focus)
    }
    return found | natural == set(tops)


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
