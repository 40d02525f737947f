"""What a Python file gives to torch's load_inline, as far as it is certain: enough to build it without the file."""

from __future__ import annotations

import ast
from dataclasses import dataclass

from signoff.verifiers.gpu.strings.python_literals import PlacedText
from signoff.verifiers.gpu.strings.python_names import Scope
from signoff.verifiers.gpu.strings.python_sources import (
    NO_HEADERS,
    TORCH,
    Reader,
    argument,
    flag,
    parsed,
    worth_parsing,
)
from signoff.verifiers.text import LineIndex

WORDS = ("functions", "extra_cflags", "extra_cuda_cflags", "extra_ldflags", "extra_include_paths")
NAME = "signoff_extension"
# More arguments by position than name and sources: their meaning differs between releases of torch.
POSITIONS = 3


@dataclass(frozen=True, slots=True)
class Inline:
    """One call of load_inline; the sources know their places in the Python file."""

    name: str
    cpp: PlacedText
    cuda: PlacedText
    words: dict[str, list[str]]
    no_implicit_headers: bool = False


@dataclass(frozen=True, slots=True)
class Inlines:
    """The calls of a file that can be followed, and the lines (from 0) of those that cannot."""

    known: tuple[Inline, ...] = ()
    unknown: tuple[int, ...] = ()


def inlines(text: str) -> Inlines:
    """The calls of load_inline in a Python text."""
    tree = parsed(text) if worth_parsing(text) else None
    if tree is None:
        return Inlines()
    reader, index = Reader(text, tree), LineIndex(text)
    known, unknown = list[Inline](), list[int]()
    for call, loader, scope in reader.calls:
        if loader is TORCH:
            found = _followed(reader, call, scope, index)
            if found is None:
                unknown.append(call.lineno - 1)
            else:
                known.append(found)
    return Inlines(tuple(known), tuple(unknown))


def _followed(reader: Reader, call: ast.Call, scope: Scope, index: LineIndex) -> Inline | None:
    cuda = _text(reader, argument(call, TORCH.position, TORCH.keyword), scope, index)
    cpp = _text(reader, argument(call, 1, "cpp_sources"), scope, index)
    words: dict[str, list[str]] = {}
    for keyword in WORDS:
        found = reader.words(call, (keyword,), scope)
        if found is None:
            return None
        words[keyword] = list(found)
    if cuda is None or cpp is None or len(call.args) > POSITIONS:
        return None
    name = argument(call, 0, "name")
    said = name.value if isinstance(name, ast.Constant) and isinstance(name.value, str) else ""
    return Inline(said if said.isidentifier() else NAME, cpp, cuda, words, flag(call, NO_HEADERS))


def _text(reader: Reader, value: ast.expr | None, scope: Scope, index: LineIndex) -> PlacedText | None:
    empty = isinstance(value, ast.Constant) and value.value in (None, "")
    empty = empty or (isinstance(value, (ast.List, ast.Tuple)) and not value.elts)
    if value is None or empty:
        return PlacedText((), index)
    texts = reader.texts(value, scope)
    return PlacedText(texts[0], index) if len(texts) == 1 else None
