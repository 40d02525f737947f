"""The linker's map: memory regions, and which section of which object lies where or was thrown away. Pure.

Format: sourceware.org/binutils/docs/ld/Options.html (-M), as ld 2.30 to 2.43 write it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

CONFIGURATION, DISCARDED, PLACED = "Memory Configuration", "Discarded input sections", "Linker script and memory map"
REGION = re.compile(r"^(\S+) +0x([0-9a-fA-F]+) +0x([0-9a-fA-F]+)(?: +[a-z!]+)?$")
# " .text.main     0x08000000       0x24 big.o"; a long name has a line of its own.
ENTRY = re.compile(
    r"^ (?P<name>\.?[\w.$*/<>:-]+)?(?:\n)? +0x(?P<address>[0-9a-fA-F]+) +0x(?P<size>[0-9a-fA-F]+) (?P<file>\S.*)$",
    re.MULTILINE,
)
# ".data           0x20000000     0x1f40 load address 0x08002358"
OUTPUT = re.compile(
    r"^(?P<name>\.?[A-Za-z_][\w.]*)\s+0x(?P<address>[0-9a-fA-F]+) +0x(?P<size>[0-9a-fA-F]+)"
    r"(?: load address 0x(?P<load>[0-9a-fA-F]+))?$",
    re.MULTILINE,
)
PULLED = re.compile(r"^(?P<member>\S.*\))\s+(?P<by>\S.*?) \((?P<symbol>[^()]+(?:\([^()]*\))?)\)$", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class MapRegion:
    """One memory region of the linker script."""

    name: str
    origin: int
    size: int


@dataclass(frozen=True, slots=True)
class Placed:
    """One section of one object (`file`: a path, or an archive with its member in parentheses) in the image."""

    section: str
    address: int
    size: int
    file: str
    output: str = ""
    load: int = -1


def regions(text: str) -> tuple[MapRegion, ...]:
    """The memory regions, without the linker's own for what is nowhere else."""
    _, _, rest = text.partition(f"{CONFIGURATION}\n")
    table = rest.partition(f"\n{PLACED}")[0]
    matches = filter(None, map(REGION.match, table.splitlines()))
    return tuple(MapRegion(one[1], int(one[2], 16), int(one[3], 16)) for one in matches if one[1] != "*default*")


def discarded(text: str) -> Iterator[tuple[str, str]]:
    """(section, file) of what --gc-sections or the script threw away and was not empty."""
    table = text.partition(f"{DISCARDED}\n")[2].partition(f"\n{CONFIGURATION}")[0]
    for match in ENTRY.finditer(table):
        if match["name"] and int(match["size"], 16):
            yield match["name"], match["file"]


def placed(text: str) -> Iterator[Placed]:
    """What lies in the image, in order, with the output section it is part of."""
    body = text.partition(f"\n{PLACED}\n")[2]
    outputs = [
        (one.start(), one["name"], int(one["address"], 16), int(one["load"], 16) if one["load"] else -1)
        for one in OUTPUT.finditer(body)
    ]
    at = -1
    for match in ENTRY.finditer(body):
        while at + 1 < len(outputs) and outputs[at + 1][0] < match.start():
            at += 1
        size, address = int(match["size"], 16), int(match["address"], 16)
        if size and at >= 0:
            _, output, begin, load = outputs[at]
            own = load + address - begin if load >= 0 else -1
            yield Placed(match["name"] or "", address, size, match["file"], output, own)


def pulled_in(text: str) -> dict[str, tuple[str, str]]:
    """For each archive member in the image, the file and its symbol for whose sake it was taken."""
    table = text.partition("Archive member included")[2].partition("\n\n")[2]
    table = table.partition(f"{DISCARDED}\n")[0].partition(f"{CONFIGURATION}\n")[0]
    return {match["member"]: (match["by"], match["symbol"]) for match in PULLED.finditer(table)}


def archives(text: str) -> tuple[str, ...]:
    """The archives that were looked into."""
    return tuple(dict.fromkeys(re.findall(r"^LOAD (.+\.a)$", text, re.MULTILINE)))
