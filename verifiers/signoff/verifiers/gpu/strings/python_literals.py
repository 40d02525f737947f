"""Python string literals as pieces of a text, each of which knows the place in the document that it comes from."""

from __future__ import annotations

import codecs
import re
from bisect import bisect_right
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from signoff.verifiers.finding import Span
from signoff.verifiers.text import LineIndex

# One token of a string literal: prefix, opening quotes, body. Bytes and f-strings are not texts that are known.
LITERAL = re.compile(
    r"(?P<prefix>[A-Za-z]{0,2})(?:(?P<long>'''|\"\"\")(?P<body>(?:[^\\]|\\[\s\S])*?)(?P=long)"
    r"|(?P<short>['\"])(?P<line>(?:(?!(?P=short))[^\\\r\n]|\\(?:\r\n|[\s\S]))*)(?P=short))"
)
BETWEEN = re.compile(r"(?:[ \t\f\r\n]|\\\r?\n|#[^\r\n]*)*")
RAW_SPECIAL = re.compile(r"\r\n?")
SPECIAL = re.compile(r"\\(?:\r\n|[0-7]{1,3}|x[0-9a-fA-F]{2}|u[0-9a-fA-F]{4}|U[0-9a-fA-F]{8}|N\{[^}]*\}|[\s\S])|\r\n?")
KNOWN_ESCAPES = frozenset("\\'\"abfnrtv01234567xuUN")


@dataclass(frozen=True, slots=True)
class Piece:
    """A stretch of text and where the document has it; `start` and `source` are offsets in code points.

    Where the document's stretch is as long as the text, characters stand for each other one by one; else (an escape,
    a line end of two characters) the piece is one whole.
    """

    text: str
    source: int
    source_length: int
    start: int = 0

    @property
    def source_end(self) -> int:
        """The offset just behind the document's stretch."""
        return self.source + self.source_length

    def before(self, offset: int) -> int:
        """Where in the document the character at `offset` of the text begins."""
        inside = offset - self.start
        if len(self.text) == self.source_length:
            return self.source + inside
        return self.source if inside < len(self.text) else self.source_end

    def after(self, offset: int) -> int:
        """Where in the document the character at `offset` of the text ends."""
        return self.before(offset) + 1 if len(self.text) == self.source_length else self.source_end


class PlacedText:
    """A text put together from pieces; tells for each place in it the one in the document."""

    __slots__ = ("_document", "_index", "_pieces", "_starts", "text")

    def __init__(self, pieces: Sequence[Piece], document: LineIndex) -> None:
        placed: list[Piece] = []
        at = 0
        for piece in pieces:
            if piece.text:
                placed.append(Piece(piece.text, piece.source, piece.source_length, at))
                at += len(piece.text)
        self.text = "".join(piece.text for piece in placed)
        self._pieces, self._starts = placed, [piece.start for piece in placed]
        self._document, self._index = document, LineIndex(self.text)

    def span(self, span: Span) -> Span:
        """The document's span of a span of this text."""
        start, end = self._index.offsets(span)
        first = self._piece(start)
        if first is None:
            return Span(0, 0, 0, 0)
        begin = first.before(start)
        last = self._piece(end - 1) if end > start else None
        finish = last.after(end - 1) if last else begin
        # Pieces may stand in any order in the document: then the place is shown where it begins.
        return self._document.span(begin, finish if finish >= begin else first.source_end)

    def holds(self, offset: int) -> bool:
        """Whether the character at an offset of the document belongs to this text."""
        return any(piece.source <= offset < piece.source_end for piece in self._pieces)

    def _piece(self, offset: int) -> Piece | None:
        return self._pieces[max(bisect_right(self._starts, offset) - 1, 0)] if self._pieces else None

    @property
    def first_line(self) -> Span:
        """The document's span of the first line that is not blank."""
        shown = re.search(r"[^\s][^\n]*", self.text)
        line, column = self._index.position(shown.start() if shown else 0)
        return self.span(Span(line, column, line, len(self._index.line(line))))


def pieces(source: str, start: int, end: int) -> tuple[Piece, ...] | None:
    """The pieces of the literals between two offsets (implicit concatenation included); None where one is no text."""
    found: list[Piece] = []
    at = _skip(source, start)
    while at < end:
        literal = LITERAL.match(source, at)
        if literal is None or literal.end() > end or set(literal["prefix"].lower()) - {"r", "u"}:
            return None
        group = "body" if literal["long"] else "line"
        found += _decoded(source, literal.start(group), literal.end(group), raw="r" in literal["prefix"].lower())
        at = _skip(source, literal.end())
    return tuple(found)


def _skip(source: str, at: int) -> int:
    between = BETWEEN.match(source, at)
    return between.end() if between else at


def _decoded(source: str, start: int, end: int, *, raw: bool) -> Iterator[Piece]:
    at = start
    for special in (RAW_SPECIAL if raw else SPECIAL).finditer(source, start, end):
        text = _character(special[0])
        if text == special[0]:
            continue
        if special.start() > at:
            yield Piece(source[at : special.start()], at, special.start() - at)
        yield Piece(text, special.start(), len(special[0]))
        at = special.end()
    if end > at:
        yield Piece(source[at:end], at, end - at)


def _character(special: str) -> str:
    """What a special sequence stands for; an escape that Python does not know stands for itself."""
    if special[0] == "\r":
        return "\n"
    if special[1] in "\r\n":
        return ""
    if special[1] not in KNOWN_ESCAPES:
        return special
    try:
        return codecs.decode(special.encode("ascii"), "unicode_escape")
    except ValueError:
        return special
