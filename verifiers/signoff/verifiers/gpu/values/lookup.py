"""Which declaration a name means at a place: scopes, classes of methods, namespaces."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property

from tree_sitter import Node

from signoff.verifiers.gpu.values.source import Source, ancestors, parent_of
from signoff.verifiers.gpu.values.unit import Unit
from signoff.verifiers.gpu.values.variables import (
    CLASSES,
    ENUMERATOR,
    FILE_SCOPES,
    FUNCTION,
    MEMBER,
    SCOPES,
    Variable,
    declarations,
    declared,
    visible,
)


def resolve(unit: Unit, name: str, source: Source, offset: int) -> Variable | None:
    """The variable that `name` means at a place; None where nothing, or more than one thing, is declared so."""
    best: list[Variable] = []
    for variable in visible(source, name, offset):
        if not best or variable.scope == best[0].scope:
            best.append(variable)
        elif (
            variable.scope.start_byte >= best[0].scope.start_byte and variable.scope.end_byte <= best[0].scope.end_byte
        ):
            best = [variable]
    if best and best[0].scope.type not in FILE_SCOPES:
        return best[0] if len(best) == 1 and best[0].kind != FUNCTION else None
    place = _Place(unit, source, offset)
    owned = place.inherited(name)
    if owned is not None:
        return owned[0] if len(owned) == 1 else None
    if best:
        return best[0] if len(best) == 1 and best[0].kind != FUNCTION else None
    return place.elsewhere(name)


class _Place:
    """A place whose own scopes do not know a name."""

    def __init__(self, unit: Unit, source: Source, offset: int) -> None:
        self.unit = unit
        self.source = source
        self.offset = offset

    @cached_property
    def around(self) -> list[Node]:
        """The nodes that hold the place."""
        node = self.source.leaf(self.offset, self.offset)
        return list(ancestors(node)) if node is not None else []

    def inherited(self, name: str) -> list[Variable] | None:
        """The members of that name that a method's class may have; None where it can have none."""
        every = _members(self.unit, name)
        if not every:
            return None
        owners = {owner for node in self.around if node.type == "function_definition" for owner in self._owners(node)}
        based = any(node.type in CLASSES and _has_bases(node) for node in self.around)
        if not owners and not based:
            return None
        members = [one for one in every if based or _class_of(one) in owners]
        return members or None

    def _owners(self, function: Node) -> list[str]:
        """The classes (or namespaces) that qualify the name of a function that is defined outside of them."""
        declarator = function.child_by_field_name("declarator")
        while declarator is not None and declarator.type != "function_declarator":
            declarator = declarator.child_by_field_name("declarator")
        name = declarator.child_by_field_name("declarator") if declarator is not None else None
        if name is None or name.type != "qualified_identifier":
            return []
        return [part.split("<")[0].strip() for part in self.source.of(name).split("::")[:-1]]

    def elsewhere(self, name: str) -> Variable | None:
        """A global of another file, or of a namespace whose names can be used here, where there is only one."""
        found: list[Variable] = []
        for file in self.unit.files:
            for variable in declarations(file.source, name).wide:
                if variable.scope.type in FILE_SCOPES and variable.kind != FUNCTION:
                    found.append(variable)
        return found[0] if len(found) == 1 and self._sees(found[0]) else None

    def _sees(self, variable: Variable) -> bool:
        """Whether all namespaces around a variable are around the place too, or used by the unit."""
        own = {name for node in self.around for name in _names(self.source, node)}
        own |= {owner for node in self.around if node.type == "function_definition" for owner in self._owners(node)}
        outer = [*ancestors(variable.scope)]
        wanted = {name for node in outer for name in _names(variable.source, node)}
        return wanted <= own | used_namespaces(self.unit)


def _names(source: Source, node: Node) -> Iterator[str]:
    """The names of a namespace that must be known to use what it holds: none for an unnamed or inline one."""
    if node.type != "namespace_definition" or any(child.type == "inline" for child in node.children):
        return
    name = node.child_by_field_name("name")
    if name is not None:
        yield from (part.strip() for part in source.of(name).split("::"))


def used_namespaces(unit: Unit) -> set[str]:
    """The names in the unit's `using namespace a::b;`."""
    key = ("used namespaces", "")
    found: set[str] = set()
    for file in unit.files:
        file.source.reads.used.add("namespace")
        own: set[str] | None = file.source.remembered.get(key)
        if own is None:
            own = file.source.remembered[key] = set(_using(file.source))
        found |= own
    return found


def _using(source: Source) -> Iterator[str]:
    for offset in source.words("namespace"):
        node = source.leaf(offset, offset + len("namespace"))
        using = parent_of(node)
        if using is not None and using.type == "using_declaration":
            text = source.of(using).removeprefix("using").strip().removeprefix("namespace")
            yield from (part.strip() for part in text.strip(" ;").split("::"))


def _has_bases(node: Node) -> bool:
    return any(child.type == "base_class_clause" for child in node.children)


def _members(unit: Unit, name: str) -> list[Variable]:
    every = (one for file in unit.files for one in declarations(file.source, name).wide)
    return [one for one in every if one.scope.type == "field_declaration_list" and one.kind in (MEMBER, ENUMERATOR)]


def _class_of(variable: Variable) -> str:
    holder = parent_of(variable.scope)
    name = holder.child_by_field_name("name") if holder is not None else None
    return variable.source.of(name).split("<")[0] if name is not None else ""


def member(unit: Unit, owner: str, name: str, source: Source, offset: int) -> Variable | None:
    """A static member or enumerator `owner::name`, or the namespace's variable; None where it is not clear which."""
    found: list[Variable] = []
    for file in unit.files:
        own = file.source is source
        for node in source.identifiers_near(name, offset) if own else file.source.identifiers_outside(name):
            variable = declared(file.source, node) or _scoped_enumerator(file.source, node)
            if variable is not None and variable.kind != FUNCTION and owner in _owners(file.source, variable):
                found.append(variable)
    return found[0] if len(found) == 1 else None


def _scoped_enumerator(source: Source, name: Node) -> Variable | None:
    node = parent_of(name)
    if node is None or node.type != "enumerator" or node.child_by_field_name("name") != name:
        return None
    scope = next((one for one in ancestors(node) if one.type in SCOPES), None)
    if scope is None:
        return None
    value = node.child_by_field_name("value")
    return Variable(source.of(name), source, name, node, ENUMERATOR, scope, value, (), frozenset())


def _owners(source: Source, variable: Variable) -> set[str]:
    """The names by which a member can be qualified: its enum, its class or its namespace."""
    names = set()
    if variable.node.type == "enumerator":
        enum = parent_of(parent_of(variable.node)) if parent_of(variable.node) is not None else None
        if enum is not None:
            names.add(_name(source, enum))
    holder = parent_of(variable.scope)
    if holder is not None and (holder.type in CLASSES or holder.type == "namespace_definition"):
        names.add(_name(source, holder))
    return names - {""}


def _name(source: Source, node: Node) -> str:
    name = node.child_by_field_name("name")
    return source.of(name).split("<")[0] if name is not None else ""
