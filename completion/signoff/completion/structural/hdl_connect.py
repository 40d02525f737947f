"""Which signals of a scope an instance's ports are connected to, and how that is laid out. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from signoff.completion.structural.proposal import Body, Stop
from signoff.verifiers.hdl.facts import NameFacts, ParameterFacts, PortFacts, SymbolKind

_SIGNALS = frozenset({SymbolKind.NET, SymbolKind.VARIABLE, SymbolKind.PORT})
_CONSTANTS = frozenset({SymbolKind.PARAMETER, SymbolKind.LOCALPARAM})
# What directions are written as at either end of a port's name.
_AFFIX = re.compile(r"^(?:i|o|io)_|_(?:i|o|io)$")
_CONNECTED = re.compile(r"^[ \t]*\.\w+([ \t]*)\(", re.MULTILINE)
_INTEGER = re.compile(r"(?:logic|bit|reg|int|integer|byte|shortint|longint)\b[^{}]*\Z")
MOST_DIGITS = 10


@dataclass(frozen=True, slots=True)
class Connection:
    """A port or parameter and what it is connected to ("": nothing that is known)."""

    name: str
    to: str = ""
    output: bool = False


def connect(ports: Sequence[PortFacts], names: Sequence[NameFacts]) -> tuple[Connection, ...]:
    """Each port with the signal of its name and width; names may differ in what stands for the direction (_i, o_)."""
    exact = {one.name: one for one in names}
    plain: dict[str, list[NameFacts]] = {}
    for one in names:
        plain.setdefault(_bare(one.name), []).append(one)
    return tuple(Connection(port.name, _signal(port, exact, plain), port.direction != "input") for port in ports)


def values(parameters: Iterable[ParameterFacts], names: Sequence[NameFacts]) -> tuple[Connection, ...]:
    """Each parameter that an instance may set, with the one of its name in scope, else its default where C-like."""
    known = {one.name for one in names if one.kind in _CONSTANTS}
    free = (one for one in parameters if not one.local)
    return tuple(Connection(one.name, one.name if one.name in known else _default(one)) for one in free)


def without(connections: Iterable[Connection], *, outputs: bool) -> tuple[Connection, ...]:
    """The same with nothing connected; with `outputs` False what is driven from outside stays connected."""
    return tuple(one if not outputs and not one.output else Connection(one.name) for one in connections)


def entries(connections: Sequence[Connection], *, aligned: bool) -> list[Body]:
    """`.name(signal)` for each, with a tab stop where nothing is connected."""
    width = max((len(one.name) for one in connections), default=0) if aligned else 0
    return [_entry(one, width) for one in connections]


def is_aligned(text: str) -> bool:
    """Whether a file's connections stand in columns."""
    blanks = [match[1] for match in _CONNECTED.finditer(text)]
    return 2 * sum(1 for one in blanks if one) > len(blanks)


def _entry(one: Connection, width: int) -> Body:
    head = f".{one.name}{' ' * (width - len(one.name))}{' ' if width else ''}("
    return (head + one.to + ")",) if one.to else (head, Stop(), ")")


def _bare(name: str) -> str:
    return _AFFIX.sub("", name)


def _signal(port: PortFacts, exact: dict[str, NameFacts], plain: dict[str, list[NameFacts]]) -> str:
    same = exact.get(port.name)
    if same is not None and _fits(port, same):
        return same.name
    alike = [one for one in plain.get(_bare(port.name), ()) if _fits(port, one)]
    return alike[0].name if len(alike) == 1 else ""


def _fits(port: PortFacts, name: NameFacts) -> bool:
    if port.direction == "interface":
        bundle = port.type.partition(".")[0]
        return name.kind is SymbolKind.INSTANCE and name.type == bundle
    if name.kind not in _SIGNALS or (port.direction != "input" and name.direction == "input"):
        return False
    return port.width == name.width or port.width == 0


def _default(one: ParameterFacts) -> str:
    simple = _INTEGER.match(one.type) and re.fullmatch(rf"-?\d{{1,{MOST_DIGITS}}}", one.value)
    return one.value if simple else ""
