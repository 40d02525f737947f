"""Which strings of a Python file are CUDA: those handed to a loader of torch, CuPy, pycuda or cuda.core.

Only what is certainly the text that is compiled: literals, names that stand for them, their sums. A string that goes
through a format, a template or a function is not known.
"""

from __future__ import annotations

import ast
import itertools
import re
import warnings
from bisect import bisect_left
from collections.abc import Iterator
from dataclasses import dataclass, replace

from signoff.verifiers.gpu.strings.python_literals import LITERAL, Piece, pieces
from signoff.verifiers.gpu.strings.python_names import Scope, Values, bind, expressions, statements
from signoff.verifiers.text import LineIndex

# Beyond this the parse alone would take the server's thread for too long; such files are generated.
LONGEST = 1_000_000
DEEPEST = 8
# The same loaders build for AMD's GPUs, whose limits are others.
AMD_OPTION, AMD_HEADER = "--offload-arch", "hip/hip_runtime.h"
MOST_UNITS = 64


@dataclass(frozen=True, slots=True)
class Loader:
    """How a function takes CUDA: the position and keyword of the source, and the keywords of compiler options."""

    origin: str
    position: int
    keyword: str
    options: tuple[str, ...] = ()
    includes: tuple[str, ...] = ()
    implicit_includes: tuple[str, ...] = ()


# Signatures: torch 2.9 torch/utils/cpp_extension.py and torch/cuda/__init__.py, CuPy 13 cupy/_core/raw.pyx,
# pycuda 2025.1 pycuda/compiler.py, cuda.core 0.3 cuda/core/experimental/_program.py.
TORCH_HEADERS = ("torch/types.h", "cuda.h", "cuda_runtime.h")
TORCH = Loader("torch load_inline", 2, "cuda_sources", ("extra_cuda_cflags",), ("extra_include_paths",), TORCH_HEADERS)
NO_HEADERS = "no_implicit_headers"
COMPILE_KERNEL = Loader("torch compile_kernel", 0, "kernel_source", ("nvcc_options",), ("cuda_include_dirs",))
PYCUDA = Loader("pycuda SourceModule", 0, "source", ("options",), ("include_dirs",))
LOADERS = {
    "load_inline": TORCH,
    "_compile_kernel": COMPILE_KERNEL,
    "compile_kernel": COMPILE_KERNEL,
    "RawKernel": Loader("CuPy RawKernel", 0, "code", ("options",)),
    "RawModule": Loader("CuPy RawModule", 0, "code", ("options",)),
    "SourceModule": PYCUDA,
    "DynamicSourceModule": PYCUDA,
}
TRIGGERS = tuple(LOADERS)
LOADER = re.compile(rf"\b(?:{'|'.join(LOADERS)})\b")
# A name that goes through one of these is a template, not the text itself.
TEMPLATE = r"\b{name}\s*(?:%|\.\s*(?:format|replace|substitute|render|join)\b)|\b(?:Template|dedent)\(\s*{name}\b"

Pieces = tuple[Piece, ...]


@dataclass(frozen=True, slots=True)
class Source:
    """One CUDA text: its pieces, the loader it goes to and what is known of the options (None: not known)."""

    pieces: Pieces
    loader: Loader
    options: tuple[str, ...] | None = ()
    include_dirs: tuple[str, ...] | None = ()


def worth_parsing(text: str) -> bool:
    """Whether a Python text may hold CUDA at all; takes microseconds."""
    return len(text) <= LONGEST and "__global__" in text and any(trigger in text for trigger in TRIGGERS)


def sources(text: str) -> tuple[Source, ...]:
    """The CUDA texts of a Python file in the order of the loaders' calls; half-typed Python gives what is certain."""
    if not worth_parsing(text):
        return ()
    tree = parsed(text)
    found = _unparsed(text) if tree is None else Reader(text, tree).sources()
    return tuple(itertools.islice((each for each in found if not _is_for_amd(each)), MOST_UNITS))


def _is_for_amd(source: Source) -> bool:
    optioned = any(word.startswith(AMD_OPTION) for word in source.options or ())
    return optioned or any(AMD_HEADER in piece.text for piece in source.pieces)


def parsed(text: str) -> ast.Module | None:
    """The syntax tree of a Python text; None where it is not Python as it stands."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # escapes that Python does not know are the user's own affair
            return ast.parse(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


class Reader:
    """Follows names to the literals that they stand for."""

    def __init__(self, text: str, tree: ast.Module) -> None:
        self._text, self._index = text, LineIndex(text)
        self._values: Values = {}
        self.calls: list[tuple[ast.Call, Loader, Scope]] = []
        self._wanted = sorted({self._index.position(name.start())[0] + 1 for name in LOADER.finditer(text)})
        assigns_inside = ":=" in text
        for statement, scope in statements(tree):
            bind(statement, scope, self._values)
            # Most expressions of a file are of no interest, and to walk them all takes longer than to parse it.
            if assigns_inside or self._names_loader(statement):
                self._collect(statement, scope)

    def _names_loader(self, statement: ast.stmt) -> bool:
        at = bisect_left(self._wanted, statement.lineno)
        return at < len(self._wanted) and self._wanted[at] <= (statement.end_lineno or statement.lineno)

    def _collect(self, statement: ast.stmt, scope: Scope) -> None:
        for node, inner in expressions(statement, scope, self._values):
            if isinstance(node, ast.Call) and (loader := LOADERS.get(_last_name(node.func))):
                self.calls.append((node, loader, inner))

    def sources(self) -> Iterator[Source]:
        """A source for each text that each call may be given."""
        self.calls.sort(key=lambda call: (call[0].lineno, call[0].col_offset))
        seen: set[Pieces] = set()
        for call, loader, scope in self.calls:
            if loader.implicit_includes and flag(call, NO_HEADERS):
                loader = replace(loader, implicit_includes=())
            source = argument(call, loader.position, loader.keyword)
            options = self.words(call, loader.options, scope)
            includes = self.words(call, loader.includes, scope)
            for text in self.texts(source, scope) if source is not None else ():
                if text not in seen:
                    seen.add(text)
                    yield Source(text, loader, options, includes)

    def texts(self, value: ast.expr | None, scope: Scope, depth: int = 0) -> tuple[Pieces, ...]:
        """All texts that an expression may stand for; () where one of them is not known."""
        if value is None or depth > DEEPEST:
            return ()
        if isinstance(value, ast.Constant):
            text = self._literal(value) if isinstance(value.value, str) else None
            return () if text is None else (text,)
        if isinstance(value, ast.Name):
            return self._all(self._lookup(value.id, scope), scope, depth)
        if isinstance(value, ast.IfExp):
            return self._all([value.body, value.orelse], scope, depth)
        if isinstance(value, ast.BinOp) and isinstance(value.op, ast.Add):
            return self._joined([value.left, value.right], "", scope, depth)
        if isinstance(value, (ast.List, ast.Tuple)):
            return self._joined(value.elts, "\n", scope, depth)  # as torch joins them
        return ()

    def _all(self, values: list[ast.expr | None], scope: Scope, depth: int) -> tuple[Pieces, ...]:
        texts = [self.texts(value, scope, depth + 1) for value in values]
        return tuple(itertools.chain.from_iterable(texts)) if all(texts) else ()

    def _joined(self, parts: list[ast.expr], between: str, scope: Scope, depth: int) -> tuple[Pieces, ...]:
        joined: list[Piece] = []
        for part in parts:
            texts = self.texts(part, scope, depth + 1)
            if len(texts) != 1:
                return ()
            if joined and between:
                joined.append(Piece(between, joined[-1].source + joined[-1].source_length, 0))
            joined += texts[0]
        return (tuple(joined),) if joined else ()

    def _lookup(self, name: str, scope: Scope) -> list[ast.expr | None]:
        for depth in range(len(scope), -1, -1):
            # Names of a class are not seen by the functions inside it.
            hidden = depth and depth < len(scope) and isinstance(scope[depth - 1], ast.ClassDef)
            if not hidden and (values := self._values.get((scope[:depth], name))):
                return values
        return []

    def _literal(self, node: ast.Constant) -> Pieces | None:
        if node.end_lineno is None or node.end_col_offset is None:
            return None
        start, end = self._offset(node.lineno, node.col_offset), self._offset(node.end_lineno, node.end_col_offset)
        found = pieces(self._text, start, end)
        # Python itself has the last word on what the literal says.
        return found if found is not None and "".join(piece.text for piece in found) == node.value else None

    def _offset(self, line: int, column: int) -> int:
        text = self._index.line(line - 1)
        return self._index.offset(line - 1, column if text.isascii() else len(text.encode()[:column].decode()))

    def words(self, call: ast.Call, keywords: tuple[str, ...], scope: Scope) -> tuple[str, ...] | None:
        """The words of a list of literals given under one of `keywords`; None where they are not known."""
        words: list[str] = []
        for keyword in call.keywords:
            if keyword.arg is None:
                return None
            if keyword.arg in keywords:
                found = self._list(keyword.value, scope)
                if found is None:
                    return None
                words += found
        return tuple(words)

    def _list(self, value: ast.expr | None, scope: Scope) -> list[str] | None:
        if isinstance(value, ast.Name):
            values = self._lookup(value.id, scope)
            value = values[0] if len(values) == 1 else None
        if isinstance(value, ast.Constant) and value.value is None:
            return []
        if not isinstance(value, (ast.List, ast.Tuple)):
            return None
        words = [item.value for item in value.elts if isinstance(item, ast.Constant) and isinstance(item.value, str)]
        return words if len(words) == len(value.elts) else None


def _last_name(function: ast.expr) -> str:
    if isinstance(function, ast.Attribute):
        return function.attr
    return function.id if isinstance(function, ast.Name) else ""


def flag(call: ast.Call, keyword: str) -> bool:
    """Whether a keyword argument is given as True."""
    return any(each.arg == keyword and getattr(each.value, "value", None) is True for each in call.keywords)


def argument(call: ast.Call, position: int, keyword: str) -> ast.expr | None:
    """A call's argument by keyword or position; None where it is not given, or cannot be told."""
    named = next((each.value for each in call.keywords if each.arg == keyword), None)
    if named is not None:
        return named
    if len(call.args) <= position or any(isinstance(each, ast.Starred) for each in call.args[: position + 1]):
        return None
    return call.args[position]


def _unparsed(text: str) -> Iterator[Source]:
    """In half-typed Python: long strings with a kernel in them that a loader gets directly or by their one name."""
    at = 0
    while (quote := _next_long(text, at)) is not None:
        at = quote.end()
        loader = _loader_before(text, quote) if "__global__" in quote[0] else None
        found = pieces(text, quote.start(), quote.end()) if loader else None
        if loader and found and not re.match(r"\s*(?:%|\.)", text[at : at + 80]):
            yield Source(found, loader, None, None)


def _next_long(text: str, at: int) -> re.Match[str] | None:
    starts = [start for quotes in ('"""', "'''") if (start := text.find(quotes, at)) >= 0]
    if not starts:
        return None
    start = min(starts)
    while start > at and text[start - 1].isalpha():
        start -= 1
    return LITERAL.match(text, start) or _next_long(text, min(starts) + 3)


def _loader_before(text: str, quote: re.Match[str]) -> Loader | None:
    head = text[max(quote.start() - 400, 0) : quote.start()]
    if direct := re.search(rf"\b({'|'.join(LOADERS)})\s*\(\s*(?:\w+\s*=\s*)?$", head):
        return LOADERS[direct[1]] if direct[1] != "load_inline" else None
    assigned = re.search(r"(?:^|\n)[ \t]*(\w+)[ \t]*=[ \t]*\(?\s*$", head)
    if assigned is None:
        return None
    name = re.escape(assigned[1])
    if len(re.findall(rf"(?m)^[ \t]*{name}[ \t]*\+?=", text)) != 1 or re.search(TEMPLATE.format(name=name), text):
        return None
    used = re.search(rf"\b(RawKernel|RawModule|\w*SourceModule)\(\s*(?:\w+\s*=\s*)?{name}\s*[,)]", text)
    if used is None:
        used = re.search(rf"\bcuda_(sources)\s*=\s*\[?\s*{name}\s*[,\])]", text)
    return LOADERS.get(used[1], TORCH) if used else None
