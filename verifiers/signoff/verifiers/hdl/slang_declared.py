"""An index of what one parsed file declares: from names to their syntax, read before anything is elaborated.

Syntax is enough to show a declaration, stands still while another file is half written, and costs no elaboration.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

from pyslang import parsing, syntax

from signoff.verifiers.hdl.declared import Declared
from signoff.verifiers.hdl.slang_sources import SourceState, Unit

Node = syntax.SyntaxNode

# A declaration longer than this, in characters, is no help to a reader.
MAX_TEXT = 6_000
_COMMENTS = re.compile(r'//[^\n]*|/\*.*?\*/|("(?:[^"\\\n]|\\.)*")', re.DOTALL)
_DIRECTIVES = re.compile(r"^[ \t]*`(?:ifdef|ifndef|elsif|else|endif|undef|include|line|default_nettype)\b[^\n]*$", re.M)
_BLANKS = re.compile(r"\s+")
_TIGHT = re.compile(r"(?<=[(\[{]) | (?=[)\]},;])")
_KINDS = {"package": "package", "interface": "interface"}
_GENERATE = frozenset(
    (
        syntax.GenerateRegionSyntax,
        syntax.GenerateBlockSyntax,
        syntax.IfGenerateSyntax,
        syntax.LoopGenerateSyntax,
        syntax.CaseGenerateSyntax,
        syntax.ElseClauseSyntax,
    )
)
# Most of a unit, and it declares nothing.
_BODIES = frozenset((syntax.ContinuousAssignSyntax, syntax.ProceduralBlockSyntax, syntax.EmptyMemberSyntax))
# What an interface offers to those who are connected by it.
_OFFERED = (syntax.DataDeclarationSyntax, syntax.NetDeclarationSyntax, syntax.ModportDeclarationSyntax)


@dataclass(slots=True)
class Scope:
    """The names of one design unit, or of a file outside of any ("" is its name).

    `members` lead to the syntax that declares a name; a value of an enumeration to the whole type. `imports` are
    (package, name or "*").
    """

    name: str
    node: Node | None = None
    members: dict[str, Node] = field(default_factory=dict)
    imports: list[tuple[str, str]] = field(default_factory=list)


class FileIndex:
    """What one unit (a file with what it includes) declares."""

    def __init__(self, unit: Unit, state: SourceState) -> None:
        self.unit = unit
        self._state = state
        self._texts: dict[tuple[int, str], Declared] = {}
        self.units: dict[str, Scope] = {}
        self.loose = Scope("")
        root = unit.tree.root
        members = root.members if isinstance(root, syntax.CompilationUnitSyntax) else [root]
        for member in members:
            if isinstance(member, syntax.ModuleDeclarationSyntax):
                # Read when it is asked for: most modules are only instantiated.
                self.units[member.header.name.valueText] = Scope(member.header.name.valueText, member)
            elif isinstance(member, Node):
                _take(self.loose, member)

    def scope(self, name: str) -> Scope | None:
        """A design unit with its members."""
        found = self.units.get(name)
        if found is not None and not found.members and isinstance(found.node, syntax.ModuleDeclarationSyntax):
            _read(found, found.node)
        return found

    def definition(self, name: str) -> Declared | None:
        """A module, interface or program as its users see it."""
        found = self.units.get(name)
        if found is None or not isinstance(found.node, syntax.ModuleDeclarationSyntax):
            return None
        key = (id(found), "")
        if key not in self._texts:
            self._texts[key] = self._definition(found, found.node)
        return self._texts[key]

    def member(self, scope: Scope, name: str) -> Declared | None:
        """What a name of a scope is declared as."""
        node = scope.members.get(name)
        if node is None:
            return None
        key = (id(scope), name)
        if key not in self._texts:
            self._texts[key] = Declared(name, _kind(node), self._path(node), _text(node), scope.name)
        return self._texts[key]

    def _definition(self, scope: Scope, node: syntax.ModuleDeclarationSyntax) -> Declared:
        header = node.header
        kind = _KINDS.get(header.moduleKeyword.valueText, "module")
        inner = self.scope(scope.name) or scope
        text, ports, parameters = compact(str(header)), list(_ports(header)), list(_parameters(header))
        if isinstance(header.ports, syntax.NonAnsiPortListSyntax):
            declared = [one for one in node.members if isinstance(one, syntax.PortDeclarationSyntax)]
            ports = [(name, compact(str(one)).rstrip(";")) for one in declared for name in _names(one)]
            text = " ".join((text, *(compact(str(one)) for one in declared)))
        if header.parameters is None:
            plain = [one for one in node.members if isinstance(one, syntax.ParameterDeclarationStatementSyntax)]
            shown = [one for one in plain if one.parameter.keyword.valueText == "parameter"]
            parameters = [(name, compact(str(one)).rstrip(";")) for one in shown for name in _names(one)]
            text = " ".join((text, *(compact(str(one)) for one in shown)))
        if kind == "interface":
            offered = (compact(str(one)) for one in _flat(node.members) if isinstance(one, _OFFERED))
            text = " ".join((text, *offered))
        return Declared(inner.name, kind, self._path(header), text[:MAX_TEXT], "", tuple(ports), tuple(parameters))

    def _path(self, node: Node) -> str:
        location = self._state.manager.getFullyExpandedLoc(node.sourceRange.start)
        source = self._state.source(location.buffer)
        return source.path if source is not None else self.unit.source.path


def compact(text: str) -> str:
    """A piece of source on one line, without comments, directives and needless blanks."""
    plain = _COMMENTS.sub(lambda found: found[1] or " ", text)
    if "`" in plain:
        plain = _DIRECTIVES.sub("", plain)
    return _TIGHT.sub("", _BLANKS.sub(" ", plain)).strip()


def _read(scope: Scope, node: syntax.ModuleDeclarationSyntax) -> None:
    header = node.header
    for one in header.imports:
        _take(scope, one)
    if isinstance(header.ports, syntax.AnsiPortListSyntax):
        for port in header.ports.ports:
            for name in _names(port):
                scope.members.setdefault(name, port)
    if header.parameters is not None:
        for parameter in header.parameters.declarations:
            if isinstance(parameter, Node):
                _take(scope, parameter)
    for member in _flat(node.members):
        _take(scope, member)


def _flat(members: Any) -> Iterator[Node]:
    """The members of a unit, those inside generate blocks among them."""
    for member in members:
        kind = type(member)
        if kind in _GENERATE:
            yield from _flat(member)
        elif kind not in _BODIES and issubclass(kind, syntax.MemberSyntax):
            yield member


def _take(scope: Scope, node: Node) -> None:
    if isinstance(node, syntax.PackageImportDeclarationSyntax):
        items = (one for one in node.items if isinstance(one, syntax.PackageImportItemSyntax))
        scope.imports += [(one.package.valueText, one.item.valueText) for one in items]
        return
    for name in _names(node):
        scope.members.setdefault(name, node)
    kind = getattr(node, "type", None)
    if isinstance(kind, syntax.EnumTypeSyntax):
        for value in kind.members:
            if isinstance(value, syntax.DeclaratorSyntax):
                scope.members.setdefault(value.name.valueText, node)


def _names(node: Node) -> Iterator[str]:
    """The names that a declaration introduces."""
    if isinstance(node, syntax.ParameterDeclarationStatementSyntax):
        node = node.parameter
    if isinstance(node, syntax.FunctionDeclarationSyntax):
        yield str(node.prototype.name).strip()
        return
    if isinstance(node, syntax.DPIImportSyntax):
        yield str(node.method.name).strip()
        return
    if isinstance(node, syntax.HierarchyInstantiationSyntax):
        for instance in node.instances:
            if isinstance(instance, syntax.HierarchicalInstanceSyntax) and instance.decl is not None:
                yield instance.decl.name.valueText
        return
    name = getattr(node, "name", None)
    if isinstance(name, parsing.Token):
        yield name.valueText
    declarator = getattr(node, "declarator", None)
    if isinstance(declarator, syntax.DeclaratorSyntax):
        yield declarator.name.valueText
    for one in getattr(node, "declarators", None) or ():
        token = getattr(one, "name", None)
        if isinstance(token, parsing.Token):
            yield token.valueText


def _kind(node: Node) -> str:
    if isinstance(node, (syntax.TypedefDeclarationSyntax, syntax.ForwardTypedefDeclarationSyntax)):
        return "typedef"
    if isinstance(node, (syntax.FunctionDeclarationSyntax, syntax.DPIImportSyntax)):
        return "function"
    if isinstance(node, syntax.ClassDeclarationSyntax):
        return "class"
    if isinstance(node, syntax.ParameterDeclarationStatementSyntax) or "Parameter" in node.kind.name:
        return "parameter"
    return "signal"


def _text(node: Node) -> str:
    if isinstance(node, syntax.FunctionDeclarationSyntax):
        return compact(str(node.prototype)).removesuffix(";") + ";"
    if isinstance(node, syntax.HierarchyInstantiationSyntax):
        return compact(str(node.type))
    if isinstance(node, syntax.ClassDeclarationSyntax):
        return _class(node)
    return compact(str(node))[:MAX_TEXT]


def _class(node: syntax.ClassDeclarationSyntax) -> str:
    """A class's head, its properties and the prototypes of its methods."""
    pieces = [f"class {node.name.valueText}{compact(str(node.extendsClause or ''))};".replace("extends", " extends")]
    for item in node.items:
        if isinstance(item, syntax.ClassPropertyDeclarationSyntax):
            pieces.append(compact(str(item)))
        elif isinstance(item, syntax.ClassMethodDeclarationSyntax):
            pieces.append(compact(str(item.declaration.prototype)).removesuffix(";") + ";")
    return " ".join(pieces)[:MAX_TEXT]


def _ports(header: syntax.ModuleHeaderSyntax) -> Iterator[tuple[str, str]]:
    if not isinstance(header.ports, syntax.AnsiPortListSyntax):
        return
    before = ""
    for port in header.ports.ports:
        if not isinstance(port, Node):
            continue
        for name in _names(port):
            text = compact(str(port))
            # In `input a, b` the second is an input too.
            if text.split("[")[0].split("=")[0].strip() == name and before:
                text = f"{before} {text}"
            else:
                before = re.sub(rf"\s*\b{re.escape(name)}\b.*$", "", text)
            yield name, text


def _parameters(header: syntax.ModuleHeaderSyntax) -> Iterator[tuple[str, str]]:
    if header.parameters is None:
        return
    for one in header.parameters.declarations:
        text = compact(str(one)) if isinstance(one, Node) else "localparam"
        if isinstance(one, Node) and not text.startswith("localparam"):
            for name in _names(one):
                yield name, text
