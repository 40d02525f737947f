"""gcc's call graph of one unit (-fcallgraph-info=su,da): each function's frame and whom it calls. Pure.

Format: https://gcc.gnu.org/onlinedocs/gcc/Developer-Options.html, "-fcallgraph-info" (VCG; gcc 10 and later).
"""

from __future__ import annotations

import re
from dataclasses import dataclass

NODE = re.compile(r'^node: \{ title: "(?P<title>[^"]+)" label: "(?P<label>[^"]*)"', re.MULTILINE)
EDGE = re.compile(r'^edge: \{ sourcename: "(?P<source>[^"]+)" targetname: "(?P<target>[^"]+)"', re.MULTILINE)
FRAME = re.compile(r"^(?P<bytes>\d+) bytes \((?P<how>[^)]+)\)$")
PLACE = re.compile(r"^(?P<path>.+):(?P<line>\d+):\d+$")
INDIRECT = "__indirect_call"


@dataclass(frozen=True, slots=True)
class Frame:
    """One function of a unit, by its symbol's name: `bytes` of stack without its callees, and the symbols it calls.

    `bounded` is False for a frame that only the run decides; INDIRECT among `calls` is a call through a pointer.
    """

    name: str
    path: str
    line: int
    bytes: int
    bounded: bool = True
    calls: tuple[str, ...] = ()


def parse(text: str) -> tuple[Frame, ...]:
    """The functions that the unit defines."""
    calls: dict[str, dict[str, None]] = {}
    for match in EDGE.finditer(text):
        calls.setdefault(match["source"], {})[_symbol(match["target"])] = None
    found = []
    for match in NODE.finditer(text):
        one = _frame(match["title"], match["label"].split("\\n"), tuple(calls.get(match["title"], ())))
        if one is not None:
            found.append(one)
    return tuple(found)


def _symbol(title: str) -> str:
    """A static function's title has its file in front."""
    return title.rpartition(":")[2]


def _frame(title: str, label: list[str], calls: tuple[str, ...]) -> Frame | None:
    """None for a function that is only called here."""
    frame = next(filter(None, map(FRAME.match, label)), None)
    place = next(filter(None, map(PLACE.match, label)), None)
    if frame is None:
        return None
    path, line = (place["path"], int(place["line"]) - 1) if place else ("", 0)
    bounded = frame["how"] == "static" or "bounded" in frame["how"]
    return Frame(_symbol(title), path, line, int(frame["bytes"]), bounded, calls)
