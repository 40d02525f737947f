"""A port of an ANSI header that is declared again in the module: the standard forbids it, and Verilator refuses it.

slang and Yosys put the two together, and so does what is shown of a user's own design; a text of ours must not lean on
that.
"""

from __future__ import annotations

from collections.abc import Iterator

from pyslang import syntax

from signoff.verifiers.hdl.rules import Fault

CODE = "PortDeclaredAgain"
_DECLARATIONS = frozenset({syntax.SyntaxKind.DataDeclaration, syntax.SyntaxKind.NetDeclaration})


def check(root: syntax.SyntaxNode) -> Iterator[Fault]:
    """The faults in one file's syntax."""
    members = root.members if isinstance(root, syntax.CompilationUnitSyntax) else (root,)
    for module in members:
        if isinstance(module, syntax.ModuleDeclarationSyntax) and isinstance(
            module.header.ports, syntax.AnsiPortListSyntax
        ):
            yield from _redeclared(module, {*_ports(module.header.ports)})


def _ports(ports: syntax.AnsiPortListSyntax) -> Iterator[str]:
    for port in ports.ports:
        if isinstance(port, syntax.ImplicitAnsiPortSyntax):
            yield port.declarator.name.valueText


def _redeclared(module: syntax.ModuleDeclarationSyntax, ports: set[str]) -> Iterator[Fault]:
    for member in module.members:
        if member.kind in _DECLARATIONS:
            for declarator in member.declarators:
                if isinstance(declarator, syntax.DeclaratorSyntax) and declarator.name.valueText in ports:
                    name = declarator.name
                    message = f"redefinition of '{name.valueText}', which the module's header declares"
                    yield Fault(CODE, name.range, message, data=(("arg0", name.valueText),))
