"""What the check of clocks needs of one source file, found once: an image has thousands of functions, an edit one."""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.verifiers.mcu.checks.clocks_acts import Act, acts, hides
from signoff.verifiers.mcu.checks.clocks_names import Bit, bit_of, enable_of, is_everything, spoken_of
from signoff.verifiers.mcu.checks.clocks_reach import brought
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Function, ImageFacts, SourceFacts


@dataclass(frozen=True, slots=True)
class Spoken:
    """The bits that a piece of code speaks of; `everything`: a name in it stands for all clocks of a bus."""

    bits: frozenset[Bit]
    everything: bool


@dataclass(frozen=True, slots=True)
class Digest:
    """`outside` is what stands outside of functions: tables, code of headers.

    `functions` are those whose names speak of clocks, or that have statements that enable them. `hidden`: clocks may be
    enabled where it is not seen.

    `tabled`: a table names bits. `instances` are (handle, peripheral) of the HAL's handles, `private` those
    handles that are static here.
    """

    outside: Spoken
    functions: tuple[tuple[Function, Spoken, tuple[Act, ...]], ...]
    hidden: bool
    tabled: bool
    instances: tuple[tuple[str, str], ...]
    private: frozenset[str]


def digests(image: ImageFacts, part: Part) -> Iterator[Digest]:
    """The digest of every source of an image."""
    for source in image.sources.values():
        key = "clocks", id(part)
        kept = source.remembered.get(key)
        if kept is None or kept[0] is not part:
            kept = source.remembered[key] = part, _digest(source, part)
        found: Digest = kept[1]
        yield found


def _digest(source: SourceFacts, part: Part) -> Digest:
    tables = brought(frozenset().union(*(one.names for one in source.variables)), source.bodies)
    return Digest(
        outside=_spoken(source.included | tables, part),
        functions=tuple(_functions(source, part)),
        hidden=hides(source),
        tabled=bool(_spoken(tables, part).bits),
        instances=tuple(
            (write.variable, write.value.resolved)
            for one in source.functions
            for write in one.body.fields
            if write.member == "Instance" and not write.arrow
        ),
        private=frozenset(one.name for one in source.variables if one.static),
    )


def _functions(source: SourceFacts, part: Part) -> Iterator[tuple[Function, Spoken, tuple[Act, ...]]]:
    for function in source.functions:
        spoken = _spoken(brought(function.body.names, source.bodies), part)
        found = tuple(acts(function, part))
        if found or spoken.bits or spoken.everything:
            yield function, spoken, found


_known: OrderedDict[tuple[frozenset[str], int], tuple[Part, Spoken]] = OrderedDict()
MOST_KEPT = 20_000


def _spoken(names: frozenset[str], part: Part) -> Spoken:
    key = names, id(part)
    kept = _known.get(key)
    if kept is None or kept[0] is not part:
        kept = _known[key] = part, _speaks(names, part)
        while len(_known) > MOST_KEPT:
            _known.popitem(last=False)
    return kept[1]


def _speaks(names: frozenset[str], part: Part) -> Spoken:
    functions = table("clocks")["functions"]
    wanted = [name for name in names if spoken_of(name) or name in functions]
    enables = [enable_of(one, part) for name in wanted for one in functions.get(name, ())]
    bits = {bit for name in wanted if (bit := bit_of(name, part)) is not None}
    bits |= {(one.register, one.bit) for one in enables if one is not None}
    return Spoken(frozenset(bits), any(map(is_everything, wanted)))
