"""CUDA C++ source as tokens: a scan that no syntax fault can stop, as source.py does for Verilog."""

from __future__ import annotations

import re
from functools import lru_cache

from signoff.diagnostics.fixes.source import Source, Token

# A directive carries its whole (continued) line: what a macro's text holds does not stand where it is defined.
_TOKEN = re.compile(
    r"""
      (?P<comment>//(?:\\\r?\n|[^\r\n])*|/\*.*?(?:\*/|\Z))
    | (?P<string>(?:u8|[uUL])?R"(?P<mark>[^()\\\s]{0,16})\(.*?(?:\)(?P=mark)"|\Z)
               |(?:u8|[uUL])?"(?:\\.|[^"\\\r\n])*(?:"|$|\Z)|(?:u8|[uUL])?'(?:\\.|[^'\\\r\n])+'
               |'[^\r\n]*)
    | (?P<directive>(?:(?<=\n)|(?<=\r)|\A)[ \t]*\#(?:\\\r?\n|/\*.*?(?:\*/|\Z)|//[^\r\n]*|[^\r\n])*)
    | (?P<number>0[xX][0-9a-fA-F']+[uUlLzZ]*|0[bB][01']+[uUlLzZ]*
               |(?:\d[\d']*\.?[\d']*|\.\d[\d']*)(?:[eE][+-]?\d+)?[uUlLzZfFhH]*)
    | (?P<word>[A-Za-z_$][\w$]*)
    | (?P<operator><<<|>>>|<<=|>>=|<=>|->\*|\.\.\.|<<|>>|<=|>=|==|!=|&&|\|\||\+=|-=|\*=|/=|%=|&=|\|=|\^=|\+\+|--|->|::
                 |[^\s\w])
    """,
    re.VERBOSE | re.DOTALL | re.MULTILINE,
)
_KEYWORDS = """
alignas alignof asm auto bool break case catch char class const const_cast constexpr continue decltype default delete do
double dynamic_cast else enum explicit extern false float for friend goto if inline int long mutable namespace new
noexcept nullptr operator private protected public register reinterpret_cast return short signed sizeof static
static_assert static_cast struct switch template this thread_local throw true try typedef typeid typename union unsigned
using virtual void volatile while
"""
KEYWORDS = frozenset(_KEYWORDS.split())


def scan(text: str) -> list[Token]:
    """All tokens of `text`, which begins outside comments and strings."""
    return [Token(m.lastgroup or "", m.group(), m.start(), m.end()) for m in _TOKEN.finditer(text)]


class CudaSource(Source):
    """The tokens of one CUDA text; comments are in `trivia`."""

    __slots__ = ()

    def __init__(self, text: str) -> None:
        super().__init__(text, scan(text))


@lru_cache(maxsize=8)
def source(text: str) -> CudaSource:
    """The tokens of a text; the last few texts are kept, as every rule asks for the same one."""
    return CudaSource(text)


def words(text: str) -> list[str]:
    """The texts of the tokens, without comments."""
    return [token.text for token in scan(text) if token.kind != "comment"]


def is_name(token: Token) -> bool:
    """True for an identifier that is no keyword."""
    return token.kind == "word" and token.text not in KEYWORDS


def definitions(text: str, name: str) -> int:
    """How many functions of that name a text defines, specialisations among them."""
    src = source(text)
    found = 0
    for number, token in enumerate(src.tokens):
        if token.text == name:
            opening = number + 1
            if src.word(opening) == "<":
                opening = next((n for n in range(opening, opening + 40) if src.word(n) == "("), number)
            found += src.word(opening) == "(" and src.word(src.closing(opening) + 1) == "{"
    return found
