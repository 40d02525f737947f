"""From a position in the text to the scope it lies in and the symbol it names, in the elaborated design."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import pyslang
from pyslang import ast, parsing, syntax

from signoff.verifiers.hdl.slang_design import Design
from signoff.verifiers.hdl.slang_instances import everywhere, reached

Node = syntax.SyntaxNode
_BLOCKS = (ast.GenerateBlockSymbol, ast.StatementBlockSymbol, ast.SubroutineSymbol, ast.ClassType)
_NAME_KINDS = {parsing.TokenKind.Identifier, parsing.TokenKind.SystemIdentifier}
# A name resolves at the end of its scope: at the position itself much is not yet declared while one types.
_MAX_DEPTH = 64


class Locator:
    """Answers for one position of one design. `offset` is in bytes of the file in focus."""

    def __init__(self, design: Design, offset: int) -> None:
        self.design = design
        self.offset = offset
        self.buffers = design.buffers_of(design.focus)
        # To find all of them, those of branches that are off too, slang has to elaborate everything.
        compilation = design.compilation
        lazy = design.lazy
        tops = compilation.getRoot().topInstances
        self.instances = reached(tops).found if lazy else everywhere(compilation)

    def token(self) -> tuple[Node, parsing.Token] | None:
        """The name token at the position, or just before it, with its parent node."""
        for offset in (self.offset, self.offset - 1):
            for unit in self.design.units:
                found = self._descend(unit.tree.root, offset)
                if found is not None and found[1].kind in _NAME_KINDS:
                    return found
        return None

    def _descend(self, node: Node, offset: int) -> tuple[Node, parsing.Token] | None:
        child: object = node
        while isinstance(child, syntax.SyntaxNode):
            node, child = child, next((item for item in child if self._contains(_range(item), offset)), None)
        return (node, child) if isinstance(child, parsing.Token) else None

    def _contains(self, given: pyslang.SourceRange | None, offset: int) -> bool:
        if given is None:
            return False
        manager = self.design.state.manager
        start, end = given.start, given.end
        if start.buffer not in self.buffers or end.buffer not in self.buffers:
            start, end = manager.getFullyExpandedLoc(start), manager.getFullyExpandedLoc(end)
        if start.buffer == end.buffer:
            return start.buffer in self.buffers and start.offset <= offset < end.offset
        # What begins or ends in a header is entered where its other end allows.
        inside = start.buffer not in self.buffers or start.offset <= offset
        return inside and (end.buffer not in self.buffers or offset < end.offset)

    def body(self) -> ast.InstanceBodySymbol | None:
        """The body of an instance of the module at the position, the first in the hierarchy."""
        return next((item.body for item in self.instances if self._holds(item.body)), None)

    def scopes(self) -> list[ast.Symbol]:
        """The scopes around the position, the innermost last; empty outside of everything."""
        compilation = self.design.compilation
        packages = (package for package in compilation.getPackages() if self._holds(package))
        outer: ast.Symbol | None = self.body() or next(packages, None)
        if outer is None:
            return [unit for unit in compilation.getCompilationUnits() if self._holds(unit)][:1]
        found = [outer]
        while len(found) < _MAX_DEPTH:
            inner = next((item for item in _inner_scopes(found[-1]) if self._holds(item)), None)
            if inner is None:
                break
            found.append(inner)
        return found

    def _holds(self, symbol: ast.Symbol) -> bool:
        if symbol.location.buffer not in self.buffers and not isinstance(symbol, ast.CompilationUnitSymbol):
            return False
        node = symbol.syntax
        return node is not None and self._contains(node.sourceRange, self.offset)

    def symbol(self, node: Node, name: parsing.Token) -> ast.Symbol | None:
        """What the name token under `node` stands for."""
        text = name.valueText
        if isinstance(node, syntax.ModuleHeaderSyntax):
            return self._definition(text)
        if isinstance(node, syntax.HierarchyInstantiationSyntax):
            return self._definition(text)
        if isinstance(node, syntax.NamedPortConnectionSyntax):
            return self._of_instance(node, text, ports=True)
        if isinstance(node, syntax.NamedParamAssignmentSyntax):
            return self._of_instance(node, text, ports=False)
        parent = node.parent
        if isinstance(parent, syntax.ScopedNameSyntax) and parent.right == node:
            return self._member(self._resolve(parent.left), text)
        return self.lookup(text)

    def lookup(self, name: str) -> ast.Symbol | None:
        """The symbol that a plain name means at the position."""
        scopes = self.scopes()
        found: ast.Symbol | None = scopes[-1].lookupName(name) if scopes else None  # type: ignore[attr-defined]
        return found or self._definition(name)

    def _definition(self, name: str) -> ast.Symbol | None:
        compilation = self.design.compilation
        root: Any = compilation.getRoot()  # a Scope as well, which the stubs do not say
        return compilation.tryGetDefinition(name, root).definition or compilation.getPackage(name)

    def _of_instance(self, node: Node, name: str, ports: bool) -> ast.Symbol | None:
        instance = self.instance_of(node)
        if instance is None:
            return None
        return instance.body.findPort(name) if ports else instance.body.find(name)

    def instance_of(self, node: Node) -> ast.InstanceSymbol | None:
        """The instance whose instantiation holds `node`."""
        place: Node | None = node
        while place is not None and not isinstance(
            place, (syntax.HierarchicalInstanceSyntax, syntax.HierarchyInstantiationSyntax)
        ):
            place = place.parent
        if isinstance(place, syntax.HierarchyInstantiationSyntax):
            place = next(
                (item for item in place.instances if isinstance(item, syntax.HierarchicalInstanceSyntax)), None
            )
        if not isinstance(place, syntax.HierarchicalInstanceSyntax):
            return None
        found = self.lookup(place.decl.name.valueText)
        while isinstance(found, ast.InstanceArraySymbol) and len(found.elements):
            found = found.elements[0]
        return found if isinstance(found, ast.InstanceSymbol) else None

    def path(self, names: Sequence[str]) -> ast.Symbol | None:
        """The symbol that names with a dot (or ::) between them mean at the position."""
        found = self.lookup(names[0])
        for name in names[1:]:
            found = self._member(found, name)
        return found

    def _resolve(self, node: Node) -> ast.Symbol | None:
        if isinstance(node, syntax.ScopedNameSyntax):
            return self._member(self._resolve(node.left), _identifier(node.right))
        return self.lookup(_identifier(node))

    def _member(self, owner: ast.Symbol | None, name: str) -> ast.Symbol | None:
        while isinstance(owner, (ast.GenerateBlockArraySymbol, ast.InstanceArraySymbol)):
            parts = owner.entries if isinstance(owner, ast.GenerateBlockArraySymbol) else owner.elements
            owner = parts[0] if len(parts) else None
        if isinstance(owner, ast.InstanceSymbol):
            return owner.body.find(name)
        if isinstance(owner, ast.InterfacePortSymbol):
            return self._member(owner.connection[0], name) if owner.connection is not None else None
        if isinstance(owner, ast.ValueSymbol):
            owner = element(owner.type)
        find = getattr(owner, "find", None)
        return find(name) if find is not None else None


def element(given: ast.Type) -> ast.Type:
    """The structure behind a type: aliases and arrays taken off."""
    canonical = given.canonicalType
    while canonical.isArray and not canonical.isStruct and canonical.arrayElementType is not None:
        canonical = canonical.arrayElementType.canonicalType
    return canonical


def _identifier(node: Node) -> str:
    token = getattr(node, "identifier", None)
    return token.valueText if isinstance(token, parsing.Token) else str(node).strip()


def _range(item: object) -> pyslang.SourceRange | None:
    if isinstance(item, syntax.SyntaxNode):
        return item.sourceRange
    return item.range if isinstance(item, parsing.Token) and item else None


def _inner_scopes(scope: ast.Symbol) -> Iterator[ast.Symbol]:
    for member in _members(scope):
        if isinstance(member, ast.GenerateBlockArraySymbol):
            yield from list(member.entries)[:1]
        elif isinstance(member, _BLOCKS):
            yield member


def _members(scope: ast.Symbol) -> Iterable[ast.Symbol]:
    return list(scope) if scope.isScope else ()  # type: ignore[call-overload]
