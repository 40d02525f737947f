"""How deep a text is nested: begin/end, module/endmodule, brackets. A lexer's view, as the code is half written."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

VERILOG = frozenset({"verilog", "systemverilog"})
C_LIKE = frozenset({"c", "cpp", "cuda-cpp", "cuda"})
PYTHON = frozenset({"python"})

_BRACKETS = {"(": ")", "[": "]", "{": "}"}
_WORDS = {
    "begin": "end", "module": "endmodule", "macromodule": "endmodule", "case": "endcase", "casex": "endcase",
    "casez": "endcase", "randcase": "endcase", "function": "endfunction", "task": "endtask",
    "generate": "endgenerate", "fork": "join", "class": "endclass", "interface": "endinterface",
    "package": "endpackage", "program": "endprogram", "specify": "endspecify", "primitive": "endprimitive",
    "table": "endtable", "clocking": "endclocking", "covergroup": "endgroup", "checker": "endchecker",
    "config": "endconfig", "property": "endproperty", "sequence": "endsequence",
}  # fmt: skip
_CLOSERS = frozenset(_WORDS.values()) | {"join_any", "join_none"}
# After these words the next one opens nothing: it is a declaration without a body, a use, or a statement.
_NO_BODY = frozenset(
    {"extern", "pure", "import", "export", "typedef", "virtual", "disable", "wait", "assert", "assume", "cover",
     "restrict", "expect", "context", "default", "global"}
)  # fmt: skip
# A directive goes on after a backslash at the line's end, and a comment that begins in it belongs to it.
_REST = r"(?:[^\n\\/]|\\\r\n|\\.|//[^\n]*|/\*.*?(?:\*/|\Z)|/)*"
_COMMENT = r"//[^\n]*|/\*.*?(?:\*/|\Z)"
_STRING = r"\"(?:\\.|[^\"\\\n])*(?:\"|\\?\Z)?"
_VERILOG_TOKEN = re.compile(
    rf"{_COMMENT}|{_STRING}|\\\S+|`define\b{_REST}|`\w+|\$\w+|[A-Za-z_]\w*|[()\[\]{{}};]", re.DOTALL
)
_C_TOKEN = re.compile(
    rf"{_COMMENT}|{_STRING}|'(?:\\.|[^'\\\n])*'|^[ \t]*\#{_REST}|[A-Za-z_]\w*|[()\[\]{{}};]", re.DOTALL | re.MULTILINE
)
_PYTHON_TOKEN = re.compile(
    rf"#[^\n]*|\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|{_STRING}|'(?:\\.|[^'\\\n])*(?:'|\\?\Z)?|[()\[\]{{}}]", re.DOTALL
)
# The same without what never nests, where that can be passed over.
_C_NESTING = re.compile(
    rf"{_COMMENT}|{_STRING}|'(?:\\.|[^'\\\n])*'|^[ \t]*\#{_REST}|[()\[\]{{}}]", re.DOTALL | re.MULTILINE
)
_TURN = re.compile(r"\s*[`#]\s*(?:(if|ifdef|ifndef)|(else|elsif|elif|elifdef|elifndef)|(endif))\b")


@dataclass(frozen=True, slots=True)
class Mark:
    """A token that opens (`closer` is what will close it), closes (`closes`), or ends a statement (";").

    `turn` is "if", "else" or "endif" of the preprocessor.
    """

    start: int
    end: int
    text: str
    closer: str = ""
    closes: str = ""
    turn: str = ""


_BRACKET_MARKS = {
    **{opener: Mark(0, 0, opener, closer=closer) for opener, closer in _BRACKETS.items()},
    **{closer: Mark(0, 0, closer, closes=closer) for closer in _BRACKETS.values()},
}
_VERILOG_MARKS = {
    **_BRACKET_MARKS,
    **{word: Mark(0, 0, word, closer=closer) for word, closer in _WORDS.items()},
    **{word: Mark(0, 0, word, closes="join" if word.startswith("join") else word) for word in _CLOSERS},
}
_TURN_MARKS = {turn: Mark(0, 0, turn, turn=turn) for turn in ("if", "else", "endif")}


def tokens(text: str, language: str, start: int = 0) -> Iterator[re.Match[str]]:
    """Words, brackets, comments, strings and directives of a text from an offset on, in order."""
    if language in VERILOG:
        return _VERILOG_TOKEN.finditer(text, start)
    return (_PYTHON_TOKEN if language in PYTHON else _C_TOKEN).finditer(text, start)


def rest_of(text: str, language: str, start: int = 0) -> tuple[tuple[Mark, ...], str]:
    """(what is left of a text from an offset on once all is closed that it opens itself, what its end lies in).

    As marks() has it, but for semicolons; the marks have no places. It is for long texts: nothing is made of a token.
    """
    verilog, python = language in VERILOG, language in PYTHON
    known = _VERILOG_MARKS if verilog else _BRACKET_MARKS
    rest: list[Mark] = []
    word = before = ""
    token = None
    pattern = _VERILOG_TOKEN if verilog else _PYTHON_TOKEN if python else _C_NESTING
    for token in pattern.finditer(text, start):
        word = token[0]
        mark = known.get(word)
        if mark is None:
            if not python and word[0] in "#` \t" and (turn := turn_of(word)):
                rest.append(_TURN_MARKS[turn])
        elif mark.closes:
            if rest and rest[-1].closer == mark.closes:
                rest.pop()
            else:
                rest.append(mark)
        elif word not in _WORDS or _has_body(word, before):
            rest.append(mark)
        if verilog and word[0] != "/":
            before = word
    inside = open_end(word, language) if token is not None and token.end() == len(text) else ""
    return tuple(rest), inside


def marks(text: str, language: str, start: int = 0) -> Iterator[Mark]:
    """The tokens that nest, the semicolons, and the conditions of the preprocessor."""
    return marks_of(tokens(text, language, start), language)


def marks_of(found: Iterator[re.Match[str]], language: str) -> Iterator[Mark]:
    """See marks()."""
    verilog = language in VERILOG
    before = ""
    for token in found:
        word = token[0]
        if word in _BRACKETS:
            yield Mark(token.start(), token.end(), word, closer=_BRACKETS[word])
        elif word in (")", "]", "}"):
            yield Mark(token.start(), token.end(), word, closes=word)
        elif word == ";":
            yield Mark(token.start(), token.end(), word)
        elif verilog and word in _WORDS and _has_body(word, before):
            yield Mark(token.start(), token.end(), word, closer=_WORDS[word])
        elif verilog and word in _CLOSERS:
            yield Mark(token.start(), token.end(), word, closes="join" if word.startswith("join") else word)
        elif language not in PYTHON and (turn := turn_of(word)):
            yield Mark(token.start(), token.end(), word, turn=turn)
        if not word.startswith(("/", "#")):
            before = word


def _has_body(word: str, before: str) -> bool:
    # `default: begin` is a case item, `default clocking` a use.
    return before not in _NO_BODY or (before == "default" and word != "clocking")


def turn_of(word: str) -> str:
    """ "if", "else" or "endif" for a token that is such a directive of the preprocessor; "" for all others."""
    match = _TURN.match(word) if "#" in word or word.startswith("`") else None
    return ("", "if", "else", "endif")[match.lastindex or 0] if match else ""


def is_directive(word: str) -> bool:
    """Whether a C token is a whole line of the preprocessor's."""
    return word.lstrip(" \t").startswith("#")


def unclosed(text: str, language: str) -> list[str]:
    """The closers that the text still needs, outermost first."""
    stack: list[str] = []
    for mark in marks(text, language):
        if mark.closer:
            stack.append(mark.closer)
        elif mark.closes in stack:
            while stack.pop() != mark.closes:
                pass
    return stack


def open_end(word: str, language: str) -> str:
    """What a token that ends a text is still inside of: "//" or "/*" a comment, a quote a string, "" nothing."""
    if word.startswith("//") or (language in PYTHON and word.startswith("#")):
        return "//"
    if word.startswith("/*"):
        return "" if word.endswith("*/") and len(word) >= 4 else "/*"
    if (language in C_LIKE and is_directive(word)) or word.startswith("`define"):
        rest = word.lstrip(" \t")[1:]
        *_, last = "", *(token[0] for token in tokens(rest, language) if token.end() == len(rest))
        return open_end(last, language) if last else ""
    quote = word[:3] if word[:3] in ('"""', "'''") else word[:1]
    quotes = ('"', "'", '"""', "'''") if language in PYTHON else ('"',)
    closed = len(word) >= 2 * len(quote) and word.endswith(quote)
    return quote if quote in quotes and not closed else ""


def in_comment_or_string(text: str, language: str) -> bool:
    """Whether the end of `text` lies inside a comment or a string."""
    word = ""
    for token in tokens(text, language):
        word = token[0] if token.end() == len(text) else ""
    return bool(word and open_end(word, language))


def code_only(text: str, language: str) -> str:
    """The text without comments, for asking whether anything is left."""
    opening = ("#",) if language in PYTHON else ("//", "/*")
    pieces, last = [], 0
    for token in tokens(text, language):
        if token[0].startswith(opening):
            pieces.append(text[last : token.start()])
            last = token.end()
    return "".join((*pieces, text[last:]))
