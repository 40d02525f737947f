"""Which parts of a source are comments, strings and code, told by no parser: a faulty text has none that fits it."""

from __future__ import annotations

import enum
import re
from collections.abc import Iterator

_STRING = r'"(?:\\.|[^"\\\r\n])*(?:"|(?=[\r\n])|\Z)'
_LETTER = r"'(?:\\.|[^'\\\r\n])*(?:'|(?=[\r\n])|\Z)"
_SLASHES = r"(?P<comment>//[^\r\n]*|/\*.*?(?:\*/|\Z))"
_LONG = r'"""(?:\\.|[^\\])*?(?:"""|\Z)|' + r"'''(?:\\.|[^\\])*?(?:'''|\Z)"
# A single quote begins a literal in Verilog, and sits between the digits of a C++ number.
_HDL = re.compile(rf"{_SLASHES}|(?P<string>{_STRING})", re.DOTALL)
_C = re.compile(rf"{_SLASHES}|(?P<string>{_STRING}|(?<!\w){_LETTER})", re.DOTALL)
_PYTHON = re.compile(rf"(?P<comment>#[^\r\n]*)|(?P<string>{_LONG}|{_STRING}|{_LETTER})", re.DOTALL)


class Part(enum.StrEnum):
    """What a stretch of a source is."""

    CODE = "code"
    STRING = "string"
    COMMENT = "comment"


def parts(text: str, language: str) -> Iterator[tuple[Part, str]]:
    """The text in its parts, in order; together they are the text. `language` is an LSP language id."""
    pattern = _PYTHON if language == "python" else _HDL if "verilog" in language else _C
    end = 0
    for match in pattern.finditer(text):
        if match.start() > end:
            yield Part.CODE, text[end : match.start()]
        yield Part(match.lastgroup or "code"), match.group()
        end = match.end()
    if end < len(text):
        yield Part.CODE, text[end:]
