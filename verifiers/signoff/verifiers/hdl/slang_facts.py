"""A symbol of the elaborated design as plain facts: type, value, drivers, readers, ports."""

from __future__ import annotations

from dataclasses import replace

import pyslang
from pyslang import analysis, ast

from signoff.verifiers.hdl.facts import Place, SymbolFacts, SymbolKind
from signoff.verifiers.hdl.slang_describe import (
    direction_of,
    kind_of,
    parameter_facts,
    parameter_text,
    port_facts,
    type_members,
    type_text,
    unpacked,
    value_text,
)
from signoff.verifiers.hdl.slang_findings import Converter, token_at

MAX_PLACES = 8
MAX_VALUES = 8
MAX_TEXT = 120

_SOURCES = {
    analysis.DriverSource.Initial: "initial",
    analysis.DriverSource.Final: "final",
    analysis.DriverSource.Always: "always",
    analysis.DriverSource.AlwaysComb: "always_comb",
    analysis.DriverSource.AlwaysLatch: "always_latch",
    analysis.DriverSource.AlwaysFF: "always_ff",
    analysis.DriverSource.Subroutine: "task or function",
}


class FactsReader:
    """Reads the facts of symbols of one analysed design. `instances` are all instances of that design."""

    def __init__(
        self, converter: Converter, manager: analysis.AnalysisManager, instances: list[ast.InstanceSymbol]
    ) -> None:
        self.converter = converter
        self.manager = manager
        self.instances = instances

    def read(self, symbol: ast.Symbol) -> SymbolFacts:
        """The facts of one symbol."""
        if isinstance(symbol, ast.PortSymbol) and isinstance(symbol.internalSymbol, ast.ValueSymbol):
            symbol = symbol.internalSymbol
        base = SymbolFacts(
            kind=kind_of(symbol),
            name=symbol.name,
            path=symbol.hierarchicalPath,
            type=type_text(symbol),
            declaration=self._declaration(symbol),
            module=_module_name(symbol),
        )
        if isinstance(symbol, ast.InstanceSymbol):
            return self._instance(base, symbol)
        if isinstance(symbol, ast.DefinitionSymbol):
            return self._module(base, symbol)
        if isinstance(symbol, ast.ValueSymbol):
            return self._value(base, symbol)
        if isinstance(symbol, ast.SubroutineSymbol):
            members = tuple(f"{direction_of(item)} {item.type} {item.name}" for item in symbol.arguments)
            return replace(base, members=members)
        if isinstance(symbol, ast.Type):
            width = int(symbol.bitWidth)
            return replace(base, width=width, signed=symbol.isSigned, members=type_members(symbol))
        return base

    def _value(self, base: SymbolFacts, symbol: ast.ValueSymbol) -> SymbolFacts:
        element, dimensions = unpacked(symbol.type)
        facts = replace(
            base,
            width=int(element.bitWidth),
            signed=element.isSigned,
            dimensions=dimensions,
            members=type_members(element),
        )
        if isinstance(symbol, (ast.ParameterSymbol, ast.EnumValueSymbol)):
            value, hexadecimal = value_text(symbol)
            return replace(facts, value=value, hex=hexadecimal, values=self._other_values(symbol, value))
        if isinstance(symbol, ast.FormalArgumentSymbol):
            return replace(facts, direction=direction_of(symbol))
        body = symbol.parentScope.containingInstance if symbol.parentScope is not None else None
        port = body.findPort(symbol.name) if body is not None else None
        if isinstance(port, ast.PortSymbol) and port.internalSymbol == symbol:
            facts = replace(facts, kind=SymbolKind.PORT, direction=direction_of(port))
        return self._uses(facts, symbol, body)

    def _other_values(self, symbol: ast.ValueSymbol, value: str) -> tuple[tuple[str, str], ...]:
        """The parameter's value in each instance of its module, where they are not all the same."""
        body = symbol.parentScope.containingInstance if symbol.parentScope is not None else None
        if body is None or not isinstance(symbol, ast.ParameterSymbol):
            return ()
        found: list[tuple[str, str]] = []
        for instance in self.instances:
            if instance.definition == body.definition:
                other = instance.body.find(symbol.name)
                if isinstance(other, ast.ParameterSymbol):
                    found.append((instance.hierarchicalPath, parameter_text(other)[0]))
        differ = len({text for _, text in found} | {value}) > 1
        return tuple(found[:MAX_VALUES]) if differ else ()

    def _uses(self, facts: SymbolFacts, symbol: ast.ValueSymbol, body: ast.InstanceBodySymbol | None) -> SymbolFacts:
        symbol, body = _analysed(symbol, body)
        drivers = self.manager.getDrivers(symbol)
        written = {(item.sourceRange.start, item.sourceRange.end) for item in drivers}
        # A name on the left of an assignment is a driver, not a reader, also where a select follows it.
        starts = {start for start, _ in written}
        read = [given for given in _references(body, symbol) if given.start not in starts] if body is not None else []
        driven = [place for item in drivers if (place := self.place(item.sourceRange, _note(item))) is not None]
        if isinstance(symbol, ast.NetSymbol) and symbol.initializer is not None:
            declared = self.place(symbol.initializer.sourceRange, "declaration")
            driven += [declared] if declared is not None else []
        readers = [place for given in read if (place := self.place(given)) is not None]
        return replace(
            facts,
            drivers=tuple(driven[:MAX_PLACES]),
            driver_count=len(driven),
            readers=tuple(readers[:MAX_PLACES]),
            reader_count=len(readers),
        )

    def _instance(self, base: SymbolFacts, symbol: ast.InstanceSymbol) -> SymbolFacts:
        connected = {item.port.name: _connection(item) for item in symbol.portConnections}
        return replace(
            base,
            definition=symbol.definition.name,
            definition_place=self._declaration(symbol.definition),
            ports=port_facts(symbol.body, lambda name: connected.get(name, "")),
            parameters=parameter_facts(symbol.body),
        )

    def _module(self, base: SymbolFacts, symbol: ast.DefinitionSymbol) -> SymbolFacts:
        found = [item for item in self.instances if item.definition == symbol]
        tops = {item for item in found if "." not in item.hierarchicalPath}
        facts = replace(base, path="", instances=len(found) - len(tops), is_top=bool(tops))
        if not found:
            return facts
        return replace(facts, ports=port_facts(found[0].body), parameters=parameter_facts(found[0].body))

    def _declaration(self, symbol: ast.Symbol) -> Place | None:
        location = symbol.location
        return self.place(pyslang.SourceRange(location, location)) if location else None

    def place(self, given: pyslang.SourceRange, note: str = "") -> Place | None:
        """A range as a place; its text is the line it starts on, shortened."""
        found = self.converter.range_place(given)
        if found is None:
            return None
        source, start, end = found
        if given.start == given.end:
            start, end = token_at(source, start)
        span = source.span(start, end)
        text = " ".join(source.index.line(span.start_line).split())
        return Place(source.path, span, text[:MAX_TEXT], note)


def _module_name(symbol: ast.Symbol) -> str:
    body = symbol.parentScope.containingInstance if symbol.parentScope is not None else None
    return str(body.definition.name) if body is not None else ""


def _connection(connection: ast.PortConnection) -> str:
    expression = connection.expression
    if isinstance(expression, ast.AssignmentExpression):  # an output port drives what is connected
        expression = expression.left
    while isinstance(expression, ast.ConversionExpression) and expression.syntax is None:
        expression = expression.operand
    if isinstance(expression, ast.NamedValueExpression) and expression.syntax is None:
        return expression.symbol.name  # .clk alone stands for .clk(clk)
    if expression is None or expression.syntax is None:
        return ""
    return " ".join(str(expression.syntax).split())


def _note(driver: analysis.ValueDriver) -> str:
    if driver.isInputPort:
        return "input port"
    holder = driver.containingSymbol
    if isinstance(holder, ast.InstanceSymbol):
        return f"instance {holder.name}"
    if driver.kind is analysis.DriverKind.Continuous:
        return "assign"
    return _SOURCES.get(driver.source, "")


def _analysed(
    symbol: ast.ValueSymbol, body: ast.InstanceBodySymbol | None
) -> tuple[ast.ValueSymbol, ast.InstanceBodySymbol | None]:
    """The same symbol in the one instance that slang analyses of all instances that are alike."""
    parent = body.parentInstance if body is not None else None
    canonical = parent.canonicalBody if parent is not None else None
    found = canonical.find(symbol.name) if canonical is not None else None
    return (found, canonical) if isinstance(found, ast.ValueSymbol) else (symbol, body)


def _references(body: ast.InstanceBodySymbol, symbol: ast.ValueSymbol) -> list[pyslang.SourceRange]:
    """Where the symbol is named in its module, connections of instances included, in the order of the text."""
    found: list[pyslang.SourceRange] = []

    def take(expression: ast.NamedValueExpression) -> None:
        if expression.symbol == symbol:
            found.append(expression.sourceRange)

    def connections(instance: ast.InstanceSymbol) -> ast.VisitAction:
        for item in instance.portConnections:
            if item.expression is not None:
                item.expression.visit(lookup_table={ast.ExpressionKind.NamedValue: take})
        return ast.VisitAction.Skip

    body.visit(lookup_table={ast.ExpressionKind.NamedValue: take, ast.SymbolKind.Instance: connections})
    unique = {(item.start.buffer.id, item.start.offset): item for item in found}
    return [unique[key] for key in sorted(unique)]
