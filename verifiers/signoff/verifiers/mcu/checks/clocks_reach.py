"""Which functions of an image anything can call: what stands in others enables no clock.

What is found is kept as long as no function of the image mentions another one than before, as most edits are such.
"""

from __future__ import annotations

import re
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass

from signoff.verifiers.mcu.source.facts import ImageFacts, SourceFacts
from signoff.verifiers.mcu.source.files import names_in
from signoff.verifiers.mcu.source.units import is_cplusplus

# What a startup file, the C library (its system calls begin with an underscore) or the HAL calls by name.
ROOTS = re.compile(
    r"main|SystemInit|HAL_\w+|v?Application\w+|Reset_Handler|_\w+|\w*_(?:Handler|IRQHandler|isr|handler)"
)
# Functions whose names are remembered with what they bring in; files and images likewise.
MOST_KEPT, MOST_FILES, MOST_IMAGES = 20_000, 4_000, 16

Bodies = tuple[Mapping[str, frozenset[str]], ...]


@dataclass(frozen=True, slots=True)
class Mentions:
    """The functions of the image that a file mentions: `inside` each of its functions, and `outside` of all."""

    inside: tuple[tuple[str, frozenset[str]], ...]
    outside: frozenset[str]


_known: OrderedDict[tuple[frozenset[str], tuple[int, ...]], tuple[Bodies, frozenset[str]]] = OrderedDict()


def brought(names: frozenset[str], bodies: Bodies) -> frozenset[str]:
    """The names and all that macros among them stand for, whatever is compiled of these."""
    key = names, tuple(map(id, bodies))
    kept = _known.get(key)
    if kept is None:
        kept = _known[key] = bodies, _closed(names, bodies)
        while len(_known) > MOST_KEPT:
            _known.popitem(last=False)
    return kept[1]


def _closed(names: frozenset[str], bodies: Bodies) -> frozenset[str]:
    reached: set[str] = set()
    waiting = list(names)
    while waiting:
        name = waiting.pop()
        if name not in reached:
            reached.add(name)
            for one in bodies:
                waiting.extend(one.get(name, ()))
    return frozenset(reached)


def callable_names(image: ImageFacts) -> frozenset[str]:
    """The functions that something may call, directly or through a pointer: their names stand somewhere."""
    known = _same_names(image)
    mentions = tuple(_mentions(source, known) for source in image.sources.values())
    key = known, tuple(map(id, mentions)), image.called_back, tuple(image.assembler.values()), image.image.libraries
    kept = _callable.pop(key, None)
    if kept is None:
        kept = mentions, _found(image, known, mentions)
    _callable[key] = kept
    while len(_callable) > MOST_IMAGES:
        _callable.popitem(last=False)
    return kept[1]


_callable: OrderedDict[object, tuple[tuple[Mentions, ...], frozenset[str]]] = OrderedDict()
_names: OrderedDict[frozenset[str], frozenset[str]] = OrderedDict()
_latest: OrderedDict[str, Mentions] = OrderedDict()


def _same_names(image: ImageFacts) -> frozenset[str]:
    """All functions' names: the same object as long as they are the same."""
    names = frozenset().union(*(source.by_name for source in image.sources.values()))
    names = _names.setdefault(names, names)
    while len(_names) > MOST_IMAGES:
        _names.popitem(last=False)
    return names


def _mentions(source: SourceFacts, known: frozenset[str]) -> Mentions:
    """What a file mentions: the same object as for its last text, where that mentioned the same."""
    kept = source.remembered.get("clocks_mentions")
    if kept is None or kept[0] is not known:
        kept = source.remembered["clocks_mentions"] = known, _canonical(source.path, _mentioned(source, known))
    found: Mentions = kept[1]
    return found


def _canonical(path: str, made: Mentions) -> Mentions:
    latest = _latest.pop(path, made)
    _latest[path] = made = latest if latest == made else made
    while len(_latest) > MOST_FILES:
        _latest.popitem(last=False)
    return made


def _mentioned(source: SourceFacts, known: frozenset[str]) -> Mentions:
    inside = tuple((one.name, brought(one.body.names, source.bodies) & known) for one in source.functions)
    outside = set(source.included & known)
    for variable in source.variables:
        outside |= brought(variable.names, source.bodies) & known
    # __attribute__((constructor)), a section that the linker script collects, alias("name")
    outside |= {one.name for one in source.functions if one.attributes}
    outside |= {one.name for one in source.declarations if one.attributes and one.name in known}
    attributes = [text for one in source.declarations for text in one.attributes]
    assembler = [
        one.text
        for each in source.functions
        for call in each.body.calls
        if call.callee == "asm"
        for one in call.arguments
    ]
    for text in (*attributes, *assembler, *source.pragmas):
        outside |= names_in(text.replace('"', " ")) & known
    return Mentions(inside, frozenset(outside))


def _found(image: ImageFacts, known: frozenset[str], mentions: tuple[Mentions, ...]) -> frozenset[str]:
    if any(map(is_cplusplus, image.sources)) or any("opencm3" in name for name in image.image.libraries):
        return known  # constructors, virtual functions; an archive that calls what has the names of its weak handlers
    waiting = {name for name in known if ROOTS.fullmatch(name)} | (image.called_back & known)
    inside: dict[str, set[str]] = {}
    for one in mentions:
        waiting |= one.outside
        for name, names in one.inside:
            inside.setdefault(name, set()).update(names)
    for text in image.assembler.values():
        waiting |= names_in(text) & known
    seen: set[str] = set()
    while waiting:
        name = waiting.pop()
        seen.add(name)
        waiting |= inside[name] - seen
    return frozenset(seen)
