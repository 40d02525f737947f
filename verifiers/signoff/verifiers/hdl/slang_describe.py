"""Types, constants, ports and parameters of the elaborated design, in words and numbers for facts."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

import pyslang
from pyslang import ast

from signoff.verifiers.hdl.facts import ParameterFacts, PortFacts, SymbolKind

_KINDS = {
    ast.SymbolKind.Net: SymbolKind.NET,
    ast.SymbolKind.Variable: SymbolKind.VARIABLE,
    ast.SymbolKind.Port: SymbolKind.PORT,
    ast.SymbolKind.InterfacePort: SymbolKind.PORT,
    ast.SymbolKind.Parameter: SymbolKind.PARAMETER,
    ast.SymbolKind.TypeParameter: SymbolKind.TYPE_PARAMETER,
    ast.SymbolKind.Genvar: SymbolKind.GENVAR,
    ast.SymbolKind.Instance: SymbolKind.INSTANCE,
    ast.SymbolKind.InstanceArray: SymbolKind.INSTANCE,
    ast.SymbolKind.Definition: SymbolKind.MODULE,
    ast.SymbolKind.Modport: SymbolKind.MODPORT,
    ast.SymbolKind.Package: SymbolKind.PACKAGE,
    ast.SymbolKind.FormalArgument: SymbolKind.ARGUMENT,
    ast.SymbolKind.TypeAlias: SymbolKind.TYPEDEF,
    ast.SymbolKind.EnumValue: SymbolKind.ENUM_VALUE,
    ast.SymbolKind.Field: SymbolKind.FIELD,
    ast.SymbolKind.ClassType: SymbolKind.CLASS,
    ast.SymbolKind.StatementBlock: SymbolKind.BLOCK,
    ast.SymbolKind.GenerateBlock: SymbolKind.BLOCK,
    ast.SymbolKind.GenerateBlockArray: SymbolKind.BLOCK,
}
_DIRECTIONS = {"In": "input", "Out": "output", "InOut": "inout", "Ref": "ref"}


def kind_of(symbol: ast.Symbol) -> SymbolKind:
    """What a symbol is, in the language's words."""
    if isinstance(symbol, ast.ParameterSymbol) and symbol.isLocalParam:
        return SymbolKind.LOCALPARAM
    if isinstance(symbol, ast.SubroutineSymbol):
        is_task = symbol.subroutineKind is ast.SubroutineKind.Task
        return SymbolKind.TASK if is_task else SymbolKind.FUNCTION
    if isinstance(symbol, ast.DefinitionSymbol) and symbol.definitionKind is ast.DefinitionKind.Interface:
        return SymbolKind.INTERFACE
    return _KINDS.get(symbol.kind, SymbolKind.OTHER)


def port_facts(body: ast.InstanceBodySymbol, connections: Callable[[str], str] = lambda _: "") -> tuple[PortFacts, ...]:
    """The ports of a module in order; `connections` gives what is connected to each."""
    result = []
    for port in body.portList:
        if isinstance(port, ast.PortSymbol):
            kind = port.type
            width = int(kind.bitstreamWidth) if kind.isFixedSize else 0
            result.append(PortFacts(port.name, direction_of(port), str(kind), width, connections(port.name)))
        elif isinstance(port, ast.InterfacePortSymbol):
            name = port.interfaceDef.name if port.interfaceDef is not None else "interface"
            modport = f".{port.modport}" if port.modport else ""
            result.append(PortFacts(port.name, "interface", name + modport, 0, connections(port.name)))
    return tuple(result)


def direction_of(port: ast.PortSymbol | ast.FormalArgumentSymbol) -> str:
    """The direction as a keyword: input, output, inout or ref."""
    return _DIRECTIONS.get(port.direction.name, "")


def parameter_facts(body: ast.InstanceBodySymbol) -> tuple[ParameterFacts, ...]:
    """The parameters of a module that an instance may set."""
    result = []
    for parameter in body.parameters:
        if isinstance(parameter, ast.ParameterSymbol):
            value, hexadecimal = parameter_text(parameter)
            result.append(
                ParameterFacts(parameter.name, value, hexadecimal, str(parameter.type), parameter.isLocalParam)
            )
        elif isinstance(parameter, ast.TypeParameterSymbol):
            result.append(
                ParameterFacts(parameter.name, str(parameter.targetType.type), "", "type", parameter.isLocalParam)
            )
    return tuple(result)


def parameter_text(parameter: ast.ParameterSymbol) -> tuple[str, str]:
    """constant_text() of a parameter, but a text as it was written: without a type it is a mere number."""
    given = parameter.initializer
    while isinstance(given, ast.ConversionExpression):
        given = given.operand
    if isinstance(given, ast.StringLiteral):
        return f'"{given.value}"', ""
    return constant_text(parameter.value, parameter.type)


def value_text(symbol: ast.ParameterSymbol | ast.EnumValueSymbol) -> tuple[str, str]:
    """(decimal, hexadecimal) of a parameter or of an enumeration's value."""
    if isinstance(symbol, ast.ParameterSymbol):
        return parameter_text(symbol)
    return constant_text(symbol.value, symbol.type)


def constant_text(value: pyslang.ConstantValue, kind: ast.Type) -> tuple[str, str]:
    """(decimal, hexadecimal) of a constant; a text parameter as its text, "" where there is no hexadecimal."""
    number = value.value
    if not isinstance(number, pyslang.SVInt):
        return str(value), ""
    if number.hasUnknown:
        return str(value), ""
    plain = int(number)
    width = int(kind.bitWidth) or int(number.bitWidth)
    digits = max((width + 3) // 4, 1)
    return str(plain), f"{width}'h{plain & ((1 << width) - 1):0{digits}x}"


def type_text(symbol: ast.Symbol) -> str:
    """The type of a symbol as slang prints it, with the net's kind before it; "" where it has none."""
    if isinstance(symbol, ast.SubroutineSymbol):
        return str(symbol.returnType)
    if isinstance(symbol, ast.Type):
        return str(symbol.canonicalType)
    if isinstance(symbol, ast.NetSymbol):
        return f"{symbol.netType.name} {symbol.type}"
    if isinstance(symbol, ast.ValueSymbol):
        return str(symbol.type)
    return ""


def unpacked(kind: ast.Type) -> tuple[ast.Type, tuple[str, ...]]:
    """(element type, unpacked dimensions from left to right)."""
    dimensions: list[str] = []
    while kind.isUnpackedArray and kind.arrayElementType is not None:
        dimensions.append(str(kind.fixedRange) if kind.hasFixedRange else "[]")
        kind = kind.arrayElementType
    return kind, tuple(dimensions)


def _scope(kind: Any) -> Iterable[ast.Symbol]:
    """A type as the scope that it is as well, which the stubs do not say."""
    return list(kind)


def type_members(kind: ast.Type) -> tuple[str, ...]:
    """The fields of a structure or the values of an enumeration, as one would write them."""
    canonical = kind.canonicalType
    if canonical.isEnum:
        return tuple(
            f"{item.name} = {item.value}" for item in _scope(canonical) if isinstance(item, ast.EnumValueSymbol)
        )
    if canonical.isStruct or canonical.isPackedUnion or canonical.isUnpackedUnion:
        return tuple(f"{item.type} {item.name}" for item in _scope(canonical) if isinstance(item, ast.FieldSymbol))
    return ()
