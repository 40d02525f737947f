"""Connections: a free port for one that is wrong or there twice, a signal for one that is open, two exchanged."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.connections import addition, parameters_of
from signoff.diagnostics.fixes.instances import Instance, instance_at
from signoff.diagnostics.fixes.modules import Module, find_module
from signoff.diagnostics.fixes.source import quoted
from signoff.diagnostics.fixes.templates.likeness import alike, likeness, signals, unused
from signoff.diagnostics.fixes.templates.place import Draft, Place
from signoff.diagnostics.fixes.templates.widths import bits, bits_of

FAMILY = "ports"
WRONG = (
    "PortDoesNotExist",
    "PINNOTFOUND",
    "DuplicatePortConnection",
    "ParameterDoesNotExist",
    "DuplicateParamAssignment",
)
MISSING = ("UnconnectedInputPort", "UnconnectedNamedPort", "PINMISSING")
SWAPPED = ("PortWidthTruncate", "PortWidthExpand", "WIDTHTRUNC", "WIDTHEXPAND", "ASSIGNIN", "InvalidOutputConn")
SWAPPED_TOO = (
    "PortCouldNotConnect",
    "InputPortCoercion",
    "AssignToNet",
    "ExpressionNotAssignable",
    "TooManyPortConnections",
)
CODES = (*WRONG, *MISSING, *SWAPPED, *SWAPPED_TOO)


def draft(place: Place) -> Iterator[Draft]:
    """Other ports, other signals, the connections of one instance exchanged."""
    instance = instance_at(place.src, place.start)
    found = find_module(instance.module, place.snapshot, place.project) if instance is not None else None
    if instance is None or found is None or place.module is None or instance.open >= len(place.src.tokens):
        return
    if place.code in WRONG:
        yield from _renamed(place, instance, found[1])
    elif place.code in MISSING:
        yield from _connected(place, instance, found[1], place.module)
    else:
        yield from _exchanged(place, instance)


def _renamed(place: Place, instance: Instance, module: Module) -> Iterator[Draft]:
    """A port that nothing is connected to yet, where the wrong one stands; those that fit its signal first."""
    wrong = place.src.word(place.at)
    parameter = place.code in ("ParameterDoesNotExist", "DuplicateParamAssignment")
    used, names = (instance.parameters, parameters_of(module)) if parameter else (instance.connected, [*module.ports])
    free = [name for name in names if name not in used]
    signal = instance.expressions.get(wrong, "")

    def rank(name: str) -> tuple[bool, float]:
        return not _fits(place, module, name, signal), -max(likeness(wrong, name), likeness(signal, name))

    for odds, name in enumerate(sorted(free, key=rank)[:6]):
        edit = place.replace(place.at, name)
        yield place.draft(odds, f"Connect port '{name}' instead of '{wrong}'", edit, FAMILY)


def _fits(place: Place, module: Module, port: str, signal: str) -> bool:
    """Whether a port may be as wide as the plain signal at it; what is not known fits."""
    entry = module.port(port)
    width, have = bits(entry) if entry is not None else 0, bits_of(place.module, signal)
    return not width or not have or width == have


def _connected(place: Place, instance: Instance, module: Module, around: Module) -> Iterator[Draft]:
    """An input that is open gets a signal called like it; one that nothing uses yet comes first."""
    port = next(iter(quoted(place.finding.message)), "")
    if instance.ordered or instance.wildcard or port not in module.ports or port in instance.connected:
        return
    waiting = set(unused(place.src, around))
    pool = [name for name in signals(around) if _fits(place, module, port, name)]
    found = [*(name for name in pool if name == port), *alike(port, pool, 6)]
    for odds, name in enumerate(sorted(found, key=lambda name: (name != port, name not in waiting))):
        edit = addition(place.src, place.index, instance, [f".{port}({name})"])
        yield place.draft(odds, f"Connect '{port}' to '{name}'", edit, FAMILY)


def _exchanged(place: Place, instance: Instance) -> Iterator[Draft]:
    """What two ports of the instance are connected to, the other way round; neighbours first."""
    spans = _expressions(place, instance)
    here = next((n for n, (first, last) in enumerate(spans) if first - 3 <= place.at <= last), -1)
    if here < 0:
        return
    one = spans[here]
    others = sorted((n for n in range(len(spans)) if n != here), key=lambda n: abs(n - here))
    for odds, number in enumerate(others[:8]):
        other = spans[number]
        text, text_other = place.between(*one), place.between(*other)
        if text != text_other:
            edits = (place.replace(one[0], text_other, one[1]), place.replace(other[0], text, other[1]))
            yield place.draft(1 + odds, f"Exchange '{text[:30]}' and '{text_other[:30]}'", edits, FAMILY)


def _expressions(place: Place, instance: Instance) -> list[tuple[int, int]]:
    """(first, last) token of each connection's expression, in their order."""
    src, found = place.src, list[tuple[int, int]]()
    if not instance.ordered:
        for token in sorted(instance.connected.values()):
            close = src.closing(token + 1) if src.word(token + 1) == "(" else token
            if close > token + 2:
                found.append((token + 2, close - 1))
        return found
    first = number = instance.open + 1
    while number <= instance.close:
        if src.word(number) in ("(", "[", "{"):
            number = src.closing(number)
        elif src.word(number) in (",", ")"):
            if number > first:
                found.append((first, number - 1))
            first = number + 1
        number += 1
    return found
