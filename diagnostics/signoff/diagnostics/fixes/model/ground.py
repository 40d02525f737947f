"""What the proposers that ask a model share: the tokens of a language, a candidate from changed stretches of text."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from signoff.completion import nesting
from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.gpu import tokens as c_tokens
from signoff.diagnostics.fixes.gpu.guard import scan_python
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.source import Source, Token, quoted, scan
from signoff.verifiers.finding import Severity
from signoff.verifiers.text import LineIndex, common, common_end

LANGUAGES = nesting.VERILOG | nesting.C_LIKE | nesting.PYTHON
# Characters of a document; of more nothing is ever asked of a model.
LONGEST = 2_000_000
# Of what the finding does not name an edit may put another in place of one name or number, and of so many operators:
# more is another design, not a fix. (A 0.5B model that was let replace three numbers wrote a concatenation of its own.)
NAMES, OPERATORS = 1, 2
SHOWN = 60
KEPT_KINDS = frozenset(("comment", "directive", "string", "attribute"))


@dataclass(frozen=True, slots=True)
class Piece:
    """`text` takes the place of the offsets from `start` up to `end`."""

    start: int
    end: int
    text: str


def mendable(fault: Fault) -> bool:
    """Whether a model may be asked about a fault: one that matters, in a language and a text that it can read."""
    grave = fault.finding.severity <= Severity.WARNING
    return grave and fault.snapshot.language in LANGUAGES and len(fault.snapshot.text) <= LONGEST


def tokens(text: str, language: str) -> list[Token]:
    """All tokens of a text, its comments included; no fault in it stops that."""
    if language in nesting.VERILOG:
        return scan(text)
    return scan_python(text) if language in nesting.PYTHON else c_tokens.scan(text)


def source(text: str, language: str) -> Source:
    """The same, to be looked up by offsets."""
    return Source(text, tokens(text, language))


def candidate(
    fault: Fault, pieces: Sequence[Piece], proposer: str, model: str, rounds: int, title: str = ""
) -> FixCandidate | None:
    """The changes as a candidate with the smallest edits; None where they change nothing.

    What it says to replace are the tokens that go where the finding names them, and a few others: the guards refuse
    the rest.
    """
    index = LineIndex(fault.snapshot.text)
    made = [one for piece in sorted(pieces, key=lambda one: one.start) if (one := smallest(index.text, piece))]
    if not made:
        return None
    edits = tuple(replacement(index, one.start, one.end, one.text) for one in made)
    replaces = _replaced(fault, made, index)
    return FixCandidate(
        title or titled(index, made),
        edits,
        proposer,
        fault.finding,
        replaces=replaces,
        proposer=proposer,
        rounds=rounds,
        model=_short(model),  # a server may call it anything
    )


def smallest(text: str, piece: Piece) -> Piece | None:
    """The same change without what stays at either end; None where all stays. Never within a line's end."""
    old, new = text[piece.start : piece.end], piece.text
    if old == new:
        return None
    start = common(old, new)
    end = common_end(old[start:], new[start:])
    if start and (old[start - 1 : start + 1] == "\r\n" or new[start - 1 : start + 1] == "\r\n"):
        start -= 1
    if end and "\r\n" in (old[len(old) - end - 1 :][:2], new[len(new) - end - 1 :][:2]):
        end -= 1
    return Piece(piece.start + start, piece.end - end, new[start : len(new) - end])


def titled(index: LineIndex, pieces: Sequence[Piece]) -> str:
    """What the change does, in one line: "Replace 'a' by 'b' on line 3"."""
    if len(pieces) > 1:
        lines = sorted({index.position(piece.start)[0] + 1 for piece in pieces})
        return f"Change lines {', '.join(map(str, lines))}"
    piece = _widened(index.text, pieces[0])
    old, new = _short(index.text[piece.start : piece.end]), _short(piece.text)
    line = index.position(piece.start)[0] + 1
    if not old:
        return f"Insert '{new}' on line {line}"
    return f"Replace '{old}' by '{new}' on line {line}" if new else f"Take '{old}' away on line {line}"


def _short(text: str) -> str:
    text = " ".join(text.split())
    return text if len(text) <= SHOWN else f"{text[: SHOWN - 3]}..."


def _widened(text: str, piece: Piece) -> Piece:
    """With the rest of the words that the change begins and ends in: nobody reads "Replace 'ut' by 'tu'"."""
    start, end = piece.start, piece.end
    while start and _word(text[start - 1]) and (_word(text[start : start + 1]) or _word(piece.text[:1])):
        start -= 1
    while end < len(text) and _word(text[end]) and (_word(text[end - 1 : end]) or _word(piece.text[-1:])):
        end += 1
    return Piece(start, end, text[start : piece.start] + piece.text + text[piece.end : end])


def _word(letter: str) -> bool:
    return letter.isalnum() or letter in ("_", "$") if letter else False


def _replaced(fault: Fault, pieces: Iterable[Piece], index: LineIndex) -> tuple[str, ...]:
    """The tokens that go, of those that may."""
    lost = Counter[str]()
    for piece in pieces:
        # Whole lines: half of a literal is another token.
        start = index.starts[index.position(piece.start)[0]]
        end = index.line_end(index.position(piece.end)[0])
        new = index.text[start : piece.start] + piece.text + index.text[piece.end : end]
        lost += _code(index.text[start:end], fault) - _code(new, fault)
    names_said = named(fault, index)
    unnamed = Counter({word: count for word, count in lost.items() if word not in names_said})
    names = Counter({word: count for word, count in unnamed.items() if _word(word[0])})
    few = names.total() <= NAMES and (unnamed - names).total() <= OPERATORS
    return tuple(word for word in lost if few or word in names_said)


def _code(text: str, fault: Fault) -> Counter[str]:
    return Counter(one.text for one in tokens(text, fault.snapshot.language) if one.kind not in KEPT_KINDS)


def named(fault: Fault, index: LineIndex) -> set[str]:
    """The names that the tool quotes, and the one token that it points at."""
    start, end = index.offsets(fault.finding.span)
    under = [one.text for one in tokens(index.text[start:end][:SHOWN], fault.snapshot.language)]
    return {*quoted(fault.finding.message), *(under if len(under) == 1 else ())}
