"""Functions of a document that need nothing of what its unit lacks, told by what a front end said of the whole unit.

Headers that nobody has were taken for empty. What is wrong in a declaration may come of that; the names that it
declares may then stand for anything, and so may those of every declaration that uses one of them. In a function without
an error and without such a name, every name is one that is really there. Needs tree-sitter, so it belongs into a worker
process.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import lru_cache

from signoff.verifiers.gpu.compile import blank, compile_job
from signoff.verifiers.gpu.compile.blank import Kind, Region
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LINE_END

ENGINE_TARGET = "signoff.verifiers.gpu.compile.front_whole:WholeEngine"
# (file, line from 1) of an error, or of where the user's code led to it.
Place = tuple[str, int]
_COMMENT = re.compile(r'"(?:[^"\\\n]|\\.)*"|//[^\n]*|/\*.*?\*/', re.DOTALL)
_WORD = re.compile(r"[A-Za-z_]\w*")
# What any text has.
_WORDS = "operator const int float double void return if for template typename auto static"
_COMMON = frozenset(_WORDS.split())


@dataclass(frozen=True, slots=True)
class _Piece:
    """One declaration or macro: its lines (from 0), the words in it, what it declares, whether it is a function."""

    path: str
    first: int
    last: int
    words: frozenset[str]
    names: frozenset[str]
    function: bool = False


class WholeEngine:
    """The engine class of workers.py."""

    def whole(
        self, snapshot: Snapshot, project: Project, errors: Sequence[tuple[Place, ...]]
    ) -> tuple[tuple[int, int], ...]:
        """The lines (first and last, from 0) of the document's functions that are whole.

        Each error comes with all places that it may be about, of which one at least must be known. Raises NoUnit.
        """
        work = compile_job.job(snapshot, project, alone=True)
        texts = {path: LINE_END.sub("\n", text) for path, text in work.found.items()}
        marks = blank.device_words(texts.values())
        pieces = [piece for path, text in texts.items() for piece in _pieces(path, text, marks)]
        hurt = [_at(pieces, places) for places in errors]
        if not all(hurt):
            return ()  # what is not known may be anything
        spoilt = _spread(pieces, {piece for some in hurt for piece in some})
        inside = [(one.path, one.first, one.last) for one in spoilt if not one.function]
        return tuple(
            (one.first, one.last)
            for one in pieces
            if one.function and one.path == work.document and one not in spoilt and not _within(one, inside)
        )


def _at(pieces: Iterable[_Piece], places: Iterable[Place]) -> list[_Piece]:
    """The declarations of the lines that an error is about; those around them, too."""
    wanted = set(places)
    return [
        piece
        for piece in pieces
        if any(path == piece.path and piece.first <= line - 1 <= piece.last for path, line in wanted)
    ]


def _spread(pieces: Sequence[_Piece], hurt: set[_Piece]) -> set[_Piece]:
    """Those that are wrong or doubtful themselves, and those that use what they declare."""
    names = {name for piece in hurt for name in piece.names} - _COMMON
    left = [piece for piece in pieces if piece not in hurt]
    while more := [piece for piece in left if not names.isdisjoint(piece.words)]:
        hurt.update(more)
        names.update(*(piece.names - _COMMON for piece in more))
        left = [piece for piece in left if piece not in hurt]
    return hurt


def _within(one: _Piece, stretches: Iterable[tuple[str, int, int]]) -> bool:
    """Whether it is a member of something doubtful: what that has from its bases is not known."""
    return any(path == one.path and first <= one.first and one.last <= last for path, first, last in stretches)


@lru_cache(maxsize=256)
def _pieces(path: str, text: str, marks: frozenset[str]) -> tuple[_Piece, ...]:
    data = text.encode("utf-8", "replace")
    found = [_piece(path, data, region) for region in blank.regions(text, marks)]
    return (*found, *_macros(path, text))


def _piece(path: str, data: bytes, region: Region) -> _Piece:
    text = data[region.start : region.end].decode("utf-8", "replace")
    function = region.body < region.end and region.kind in (Kind.DEVICE, Kind.HOST, Kind.OTHER)
    first = data.count(b"\n", 0, region.start)
    last = first + text.count("\n")
    return _Piece(path, first, last, _words(text), region.names, function)


def _macros(path: str, text: str) -> Iterator[_Piece]:
    for match in blank.DEFINE.finditer(text):
        first = text.count("\n", 0, match.start())
        last = first + match[0].count("\n")
        yield _Piece(path, first, last, _words(match[2]), frozenset((match[1],)))


def _words(text: str) -> frozenset[str]:
    return frozenset(_WORD.findall(_COMMENT.sub(" ", text)))
