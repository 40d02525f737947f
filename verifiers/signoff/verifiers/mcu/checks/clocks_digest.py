"""What the check of clocks needs of one source file, found once: an image has thousands of functions, an edit one."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from signoff.verifiers.mcu.checks.clocks_acts import Act, acts, hides
from signoff.verifiers.mcu.checks.clocks_names import Bit, bit_of, enable_of, is_everything, spoken_of
from signoff.verifiers.mcu.checks.tables import table
from signoff.verifiers.mcu.parts.part import Part
from signoff.verifiers.mcu.source.facts import Function, ImageFacts, SourceFacts


@dataclass(frozen=True, slots=True)
class Digest:
    """`spoken` are the bits that names anywhere in the file speak of, `acts` the statements that enable clocks.

    `everything`: a name stands for all clocks of a bus. `hidden`: clocks may be enabled where it is not seen.
    `tabled`: a table names bits. `instances` are (handle, peripheral) of the HAL's handles.
    """

    spoken: frozenset[Bit]
    acts: tuple[tuple[Function, tuple[Act, ...]], ...]
    everything: bool
    hidden: bool
    tabled: bool
    instances: tuple[tuple[str, str], ...]


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
    functions = table("clocks")["functions"]
    names = [name for name in source.reached if spoken_of(name) or name in functions]
    enables = [enable_of(one, part) for name in names for one in functions.get(name, ())]
    bits = {bit for name in names if (bit := bit_of(name, part)) is not None}
    bits |= {(one.register, one.bit) for one in enables if one is not None}
    return Digest(
        spoken=frozenset(bits),
        acts=tuple((one, found) for one in source.functions if (found := tuple(acts(one, part)))),
        everything=any(map(is_everything, names)),
        hidden=hides(source),
        tabled=any(bit_of(name, part) is not None for one in source.variables for name in one.names),
        instances=tuple(
            (write.variable, write.value.resolved)
            for one in source.functions
            for write in one.body.fields
            if write.member == "Instance" and not write.arrow
        ),
    )
