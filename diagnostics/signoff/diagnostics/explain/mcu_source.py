"""Hover texts on what only the sources tell: constants that are macros, and functions before the first link."""

from __future__ import annotations

import re
from collections.abc import Iterable
from pathlib import PurePath

from signoff.diagnostics.explain.markdown import code
from signoff.diagnostics.explain.mcu_text import joined, paragraphs

NOT_LINKED = "*Its size, address and stack are told after the first link: save the file.*"
CONTINUED = re.compile(r"\\\r?\n")
COMMENT = re.compile(r"//[^\n]*|/\*.*?(?:\*/|\Z)", re.DOTALL)
STRINGS = re.compile(r"\"(?:\\.|[^\"\\\n])*\"")
# The largest file that is looked through, in characters.
LONGEST = 1_000_000
# So many macros may stand for one another.
DEEPEST = 20

Sources = Iterable[tuple[str, str]]


def macro_hover(name: str, sources: Sources) -> str | None:
    """A macro without parameters, with its value where that is certain; None where it is none.

    `sources` are the document and the project's own headers that it may see, as (path, text). Of a name that is defined
    in several ways nothing is said: which of them counts, only the preprocessor knows.
    """
    texts = [(path, text) for path, text in sources if "define" in text]
    found = [(path, line, body) for path, text in texts for line, body in _definitions(name, text)]
    if len({body for _, _, body in found}) != 1 or not found[0][2]:
        return None
    path, line, body = found[0]
    value = _value(name, texts)
    shown = f"= {value} (0x{value:X})" if value is not None and str(value) != body else ""
    return joined((f"**{name}**", "macro", joined((code(body), shown), " "), f"{PurePath(path).name}:{line + 1}"))


def function_hover(name: str, sources: Sources) -> str | None:
    """A function by its definition in the project's sources, before the first link; None where there are more."""
    head = re.compile(
        rf"^(?![ \t#])[\w \t*]*?\b{re.escape(name)}\s*\([^;{{}}()]*(?:\([^;{{}}()]*\)[^;{{}}()]*)*\)\s*\{{", re.M
    )
    found: list[tuple[str, int, str]] = []
    for path, text in sources:
        if name in text and len(text) < LONGEST:
            bare = _bare(text)
            found += ((path, bare.count("\n", 0, one.start()), one.group()) for one in head.finditer(bare))
    if len(found) != 1:
        return None
    path, line, text = found[0]
    shown = " ".join(text.rstrip("{ \t\r\n").split())
    return paragraphs(joined((f"**{name}**", "function", code(shown), f"{PurePath(path).name}:{line + 1}")), NOT_LINKED)


def _bare(text: str) -> str:
    """The text with its comments as blanks."""
    return COMMENT.sub(lambda one: re.sub(r"[^\n]", " ", one.group()), text)


def _definitions(name: str, text: str) -> list[tuple[int, str]]:
    """(line, body) of each #define of a name without parameters."""
    if name not in text or len(text) > LONGEST:
        return []
    bare = _bare(text)
    pattern = re.compile(rf"^[ \t]*#[ \t]*define[ \t]+{re.escape(name)}(?=[ \t\n\\])((?:\\\r?\n|[^\n])*)", re.MULTILINE)
    found = ((bare.count("\n", 0, one.start()), CONTINUED.sub(" ", one[1])) for one in pattern.finditer(bare))
    return [(line, " ".join(body.split())) for line, body in found]


def _value(name: str, texts: list[tuple[str, str]]) -> int | None:
    """The value of a constant, with the macros that it is made of."""
    from signoff.verifiers.mcu.source.values import constant

    def look(word: str, depth: int = 0) -> int | None:
        bodies = {body for _, text in texts for _, body in _definitions(word, text)}
        if len(bodies) != 1 or depth > DEEPEST:
            return None
        return constant(bodies.pop(), lambda inner: look(inner, depth + 1))

    return look(name)
