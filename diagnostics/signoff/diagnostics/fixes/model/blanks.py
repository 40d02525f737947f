"""The holes that masks leave in a text, and what a model's texts become there. Pure.

All that a model reads ends with the line's beginning, and what follows the line is read before that: so a model that
keeps what it has read reads the next mask of the same line in no time. The rest of the line it does not see. Where what
it writes comes to that, it is cut off.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace

from signoff.completion import candidates, nesting
from signoff.completion.context import Hole, hole_at
from signoff.diagnostics.fixes.model import ground
from signoff.diagnostics.fixes.model.ground import Piece
from signoff.diagnostics.fixes.model.masks import Kind, Mask
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.text import line_index

# Tokens beyond what the masked text takes; and what a statement may take at most.
MORE_TOKENS, MOST_TOKENS = 24, 160
# So many tokens in a row are what follows the mask.
REJOINED = 2
# Code that a text has more than what it takes the place of, in tokens: a model that goes on writes another design.
GROWTH = 8


@dataclass(frozen=True, slots=True)
class Blank:
    """A mask, the hole that is asked for (it lacks the rest of the line), and `tail`, the code of that rest."""

    mask: Mask
    hole: Hole
    tail: str

    @property
    def tokens(self) -> int:
        """How many tokens a model may write there."""
        return min((self.mask.end - self.mask.start + len(self.tail)) // 2 + MORE_TOKENS, MOST_TOKENS)


def blank(fault: Fault, mask: Mask) -> Blank | None:
    """What a mask leaves; None inside comments and strings, where nothing is filled in."""
    text = fault.snapshot.text
    index = line_index(text)
    end = index.line_end(index.position(mask.end)[0])
    tail = _code(text[mask.end : end], fault.snapshot.language)
    hole = hole_at(replace(fault.snapshot, text=text[: mask.start] + text[end:]), *index.position(mask.start))
    if hole is None:
        return None
    if mask.kind is not Kind.STATEMENT:
        hole = replace(hole, block=False, single=False, statement=False)
    return Blank(mask, hole, tail)


def variants(texts: Iterable[str], place: Blank, whole: str) -> tuple[tuple[Piece, ...], ...]:
    """What each of the texts becomes in `whole`, in every way in which it fits, what changes least first.

    `texts` come in the order of their likelihood, which decides between equals.
    """
    found = [_sorted(_fitting(text, place), place, whole) for text in texts]
    return tuple(sorted(filter(None, found), key=lambda ways: _change(ways[0], place, whole).total()))


def _sorted(ways: Iterable[Piece], place: Blank, whole: str) -> tuple[Piece, ...]:
    """Those that change something, and do not add a design of their own."""
    sizes = {piece: _change(piece, place, whole).total() for piece in ways}
    kept = (piece for piece, size in sizes.items() if size > 0 and _growth(piece, place, whole) <= GROWTH)
    return tuple(sorted(kept, key=lambda piece: sizes[piece]))


def _fitting(text: str, place: Blank) -> Iterator[Piece]:
    """A text in the mask, up to what follows; as far as it goes; and of one name only the first."""
    start, end, language = place.mask.start, place.mask.end, place.hole.language
    tokens = [token for token in ground.tokens(text, language) if token.kind not in ground.KEPT_KINDS]
    tail = [token.text for token in ground.tokens(place.tail, language)]
    if not tokens:
        return
    if place.mask.kind is Kind.GAP:
        if said := _punctuation(tokens):
            yield Piece(start, end, said)
        return
    if place.mask.kind is Kind.POINTED and place.mask.single and _says(tokens[0]):
        yield Piece(start, end, tokens[0].text)
    if tail and (cut := _rejoins(tokens, tail)) > 0:
        yield Piece(start, end, text[tokens[0].start : tokens[cut - 1].end])
    ends = candidates.boundaries(text, language) if language not in nesting.PYTHON else []
    stop = ends[0] if ends else tokens[-1].end
    said = text[tokens[0].start : stop]
    if place.mask.kind is Kind.STATEMENT:
        yield Piece(start, end, said)
        return
    # Up to the end of the line; what ends the statement is often left out.
    closed = ";" if place.tail.endswith(";") and not said.endswith(";") else ""
    yield Piece(start, end + len(place.tail), said + closed)


def _rejoins(tokens: Sequence[Token], tail: Sequence[str]) -> int:
    """The first token with which the text says what follows the mask, outside of brackets of its own; 0 for none."""
    depth, wanted = 0, list(tail[:REJOINED])
    for number, token in enumerate(tokens):
        if depth == 0 and [one.text for one in tokens[number : number + len(wanted)]] == wanted:
            return number
        depth += (token.text in ("(", "[", "{")) - (token.text in (")", "]", "}"))
        if depth < 0:
            return number
    return 0


def _punctuation(tokens: Sequence[Token]) -> str:
    """What a text begins with before any name or number; of one that begins with such, how it ends its statement."""
    lead = []
    for token in tokens:
        if _says(token):
            break
        lead.append(token.text)
    return "".join(lead) or (tokens[-1].text if tokens[-1].text in (";", ")", ",", "]", "}") else "")


def _says(token: Token) -> bool:
    return token.kind in ("word", "number")


def _change(piece: Piece, place: Blank, whole: str) -> Counter[str]:
    """The tokens that come or go."""
    was, now = _counted(whole[piece.start : piece.end], place), _counted(piece.text, place)
    return (was - now) + (now - was)


def _growth(piece: Piece, place: Blank, whole: str) -> int:
    was, now = _counted(whole[piece.start : piece.end], place), _counted(piece.text, place)
    return now.total() - was.total()


def _counted(text: str, place: Blank) -> Counter[str]:
    return Counter(token.text for token in ground.tokens(text, place.hole.language))


def _code(text: str, language: str) -> str:
    """The text up to a comment, without blanks at its end."""
    comment = next((token.start for token in ground.tokens(text, language) if token.kind == "comment"), len(text))
    return text[:comment].rstrip()
