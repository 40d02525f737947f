"""The names that an undefined one may have been meant to be: of objects, archives and the headers that are included."""

from __future__ import annotations

import re
import struct
from collections.abc import Iterable, Sequence
from functools import lru_cache
from pathlib import Path

from signoff.verifiers.mcu.link import elf
from signoff.verifiers.mcu.link.object_facts import ObjectFacts
from signoff.verifiers.slips import near, slips

CALLED = re.compile(r"\b([A-Za-z_]\w{2,})[ \t]*\(")
HEADERS = (".h", ".hh", ".hpp", ".hxx", ".inc", ".inl")
MAX_HEADER_BYTES = 4_000_000
# Beyond so many letters more or fewer, a word is no slip of another.
MAX_LENGTH_DIFFERENCE = 2
SHOWN = 3
SHORT = 4
KEYWORDS = frozenset(
    ("if", "while", "for", "switch", "return", "sizeof", "defined", "define", "__attribute__", "typedef")
)


def defined(objects: Iterable[ObjectFacts]) -> frozenset[str]:
    """The symbols that other objects see."""
    return frozenset(one.name for facts in objects for one in facts.defined.values() if one.binding != elf.STB_LOCAL)


@lru_cache(maxsize=64)
def archive_symbols(path: str) -> frozenset[str]:
    """The symbols of an archive, from its own index ("/", System V). Empty where there is none."""
    try:
        with Path(path).open("rb") as file:
            head = file.read(8 + 60)
            if not head.startswith(b"!<arch>\n") or head[8:24].strip() != b"/":
                return frozenset()
            index = file.read(int(head[56:66]))
        (count,) = struct.unpack_from(">I", index)
        names = index[4 + 4 * count :].split(b"\0")[:count]
    except (OSError, ValueError, struct.error):
        return frozenset()
    return frozenset(name.decode("utf-8", "replace") for name in names)


def declared(headers: Iterable[str]) -> frozenset[str]:
    """What headers declare as functions, or define as macros with arguments."""
    return frozenset().union(*(_declared(path, _stamp(path)) for path in headers if path.lower().endswith(HEADERS)))


@lru_cache(maxsize=2000)
def _declared(path: str, stamp: tuple[int, int]) -> frozenset[str]:
    if not 0 < stamp[1] <= MAX_HEADER_BYTES:
        return frozenset()
    try:
        text = Path(path).read_text("utf-8", "replace")
    except OSError:
        return frozenset()
    return frozenset(CALLED.findall(text)) - KEYWORDS


def _stamp(path: str) -> tuple[int, int]:
    try:
        stat = Path(path).stat()
    except OSError:
        return 0, 0
    return stat.st_mtime_ns, stat.st_size


def nearest(name: str, pools: Sequence[frozenset[str]]) -> tuple[str, ...]:
    """The names nearest to one, at most SHOWN, the best first; of two alike that of the earlier pool."""
    found: dict[str, tuple[int, int]] = {}
    for rank, pool in enumerate(pools):
        similar = [one for one in pool if one != name and _similar(name, one)]
        for one in (*_spelt_otherwise(name, similar), *near(name, similar, limit=8)):
            found.setdefault(one, (slips(name.casefold(), one.casefold()), rank))
    best = min((distance for distance, _ in found.values()), default=0)
    nearest_ones = (one for one in found if found[one][0] == best)
    return tuple(sorted(nearest_ones, key=lambda one: (*found[one], one)))[:SHOWN]


def _similar(name: str, other: str) -> bool:
    """A quick look, as thousands of names are compared."""
    if abs(len(name) - len(other)) > MAX_LENGTH_DIFFERENCE:
        return False
    if len(name) <= SHORT:
        # A slip in the middle changes both ends: main and mian, CCM and CMM.
        return name[:1].casefold() == other[:1].casefold()
    return name[:3].casefold() == other[:3].casefold() or name[-3:].casefold() == other[-3:].casefold()


def _spelt_otherwise(name: str, names: Iterable[str]) -> list[str]:
    """Those that differ in capitals and underscores only."""
    plain = name.replace("_", "").casefold()
    return [one for one in names if one.replace("_", "").casefold() == plain]
