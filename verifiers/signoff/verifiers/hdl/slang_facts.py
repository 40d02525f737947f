"""A symbol of the elaborated design as plain facts: type, value, drivers, readers, ports."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
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
from signoff.verifiers.hdl.slang_uses import Uses, key_of, note_of, uses

MAX_PLACES = 8
MAX_VALUES = 8
MAX_TEXT = 120


class FactsReader:
    """Reads the facts of symbols of one analysed design. `instances` are all instances of that design."""

    def __init__(
        self, converter: Converter, manager: analysis.AnalysisManager, instances: Sequence[ast.InstanceSymbol]
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
        found = uses(body, symbol) if body is not None else Uses()
        # slang's list holds one range a process, and what lies outside the module: input ports, hierarchical names.
        written = {key_of(given) for given, _ in found.writes}
        listed = [(item.sourceRange, note_of(item)) for item in self.manager.getDrivers(symbol)]
        driven = [pair for pair in listed if key_of(pair[0]) not in written] + found.writes
        if isinstance(symbol, ast.NetSymbol) and symbol.initializer is not None:
            driven.append((symbol.initializer.sourceRange, "declaration"))
        drivers = self._places(driven)
        readers = self._places((given, "") for given in found.reads)
        return replace(
            facts,
            drivers=tuple(drivers[:MAX_PLACES]),
            driver_count=len(drivers),
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

    def _places(self, given: Iterable[tuple[pyslang.SourceRange, str]]) -> list[Place]:
        """The places of (range, note) pairs, each once: what a macro holds twice is one place in the text."""
        places = [place for each, note in given if (place := self.place(each, note)) is not None]
        return list({(place.path, place.span): place for place in places}.values())

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


def _analysed(
    symbol: ast.ValueSymbol, body: ast.InstanceBodySymbol | None
) -> tuple[ast.ValueSymbol, ast.InstanceBodySymbol | None]:
    """The same symbol in the one instance that slang analyses of all instances that are alike."""
    parent = body.parentInstance if body is not None else None
    canonical = parent.canonicalBody if parent is not None else None
    found = canonical.find(symbol.name) if canonical is not None else None
    return (found, canonical) if isinstance(found, ast.ValueSymbol) else (symbol, body)
