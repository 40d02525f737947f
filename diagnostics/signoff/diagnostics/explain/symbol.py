"""The hover of a name: what slang's elaborated design knows of it, and what Yosys made of it."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from pathlib import PurePath

from signoff.diagnostics.explain.costs import module_text, signal_text
from signoff.diagnostics.explain.markdown import block, bullets, code, plural, table
from signoff.verifiers.hdl.facts import ParameterFacts, Place, PortFacts, SymbolFacts, SymbolKind

SIGNALS = frozenset({SymbolKind.NET, SymbolKind.VARIABLE, SymbolKind.PORT})
ROUTINES = frozenset({SymbolKind.FUNCTION, SymbolKind.TASK})
# slang writes unpacked dimensions behind a "$"; SymbolFacts holds them by themselves.
UNPACKED = re.compile(r"\$\[.*$")
# slang writes an enumeration with all its values before its name.
ENUMERATION = re.compile(r"^enum\{.*\}")
PACKED = re.compile(r"(?<=\w)\[")


def hover(symbol: SymbolFacts, costs: Mapping[str, object] | None) -> str:
    """Markdown for a name. `costs` are Yosys' facts by module name (None: it has not run on this text)."""
    return "\n\n".join(part for part in _parts(symbol, costs) if part)


def _parts(symbol: SymbolFacts, costs: Mapping[str, object] | None) -> Iterator[str]:
    yield block(_declaration(symbol))
    yield _sentence(symbol)
    if symbol.kind in SIGNALS:
        yield signal_text(symbol.name, symbol.module, costs)
        yield _uses("Driven", symbol.drivers, symbol.driver_count, _undriven(symbol))
        yield _uses("Read", symbol.readers, symbol.reader_count, "")
    if symbol.values:
        yield table(("Instance", "Value"), [(code(path), code(value)) for path, value in symbol.values])
    if symbol.members and symbol.kind not in ROUTINES:
        yield bullets(map(code, symbol.members))
    yield _parameters(symbol.parameters)
    yield _ports(symbol.ports, connected=symbol.kind is SymbolKind.INSTANCE)
    if symbol.kind is SymbolKind.MODULE:
        yield module_text(symbol.name, costs)
    if symbol.kind is SymbolKind.INSTANCE and symbol.definition:
        yield module_text(symbol.definition, costs)


def _declaration(symbol: SymbolFacts) -> str:
    """The name as the source could have declared it."""
    typed = f"{_type(symbol.type)} {symbol.name}{''.join(symbol.dimensions)}".strip()
    texts: dict[SymbolKind, Callable[[], str]] = {
        SymbolKind.PORT: lambda: f"{symbol.direction} {typed}",
        SymbolKind.ARGUMENT: lambda: f"{symbol.direction} {typed}",
        SymbolKind.NET: lambda: typed,
        SymbolKind.VARIABLE: lambda: typed,
        SymbolKind.FIELD: lambda: typed,
        SymbolKind.PARAMETER: lambda: f"parameter {typed} = {symbol.value}",
        SymbolKind.LOCALPARAM: lambda: f"localparam {typed} = {symbol.value}",
        SymbolKind.ENUM_VALUE: lambda: f"{symbol.name} = {symbol.hex or symbol.value}",
        SymbolKind.TYPEDEF: lambda: f"typedef {'enum ' if ENUMERATION.match(symbol.type) else ''}{typed}",
        SymbolKind.INSTANCE: lambda: f"{symbol.definition} {symbol.name}".strip(),
        SymbolKind.FUNCTION: lambda: f"function {typed}({', '.join(map(_type, symbol.members))})",
        SymbolKind.TASK: lambda: f"task {symbol.name}({', '.join(map(_type, symbol.members))})",
    }
    return texts.get(symbol.kind, lambda: f"{symbol.kind} {symbol.name}")().strip()


def _sentence(symbol: SymbolFacts) -> str:
    """What it is, how wide, where: one line."""
    said = [f"**{symbol.kind.value.capitalize()}**" + (f" of {code(symbol.module)}" if symbol.module else "")]
    if symbol.width:
        said.append(f"{plural(symbol.width, 'bit')}, {'signed' if symbol.signed else 'unsigned'}")
    if symbol.hex and symbol.hex != symbol.value:
        said.append(f"{code(symbol.value)} = {code(symbol.hex)}")
    if symbol.kind in (SymbolKind.MODULE, SymbolKind.INTERFACE):
        tops = ["a top of the design"] if symbol.is_top else []
        said += [*tops, *([plural(symbol.instances, "instance")] if symbol.instances or not tops else [])]
    if symbol.path and symbol.path != symbol.name:
        said.append(code(symbol.path))
    if symbol.declaration is not None:
        said.append(f"declared at {_at(symbol.declaration)}")
    return ", ".join(said) + " (slang)."


def _type(text: str) -> str:
    """slang's spelling of a type as people write it: "logic[7:0]" as "logic [7:0]"."""
    return PACKED.sub(" [", ENUMERATION.sub("", UNPACKED.sub("", text)))


def _uses(word: str, places: tuple[Place, ...], count: int, none: str) -> str:
    if not count:
        return none
    lines = Counter((_at(place), code(place.text), f" ({place.note})" if place.note else "") for place in places)
    items = [f"{at} {text}{note}{f', {times} times' if times > 1 else ''}" for (at, text, note), times in lines.items()]
    if count > len(places):
        items.append(f"... and {count - len(places)} more")
    return f"{word} in {plural(count, 'place')}:\n{bullets(items)}"


def _undriven(symbol: SymbolFacts) -> str:
    """Said of nets and outputs only: a variable may be driven where the analysis does not look (functions, classes)."""
    is_net = symbol.kind is SymbolKind.NET or (symbol.kind is SymbolKind.PORT and symbol.direction == "output")
    return "Nothing drives it (slang)." if is_net else ""


def _at(place: Place) -> str:
    return f"{PurePath(place.path).name}:{place.span.start_line + 1}"


def _parameters(parameters: tuple[ParameterFacts, ...]) -> str:
    rows = [
        (code(one.name) + (" (local)" if one.local else ""), code(_type(one.type)) if one.type else "", code(one.value))
        for one in parameters
    ]
    return table(("Parameter", "Type", "Value"), rows) if rows else ""


def _ports(ports: tuple[PortFacts, ...], *, connected: bool) -> str:
    head = ("Port", "Direction", "Type", "Bits", *(("Connected to",) if connected else ()))
    rows = [
        (
            code(port.name),
            port.direction,
            code(_type(port.type)),
            str(port.width or ""),
            *((code(port.connection) if port.connection else "*nothing*",) if connected else ()),
        )
        for port in ports
    ]
    return table(head, rows) if rows else ""
