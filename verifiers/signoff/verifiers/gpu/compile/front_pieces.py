"""The declarations and macros of a text, each with the names that it uses and those that it declares.

Needs tree-sitter, so it belongs into a worker process.
"""

from __future__ import annotations

import re
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache, lru_cache

from tree_sitter import Node, Query, QueryCursor

from signoff.verifiers.gpu.compile import blank
from signoff.verifiers.gpu.compile.blank import Region
from signoff.verifiers.gpu.values.parsing import language
from signoff.verifiers.gpu.values.source import Source, declared_name

_WORD = re.compile(r"[A-Za-z_]\w*")
# Words that a grammar does not take for keywords are the names of something.
_USED = """
[(identifier) (field_identifier) (type_identifier) (namespace_identifier) (auto) "decltype" "constexpr" "consteval"]
@used
(preproc_arg) @text
"""
_LOCAL = """
(parameter_declaration declarator: (_) @local)
(optional_parameter_declaration declarator: (_) @local)
(declaration declarator: (_) @local)
(for_range_loop declarator: (_) @local)
(type_parameter_declaration (type_identifier) @local)
"""


@dataclass(frozen=True, slots=True, eq=False)
class Piece:
    """One declaration or macro. Lines count from 0, offsets are bytes.

    `head` are the names used in front of line `body`, where a function's body begins, `inner` those within, which the
    function itself does not declare. For anything but a function `body` is behind its last line.
    """

    path: str
    start: int
    end: int
    first: int
    body: int
    last: int
    head: frozenset[str]
    inner: frozenset[str]
    names: frozenset[str]

    @property
    def function(self) -> bool:
        """Whether it is a function with a body."""
        return self.body <= self.last


@lru_cache(maxsize=256)
def pieces(path: str, text: str, marks: frozenset[str]) -> tuple[Piece, ...]:
    """All of a text (line ends "\\n"); `marks` as in blank.regions()."""
    source = Source(path, text)
    found = blank.regions_of(source, marks)
    names = _Names(source)
    return (*(_piece(path, source.data, one, found, names) for one in found), *_macros(path, text))


class _Names:
    """Which names a text uses where, and which its functions declare for themselves."""

    def __init__(self, source: Source) -> None:
        captured = QueryCursor(_query(_USED)).captures(source.root)
        used = [(node.start_byte, source.of(node)) for node in captured.get("used", ())]
        for node in captured.get("text", ()):
            used += ((node.start_byte, word) for word in _WORD.findall(source.of(node)))
        self.used = sorted(used)
        self.local = sorted(_locals(source))

    def between(self, start: int, end: int) -> frozenset[str]:
        """The names used from one offset to another."""
        return frozenset(name for at, name in _slice(self.used, start, end))

    def own(self, start: int, end: int) -> frozenset[str]:
        """The names declared for parameters and variables there."""
        return frozenset(name for at, name in _slice(self.local, start, end))


def _locals(source: Source) -> Iterator[tuple[int, str]]:
    for node in QueryCursor(_query(_LOCAL)).captures(source.root).get("local", ()):
        leaf: Node | None = node if node.type == "type_identifier" else declared_name(node)
        if leaf is not None and leaf.type != "field_identifier":
            yield leaf.start_byte, source.of(leaf)


def _slice(rows: list[tuple[int, str]], start: int, end: int) -> list[tuple[int, str]]:
    return rows[bisect_left(rows, (start, "")) : bisect_left(rows, (end, ""))]


def _piece(path: str, data: bytes, region: Region, found: tuple[Region, ...], names: _Names) -> Piece:
    first, last = (data.count(b"\n", 0, at) for at in (region.start, region.end))
    if region.body < region.end:
        own = names.own(region.start, region.end)
        head = names.between(region.start, region.body) - (own - region.names)
        inner = names.between(region.body, region.end) - own
        body = data.count(b"\n", 0, region.body)
        return Piece(path, region.start, region.end, first, body, last, head, inner, region.names)
    # What its members use and declare is theirs.
    head, declared, at = frozenset[str](), region.names, region.start
    for one in found:
        if one is not region and at <= one.start and one.end <= region.end:
            head |= names.between(at, one.start)
            declared -= one.names
            at = one.end
    head |= names.between(at, region.end)
    return Piece(path, region.start, region.end, first, last + 1, last, head, frozenset(), declared)


def _macros(path: str, text: str) -> Iterator[Piece]:
    for match in blank.DEFINE.finditer(text):
        first = text.count("\n", 0, match.start())
        last = first + match[0].count("\n")
        start, end = (len(text[: match.start()].encode("utf-8", "replace")), 0)
        words = frozenset(_WORD.findall(match[2]))
        yield Piece(path, start, end, first, last + 1, last, words, frozenset(), frozenset((match[1],)))


@cache
def _query(text: str) -> Query:
    return Query(language(), text)
