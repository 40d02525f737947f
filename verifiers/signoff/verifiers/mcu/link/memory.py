"""Where an image's bytes lie: memory regions with what they hold, symbols with their sections, what is largest."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import PurePath

from signoff.verifiers.mcu.facts import RegionUse, Symbol
from signoff.verifiers.mcu.link import elf, link_map
from signoff.verifiers.mcu.link.ld_messages import Used
from signoff.verifiers.mcu.link.object_facts import ObjectFacts

# What ld makes of a region that is not declared.
WHOLE = 0xFFFFFFFF
# A contributor is told where it has at least this part of what the largest has.
WORTH_TELLING = 0.02
# .text.main, .rodata.rom, .bss.buffer: -ffunction-sections and -fdata-sections put the symbol behind the kind.
SPLIT = re.compile(
    r"^\.(?:text|rodata|data|bss|ram\w*|ccm\w*|noinit)\.(?:startup\.|unlikely\.|hot\.)?(?P<symbol>[A-Za-z_]\w*)"
)
# .../libc_nano.a(libc_a-memcpy.o): the member's own name, without what newlib puts in front.
MEMBER = re.compile(r"(?:^|[/\\])(?P<library>[^/\\()]+)\.a\((?:lib\w*?_a-)?(?P<member>[^()]+?)(?:\.o(?:bj)?)?\)$")
STRINGS = "strings of "
# Not copied at the start, though the map gives them a load address as well.
CLEARED = re.compile(r"\.s?bss|COMMON|noinit|stack|heap", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Contributor:
    """One symbol or section that takes room in a region; `object` is its object file or archive member."""

    name: str
    object: str
    size: int


def regions(mapped: Sequence[link_map.MapRegion], used: Sequence[Used]) -> tuple[RegionUse, ...]:
    """The linker script's regions with what ld says that they hold."""
    known = {one.region: one for one in used}
    return tuple(
        RegionUse(one.name, one.origin, one.size, known[one.name].used)
        for one in mapped
        if one.name in known and one.size < WHOLE
    )


def change(before: Sequence[RegionUse], after: Sequence[RegionUse]) -> tuple[tuple[str, int], ...]:
    """By how many bytes each region has grown or shrunk, where it has."""
    old = {one.name: one.used for one in before}
    moved = ((one.name, one.used - old[one.name]) for one in after if one.name in old)
    return tuple((name, count) for name, count in moved if count)


def symbols(
    image: elf.Elf, areas: Sequence[RegionUse], files: dict[str, str], local: dict[str, list[tuple[str, ObjectFacts]]]
) -> tuple[Symbol, ...]:
    """The symbols of a linked image that take room. `files` leads from a global symbol to its source, `local` from an
    object's own name for its source (without folders) to the sources of that name with their objects."""
    found = []
    file = ""
    for one in image.symbols:
        if one.kind == elf.STT_FILE:
            file = one.name
            continue
        section = image.section_of(one)
        if section is None or not section.loaded or one.kind not in (elf.STT_FUNC, elf.STT_OBJECT):
            continue
        function = one.kind == elf.STT_FUNC
        address = one.value & ~1 if function else one.value
        source = _local_file(one.name, local.get(file, ())) if one.binding == elf.STB_LOCAL else files.get(one.name, "")
        found.append(Symbol(one.name, address, one.size, section.name, _region(address, areas), source, function))
    return tuple(found)


def sources_by_name(sources: Iterable[str], objects: Iterable[ObjectFacts]) -> dict[str, list[tuple[str, ObjectFacts]]]:
    """The sources by what their objects call them: gcc leaves the folders out."""
    found: dict[str, list[tuple[str, ObjectFacts]]] = {}
    for source, facts in zip(sources, objects, strict=True):
        found.setdefault(PurePath(source).name, []).append((source, facts))
    return found


def contributors(
    text: str, region: RegionUse, contents: Mapping[str, ObjectFacts] | None = None, limit: int = 5
) -> tuple[Contributor, ...]:
    """What takes most room in a region, by the map: at its address, or as what is copied from there at the start.

    `contents` are the objects of our own by path: of their sections each symbol counts for itself.
    """
    sizes: dict[tuple[str, str], int] = {}
    for one in link_map.placed(text):
        if one.output.startswith((".debug", ".comment", ".ARM.attributes")):
            continue
        copied = one.load >= 0 and not CLEARED.search(f"{one.output} {one.section}")
        if _within(one.address, region) or (copied and _within(one.load, region)):
            for name, size in _parts(one, (contents or {}).get(one.file)):
                sizes[name, one.file] = sizes.get((name, one.file), 0) + size
    largest = sorted(sizes.items(), key=lambda item: (-item[1], item[0]))[:limit]
    enough = largest[0][1] * WORTH_TELLING if largest else 0
    largest = [item for item in largest if item[1] >= enough]
    return tuple(Contributor(name, file, size) for (name, file), size in largest)


def _parts(one: link_map.Placed, facts: ObjectFacts | None) -> list[tuple[str, int]]:
    """(name, bytes) of what a placed section consists of: symbols with their sizes, else all of it by one name."""
    defined = facts.defined.values() if facts is not None else ()
    held = [(symbol.name, symbol.size) for symbol in defined if symbol.section == one.section and symbol.size]
    # Aliases (weak handlers) are several names of the same bytes.
    if held and sum(size for _, size in held) <= one.size:
        return held
    if member := MEMBER.search(one.file):
        return [(f"{member['member']} ({member['library']})", one.size)]
    return [(max(held, key=lambda pair: pair[1])[0] if held else named(one.section), one.size)]


def named(section: str) -> str:
    """The symbol that a section is of, or whose strings it holds, else the section."""
    match = SPLIT.match(section)
    if match is None:
        return section
    return f"{STRINGS}{match['symbol']}" if re.search(r"\.str\d", section) else match["symbol"]


def _within(address: int, region: RegionUse) -> bool:
    # What no longer fits goes on behind the region's end.
    return region.origin <= address < region.origin + max(region.size, region.used)


def _region(address: int, areas: Sequence[RegionUse]) -> str:
    return next((one.name for one in areas if one.origin <= address < one.origin + one.size), "")


def _local_file(name: str, candidates: Iterable[tuple[str, ObjectFacts]]) -> str:
    return next((source for source, facts in candidates if name in facts.defined), "")
