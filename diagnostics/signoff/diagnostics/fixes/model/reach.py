"""How far an edit of a model's may reach. The guards let a rule replace what its finding names, as it knows what it
does; a model that does not know writes another assignment in its place. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence

from signoff.diagnostics.fixes.model import ground
from signoff.diagnostics.fixes.model.ground import Piece
from signoff.diagnostics.fixes.model.masks import ASSIGNS
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.source import Token
from signoff.verifiers.text import LineIndex

_OPENED, _CLOSED = frozenset("([{"), frozenset(")]}")


def overreach(fault: Fault, pieces: Iterable[Piece]) -> str:
    """What an edit of a model's does that no fix of one finding does, for a person and the model; "" for nothing.

    A name that stands elsewhere too is no slip: what is assigned to it stays assigned. A number is mended by a number.
    Where a name goes that the finding names, no other goes with it.
    """
    text, language = fault.snapshot.text, fault.snapshot.language
    old, new = (ground.tokens(part, language) for part in _lines(text, pieces))
    lost, gained = _words(old) - _words(new), _words(new) - _words(old)
    targets = Counter(_targets(old)) - Counter(_targets(new))
    if kept := [name for name in targets if _count(name, text) > 1]:
        return f"no longer assigns '{kept[0]}'"
    if _total(lost, "number") > _total(gained, "number"):
        return "puts something else in place of a number"
    named = ground.named(fault, LineIndex(text))
    names = [word for kind, word in lost if kind == "word"]
    if any(word in named for word in names) and (others := [word for _, word in lost if word not in named]):
        return f"also replaces '{others[0]}', which the finding does not name"
    return ""


def _lines(text: str, pieces: Iterable[Piece]) -> tuple[str, str]:
    """The changed lines before and after, from the first to the last."""
    ordered = sorted(pieces, key=lambda piece: piece.start)
    index = LineIndex(text)
    if not ordered:
        return "", ""
    start = index.starts[index.position(ordered[0].start)[0]]
    end = index.line_end(index.position(max(piece.end for piece in ordered))[0])
    parts, at = [], start
    for piece in ordered:
        parts += [text[at : piece.start], piece.text]
        at = piece.end
    return text[start:end], "".join((*parts, text[at:end]))


def _words(tokens: Iterable[Token]) -> Counter[tuple[str, str]]:
    return Counter((one.kind, one.text) for one in tokens if one.kind in ("word", "number"))


def _total(counts: Counter[tuple[str, str]], kind: str) -> int:
    return sum(count for (one, _), count in counts.items() if one == kind)


def _count(name: str, text: str) -> int:
    return len(re.findall(rf"(?<![\w$]){re.escape(name)}(?![\w$])", text))


def _targets(tokens: Sequence[Token]) -> Iterator[str]:
    """The names that are assigned to: before the operator, outside of brackets that do not hold targets themselves."""
    depth = 0
    for number, token in enumerate(tokens):
        depth += (token.text in _OPENED) - (token.text in _CLOSED)
        if depth == 0 and token.text in ASSIGNS:
            yield from _before(tokens, number - 1)


def _before(tokens: Sequence[Token], number: int) -> Iterator[str]:
    while number >= 0 and tokens[number].text == "]":
        number = _opening(tokens, number) - 1
    if number >= 0 and tokens[number].text == "}":
        first = _opening(tokens, number)
        yield from (one.text for one in tokens[first:number] if one.kind == "word")
    elif number >= 0 and tokens[number].kind == "word":
        yield tokens[number].text


def _opening(tokens: Sequence[Token], number: int) -> int:
    depth = 0
    for at in range(number, -1, -1):
        depth += (tokens[at].text in _CLOSED) - (tokens[at].text in _OPENED)
        if depth == 0:
            return at
    return 0
