"""Files of an image as its checks read them: open documents first, then the disk, each as of one stamp."""

from __future__ import annotations

import contextlib
import os
import re
import stat
from collections.abc import Iterable
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from signoff.verifiers.gpu.values.macros import Macro, parsed
from signoff.verifiers.gpu.values.scanning import Directive, directives

# Above this a file is a table or generated: nothing that the checks look for is in it.
LARGEST_BYTES = 3_000_000
# A library's file is not parsed: CMSIS-DSP has five megabytes of tables in one.
LARGEST_LIBRARY_BYTES = 16_000_000

# What tells one state of a file from another: an open document's text, else (time, size); None: no such file.
Stamp = tuple[int, int] | bytes | None

WORD = re.compile(rb"[A-Za-z_]\w*")
# What holds no names of the code: comments, strings, character constants, the names of included files.
SILENT = re.compile(
    rb"/\*.*?(?:\*/|\Z)|//[^\n]*|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|^[ \t]*#[ \t]*include[^\n]*",
    re.DOTALL | re.MULTILINE,
)
# A function of a file that is not analysed, where its definition begins.
FUNCTION = re.compile(
    rb"^(?:[A-Za-z_][\w \t*]*?[ \t*])([A-Za-z_]\w*)[ \t]*\([^;{}()]*(?:\([^()]*\)[^;{}()]*)*\)\s*\{", re.MULTILINE
)
INCLUDE = re.compile(r"\"([^\"]+)\"|<([^>]+)>")
CONDITIONS = frozenset(("if", "ifdef", "ifndef", "elif", "elifdef", "elifndef"))


@dataclass(frozen=True, slots=True)
class Outline:
    """What a file's directives and names say, whatever is compiled of it.

    `includes` are (name, in <>), `conditions` the names that an #if asks for, `bodies` the names in the bodies of each
    macro, `pasted` those next to ##, `code` the names outside of directives, `used` these without the functions that
    are only declared.
    """

    includes: tuple[tuple[str, bool], ...]
    conditions: frozenset[str]
    bodies: dict[str, frozenset[str]]
    pasted: dict[str, frozenset[str]]
    code: frozenset[str]
    used: frozenset[str]


@dataclass(frozen=True, slots=True)
class Library:
    """A file that is not analysed: the functions that it defines, and all names in it."""

    functions: frozenset[str]
    names: frozenset[str]


class Files:
    """Reads files and remembers them. `buffers` are the open documents' texts by path."""

    def __init__(self) -> None:
        self.buffers: dict[str, bytes] = {}
        self._stamps: dict[str, Stamp] = {}
        self._kept: dict[str, tuple[Stamp, bytes]] = {}
        self._outlines: dict[str, tuple[Stamp, Outline]] = {}
        self._defined: dict[str, tuple[Stamp, frozenset[str]]] = {}
        self._libraries: dict[str, tuple[Stamp, Library]] = {}

    def begin(self, buffers: dict[str, bytes]) -> None:
        """A new look at the files: until the next one, each is as it is found first."""
        self.buffers = buffers
        self._stamps = dict(buffers)

    def stamp(self, path: str) -> Stamp:
        """The present stamp of a file."""
        if path in self._stamps:
            return self._stamps[path]
        stamp: Stamp = None
        with contextlib.suppress(OSError, ValueError):
            found = os.stat(path)  # noqa: PTH116 - asked of thousands of paths that are not there
            stamp = (found.st_mtime_ns, found.st_size) if stat.S_ISREG(found.st_mode) else None
        self._stamps[path] = stamp
        return stamp

    def data(self, path: str, stamp: Stamp, largest: int = LARGEST_BYTES) -> bytes | None:
        """The bytes of a file as of `stamp`; None where it cannot be read or is too large."""
        if isinstance(stamp, bytes):
            return stamp
        if stamp is None or stamp[1] > largest:
            return None
        kept = self._kept.get(path)
        if kept is None or kept[0] != stamp:
            try:
                with Path(path).open("rb") as file:
                    kept = stamp, unmarked(file.read(largest))
            except OSError:
                return None
            self._kept[path] = kept
        return kept[1]

    def outline(self, path: str, stamp: Stamp) -> Outline | None:
        """The outline of a header as of `stamp`."""
        kept = self._outlines.get(path)
        if kept is None or kept[0] != stamp:
            data = self.data(path, stamp)
            if data is None:
                return None
            kept = self._outlines[path] = stamp, outline(data)
        return kept[1]

    def defined(self, path: str, stamp: Stamp) -> frozenset[str]:
        """The names of all macros that a header may define: for a vendor's, of which nothing else is read."""
        kept = self._defined.get(path)
        if kept is None or kept[0] != stamp:
            data = self.data(path, stamp) or b""
            names = frozenset(match[1].decode() for match in DEFINE.finditer(data))
            kept = self._defined[path] = stamp, names
            self._kept.pop(path, None)  # a megabyte each, and not needed again
        return kept[1]

    def library(self, path: str, stamp: Stamp) -> Library | None:
        """What a library's file says without being analysed; None where it cannot be read."""
        kept = self._libraries.get(path)
        if kept is None or kept[0] != stamp:
            data = self.data(path, stamp, LARGEST_LIBRARY_BYTES)
            if data is None:
                return None
            code = SILENT.sub(b" ", data)
            functions = frozenset(match[1].decode() for match in FUNCTION.finditer(code))
            names = frozenset(word.decode() for word in set(WORD.findall(code)))
            kept = self._libraries[path] = stamp, Library(functions, names)
            self._kept.pop(path, None)
        return kept[1]


DEFINE = re.compile(rb"^[ \t]*#[ \t]*define[ \t]+([A-Za-z_]\w*)", re.MULTILINE)


def unmarked(data: bytes) -> bytes:
    """The bytes with blanks in place of a byte order mark."""
    return b"   " + data[3:] if data.startswith(b"\xef\xbb\xbf") else data


def outline(data: bytes, *, header: bool = True) -> Outline:
    """The outline of a text; what only a header's is asked for (`used`) is left out of another's."""
    found = directives(data)
    bodies: dict[str, frozenset[str]] = {}
    pasted: dict[str, frozenset[str]] = {}
    for macro in _macros(found):
        bodies[macro.name] = bodies.get(macro.name, frozenset()) | names_in(macro.body)
        if "##" in macro.body:
            pasted[macro.name] = pasted.get(macro.name, frozenset()) | joined(macro.body)
    code, used = code_names(data, found, header=header)
    return Outline(included(found), condition_words(found), bodies, pasted, code, used)


def _macros(found: Iterable[Directive]) -> Iterable[Macro]:
    return (macro for one in found if one.word == "define" and (macro := parsed(one.rest)) is not None)


def included(found: Iterable[Directive]) -> tuple[tuple[str, bool], ...]:
    """What the directives include, in order."""
    matches = (INCLUDE.match(one.rest) for one in found if one.word == "include")
    return tuple((match[1] or match[2], match[1] is None) for match in matches if match)


def condition_words(found: Iterable[Directive]) -> frozenset[str]:
    """The names in conditions."""
    return frozenset().union(*(names_in(one.rest) for one in found if one.word in CONDITIONS))


@lru_cache(maxsize=16384)
def names_in(text: str) -> frozenset[str]:
    """The names in a piece of code."""
    return frozenset(word.decode() for word in WORD.findall(SILENT.sub(b" ", text.encode("utf-8", "replace"))))


PASTE = re.compile(r"(\w*)\s*##\s*(\w*)")


def joined(body: str) -> frozenset[str]:
    """The pieces of names that ## joins."""
    return frozenset(piece for match in PASTE.finditer(body) for piece in match.groups() if piece)


def code_names(
    data: bytes, found: Iterable[Directive], *, header: bool = True
) -> tuple[frozenset[str], frozenset[str]]:
    """(the names outside of directives, comments and strings, those of them that are not only in declarations)."""
    pieces, last = [], 0
    for one in found:
        pieces.append(data[last : one.start])
        last = one.end
    pieces.append(data[last:])
    code = SILENT.sub(b" ", b"\n".join(pieces))
    return _words(code), _words(PROTOTYPE.sub(_without_name, code)) if header else frozenset()


def _words(code: bytes) -> frozenset[str]:
    return frozenset(word.decode() for word in set(WORD.findall(code)))


# A function's declaration: a type, the name, parameters without a body. A call has no type before it.
PROTOTYPE = re.compile(rb"([A-Za-z_]\w*)([\s*]+)([A-Za-z_]\w*)(\s*\([^;{}()]*(?:\([^()]*\)[^;{}()]*)*\)\s*;)")
NO_TYPE = frozenset((b"return", b"else", b"do", b"goto", b"case", b"sizeof", b"throw", b"new", b"delete"))


def _without_name(match: re.Match[bytes]) -> bytes:
    return match[0] if match[1] in NO_TYPE else match[1] + match[2] + match[4]
