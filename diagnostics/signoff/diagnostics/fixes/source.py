"""Verilog/SystemVerilog source as tokens: a scan that no syntax fault can stop, which is when fixes are needed.

A parser's tree of a broken file is a guess, and the grammar's error recovery hides the very tokens that a fix
is about. The token stream is exact in every state of the text.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from dataclasses import dataclass
from functools import lru_cache

from signoff.verifiers.finding import Finding
from signoff.verifiers.hdl.index import KEYWORDS
from signoff.verifiers.text import LineIndex

# `define carries its whole (continued) line: begin/end inside a macro do not belong to the blocks around it.
_TOKEN = re.compile(
    r"""
      (?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))
    | (?P<attribute>\(\*(?!\s*\)).*?\*\))
    | (?P<string>"(?:\\.|[^"\\\r\n])*(?:"|$|\Z))
    | (?P<directive>`define\b(?:\\\r?\n|//[^\r\n]*|[^\r\n])*|`[A-Za-z_][\w$]*)
    | (?P<number>(?:\d[\d_]*\s*)?'\s*[sS]?[bodhBODH]\s*[0-9a-fA-FxXzZ?_]+|'[01xXzZ](?!\w)
               |\d[\d_]*(?:\.\d[\d_]*)?(?:[eE][+-]?\d+)?[munpf]?s?\b|\d[\d_]*)
    | (?P<word>[A-Za-z_$][\w$]*|\\\S+)
    | (?P<operator><<<=|>>>=|<<=|>>=|===|!==|==\?|!=\?|<->|->>|\|->|\|=>|<<<|>>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=
                 |&=|\|=|\^=|\+\+|--|->|=>|::|\+:|-:|<<|>>|\*\*|~&|~\||~\^|\^~|\.\*|[^\s\w])
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True, slots=True)
class Token:
    """One token: `kind` is comment, attribute, string, directive, number, word or operator; offsets half-open."""

    kind: str
    text: str
    start: int
    end: int

    @property
    def is_name(self) -> bool:
        """True for an identifier that is no keyword."""
        return self.kind == "word" and self.text not in KEYWORDS


def scan(text: str, start: int = 0) -> list[Token]:
    """All tokens of `text` from an offset that lies outside comments and strings."""
    return [Token(m.lastgroup or "", m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text, start)]


class Source:
    """The tokens of one text, comments and attributes left out of `tokens` and kept in `trivia`."""

    __slots__ = ("_ends", "_starts", "text", "tokens", "trivia")

    def __init__(self, text: str, every: list[Token] | None = None) -> None:
        """`every` are the tokens of a text in another language than Verilog."""
        self.text = text
        every = scan(text) if every is None else every
        self.tokens = [token for token in every if token.kind not in ("comment", "attribute")]
        self.trivia = [token for token in every if token.kind in ("comment", "attribute")]
        self._starts = [token.start for token in self.tokens]
        self._ends = [token.end for token in self.tokens]

    def at(self, offset: int) -> int:
        """The index of the token that holds the offset, else of the first one after it."""
        return bisect_right(self._ends, offset)

    def before(self, offset: int) -> int:
        """The index of the last token that ends at or before the offset; -1 where there is none."""
        return bisect_right(self._ends, offset) - 1

    def from_(self, offset: int) -> int:
        """The index of the first token that starts at or after the offset."""
        return bisect_left(self._starts, offset)

    def token(self, index: int) -> Token:
        """A token; one without text, at either end of the source, outside the list."""
        if 0 <= index < len(self.tokens):
            return self.tokens[index]
        place = 0 if index < 0 else len(self.text)
        return Token("", "", place, place)

    def word(self, index: int) -> str:
        """The text of a token; "" outside the list."""
        return self.token(index).text

    def closing(self, index: int) -> int:
        """The index of the bracket that closes the one at `index`; the last token where none does."""
        depth = 0
        for number in range(max(index, 0), len(self.tokens)):
            text = self.tokens[number].text
            if text in ("(", "[", "{"):
                depth += 1
            elif text in (")", "]", "}"):
                depth -= 1
                if depth == 0:
                    return number
        return max(len(self.tokens) - 1, 0)

    def opening(self, index: int) -> int:
        """The index of the bracket that the one at `index` closes; 0 where none does."""
        depth = 0
        for number in range(min(index, len(self.tokens) - 1), -1, -1):
            text = self.tokens[number].text
            if text in (")", "]", "}"):
                depth += 1
            elif text in ("(", "[", "{"):
                depth -= 1
                if depth == 0:
                    return number
        return 0


@lru_cache(maxsize=8)
def source(text: str) -> Source:
    """The tokens of a text; the last few texts are kept, as every rule asks for the same one."""
    return Source(text)


def spot(finding: Finding, index: LineIndex) -> int:
    """The offset at which the tool stood: slang's own place where it gave one, else the start of the span."""
    place = dict(finding.data).get("location", "")
    line, _, column = place.partition(":")
    if line.isdigit() and column.isdigit():
        return index.offset(int(line), int(column))
    return index.offsets(finding.span)[0]


def indent_of(line: str) -> str:
    """The blanks at the start of a line."""
    return line[: len(line) - len(line.lstrip(" \t"))]


def newline_of(text: str) -> str:
    """The line ending that a text uses."""
    return "\r\n" if "\r\n" in text else "\n"


def quoted(message: str) -> tuple[str, ...]:
    """The names that a tool's message puts between single quotes, in their order."""
    return tuple(re.findall(r"'([^'\s]+)'", message))
