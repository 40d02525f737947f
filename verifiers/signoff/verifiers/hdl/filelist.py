"""The syntax of file lists (.f, .vc, verible.filelist): the dialect that Verilator and the simulators share."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from signoff.verifiers.finding import Span
from signoff.verifiers.hdl.index import HDL_EXTENSIONS
from signoff.verifiers.text import LineIndex

_TOKEN = re.compile(
    r"""(?P<comment>//[^\n]*|\#[^\n]*|/\*.*?(?:\*/|\Z)) | (?P<gap>(?:\s|\\\r?\n)+)
    | (?P<word>(?:"[^"\n]*"|'[^'\n]*'|\\[ "']|\\(?!\r?\n)|[^\s"'\\])+|.)""",
    re.VERBOSE | re.DOTALL,
)
_QUOTED = re.compile(r""""([^"\n]*)"|'([^'\n]*)'|\\([ "'])""")


@dataclass(frozen=True, slots=True)
class Token:
    """One word of a file list, quotes removed, and where it stands."""

    text: str
    span: Span


@dataclass(frozen=True, slots=True)
class Entry:
    """One statement of a file list: `kind` is file, list, own_list, incdir, define, libdir, libfile, libext, top."""

    kind: str
    value: str
    span: Span


PATH_KINDS = frozenset({"file", "list", "own_list", "incdir", "libdir", "libfile"})


def tokenize(text: str) -> list[Token]:
    """The words of a file list. Comments (//, #, /* */) begin where a word may begin, as paths hold // and #."""
    index = LineIndex(text)
    tokens = []
    for match in _TOKEN.finditer(text):
        if match["word"]:
            word = _QUOTED.sub(lambda part: part[1] or part[2] or part[3] or "", match["word"])
            tokens.append(Token(word, index.span(match.start(), match.end())))
    return tokens


_ARGUMENT = {
    "-f": "list",
    "-file": "list",
    "-F": "own_list",
    "-y": "libdir",
    "-v": "libfile",
    "-I": "incdir",
    "-incdir": "incdir",
    "--include-directory": "incdir",
    "-D": "define",
    "-d": "define",
    "-define": "define",
    "--top": "top",
    "-top": "top",
    "--top-module": "top",
    "-s": "top",
    "-Y": "libext",
}
_JOINED = (("+incdir+", "incdir"), ("+define+", "define"), ("+libext+", "libext"))
_ATTACHED = (("-I", "incdir"), ("-D", "define"))


def parse(text: str) -> tuple[list[Entry], list[Token]]:
    """(entries, options that mean nothing to us) of a file list."""
    entries: list[Entry] = []
    ignored: list[Token] = []
    words = iter(tokenize(text))
    after_unknown = False
    for token in words:
        found = _entries(token, words)
        if found is not None:
            entries += found
            after_unknown = False
        elif token.text.startswith(("-", "+")):
            ignored.append(token)
            after_unknown = True
        else:
            # "-work lib": a word after an option that is no HDL file is that option's argument.
            if not after_unknown or is_hdl(token.text):
                entries.append(Entry("file", token.text, token.span))
            after_unknown = False
    return entries, ignored


def is_hdl(path: str) -> bool:
    """Whether the name is that of a Verilog or SystemVerilog file."""
    return path.lower().endswith(HDL_EXTENSIONS)


def _entries(token: Token, words: Iterator[Token]) -> list[Entry] | None:
    text = token.text
    if kind := _ARGUMENT.get(text):
        following = next(words, None)
        return [Entry(kind, following.text, following.span)] if following else []
    for prefix, kind in _JOINED:
        if text.startswith(prefix):
            return [Entry(kind, part, token.span) for part in text[len(prefix) :].split("+") if part]
    option, equals, value = text.partition("=")
    if equals and option.startswith("--") and option in _ARGUMENT:
        return [Entry(_ARGUMENT[option], value, token.span)]
    for prefix, kind in _ATTACHED:
        if text.startswith(prefix):
            return [Entry(kind, text[len(prefix) :], token.span)]
    return None
