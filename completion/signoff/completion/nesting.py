"""How deep a text is nested: begin/end, module/endmodule, brackets. A lexer's view, as the code is half written."""

from __future__ import annotations

import re
from collections import deque
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
_VERILOG_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*(?:\"|\\?\Z)?|\\\S+|`\w+|\$\w+|[A-Za-z_]\w*|[()\[\]{};]", re.DOTALL
)
_C_TOKEN = re.compile(
    r"//[^\n]*|/\*.*?(?:\*/|\Z)|\"(?:\\.|[^\"\\\n])*(?:\"|\\?\Z)?|'(?:\\.|[^'\\\n])*'|[A-Za-z_]\w*|[()\[\]{};]",
    re.DOTALL,
)
_PYTHON_TOKEN = re.compile(
    r"#[^\n]*|\"\"\".*?(?:\"\"\"|\Z)|'''.*?(?:'''|\Z)|\"(?:\\.|[^\"\\\n])*(?:\"|\\?\Z)?|'(?:\\.|[^'\\\n])*'|[()\[\]{}]",
    re.DOTALL,
)


@dataclass(frozen=True, slots=True)
class Mark:
    """A token that opens (`closer` is what will close it), closes (`closes`), or ends a statement (";")."""

    start: int
    end: int
    text: str
    closer: str = ""
    closes: str = ""


def tokens(text: str, language: str) -> Iterator[re.Match[str]]:
    """Words, brackets, comments and strings of a text, in order."""
    if language in VERILOG:
        return _VERILOG_TOKEN.finditer(text)
    return (_PYTHON_TOKEN if language in PYTHON else _C_TOKEN).finditer(text)


def marks(text: str, language: str) -> Iterator[Mark]:
    """The tokens that nest, and the semicolons."""
    verilog = language in VERILOG
    before = ""
    for token in tokens(text, language):
        word = token[0]
        if word in _BRACKETS:
            yield Mark(token.start(), token.end(), word, closer=_BRACKETS[word])
        elif word in (")", "]", "}"):
            yield Mark(token.start(), token.end(), word, closes=word)
        elif word == ";":
            yield Mark(token.start(), token.end(), word)
        elif verilog and word in _WORDS and before not in _NO_BODY:
            yield Mark(token.start(), token.end(), word, closer=_WORDS[word])
        elif verilog and word in _CLOSERS:
            yield Mark(token.start(), token.end(), word, closes="join" if word.startswith("join") else word)
        if not word.startswith(("/", "#")):
            before = word


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


def unopened(text: str, language: str) -> list[str]:
    """The closers of what was opened before the text, innermost first."""
    found: list[str] = []
    stack: list[str] = []
    for mark in marks(text, language):
        if mark.closer:
            stack.append(mark.closer)
        elif mark.closes and mark.closes in stack:
            while stack.pop() != mark.closes:
                pass
        elif mark.closes:
            found.append(mark.closes)
    return found


def in_comment_or_string(text: str, language: str) -> bool:
    """Whether the end of `text` lies inside a comment or a string."""
    last = next(iter(deque(tokens(text, language), maxlen=1)), None)
    if last is None or last.end() != len(text):
        return False
    word = last[0]
    if word.startswith("//") or (language in PYTHON and word.startswith("#")):
        return True
    if word.startswith("/*"):
        return not word.endswith("*/") or len(word) < 4
    quote = word[:3] if word[:3] in ('"""', "'''") else word[:1]
    return quote in ('"', '"""', "'''") and (len(word) < 2 * len(quote) or not word.endswith(quote))


def code_only(text: str, language: str) -> str:
    """The text without comments, for asking whether anything is left."""
    opening = ("#",) if language in PYTHON else ("//", "/*")
    pieces, last = [], 0
    for token in tokens(text, language):
        if token[0].startswith(opening):
            pieces.append(text[last : token.start()])
            last = token.end()
    return "".join((*pieces, text[last:]))
