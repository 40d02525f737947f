"""Where a function is defined that no object has: in sources which the build does not list, or leaves out by #if."""

from __future__ import annotations

import os
import re
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

from signoff.verifiers.file_kinds import is_skipped
from signoff.verifiers.project import Image

SOURCES = (".c", ".cc", ".cpp", ".cxx", ".s")
# Where sources lie as seen from an include folder: STM32Cube, and most libraries, have Inc beside Src.
BESIDE = (".", "../Src", "../src", "../Source")
MAX_FILES = 6000
MAX_BYTES = 2_000_000
SECONDS = 1.0
DIRECTIVE = re.compile(
    r"^[ \t]*#[ \t]*(if|ifdef|ifndef|elif|else|endif|define)\b[ \t]*(.*?)[ \t]*(?://.*|/\*.*)?$", re.MULTILINE
)
DEFINED = re.compile(r"defined[ \t]*\(?[ \t]*([A-Za-z_]\w*)")
# Between the parameters and the body: attributes, comments.
FOLLOWS = re.compile(r"(?:\s|/\*.*?\*/|//[^\n]*|__\w+(?:\s*\(\([^()]*(?:\([^()]*\))?[^()]*\)\))?)*\{", re.DOTALL)
ATTRIBUTE = re.compile(r"__attribute__\s*\(\([^()]*(?:\([^()]*\))?[^()]*\)\)")
RETURNS = re.compile(r"(?:return|else|case|goto|do)\b")
HEAD_LIMIT = 300
PARAMETERS_LIMIT = 4000


@dataclass(frozen=True, slots=True)
class Definition:
    """A function's definition in a source: `line` from 0; `needs` are the macros of the #if lines around it."""

    path: str
    line: int
    listed: bool
    static: bool = False
    needs: tuple[str, ...] = ()


def find(name: str, image: Image) -> tuple[Definition, ...]:
    """Definitions of a function in the image's sources and in those that lie beside them, the listed ones first."""
    listed = {os.path.realpath(unit.source): unit.source for unit in image.units}
    found = []
    for path in candidates(image, listed.values()):
        text = _holding(path, name)
        start = body_of(name, text) if text else -1
        if start >= 0:
            static = "static" in _head(text, start).split()
            own = os.path.realpath(path) in listed
            found.append(Definition(path, text.count("\n", 0, start), own, static, conditions(text, start)))
    return tuple(sorted(found, key=lambda one: (not one.listed, one.path)))


def body_of(name: str, text: str) -> int:
    """Where a function's name stands in its definition; -1 where the text only declares or calls it."""
    for match in re.finditer(rf"\b{re.escape(name)}\b[ \t]*\(", text):
        head = _head(text, match.start())
        end = _closing(text, match.end())
        if re.fullmatch(r"(?:[A-Za-z_]\w*[\s*]+)+", head) and FOLLOWS.match(text, end) and not RETURNS.match(head):
            return match.start()
    return -1


def _head(text: str, at: int) -> str:
    """What stands before a name since the last statement, comment or directive ended."""
    before = ATTRIBUTE.sub(" ", text[max(0, at - HEAD_LIMIT) : at])
    return re.split(r"[;{}#/()\"'=,]|\n[ \t]*\n", before)[-1].lstrip()


def _closing(text: str, at: int) -> int:
    """The offset behind the parenthesis that closes the one before `at`."""
    depth = 1
    for match in re.compile(r"[()]").finditer(text, at, min(len(text), at + PARAMETERS_LIMIT)):
        depth += 1 if match[0] == "(" else -1
        if not depth:
            return match.end()
    return len(text)


def candidates(image: Image, listed: Iterable[str]) -> Iterator[str]:
    """Sources that may be meant to belong: the listed, those in their folders, beside include folders, in the root."""
    folders: dict[str, None] = {}
    deadline = time.monotonic() + SECONDS
    for unit in image.units:
        folders[os.path.dirname(unit.source)] = None
        for place in unit.include_dirs:
            folders.update(
                dict.fromkeys(
                    os.path.normpath(os.path.join(place, other)) for other in (".", "../Src", "../src", "../Source")
                )
            )
    seen: set[str] = set()
    for path in (*listed, *(one for folder in folders for one in _sources(folder)), *_below(image.root)):
        if len(seen) >= MAX_FILES or time.monotonic() > deadline:
            return
        if path not in seen:
            seen.add(path)
            yield path


def conditions(text: str, offset: int) -> tuple[str, ...]:
    """The macros that must be defined for what is at `offset` to be compiled, outermost first."""
    stack: list[tuple[str, ...]] = []
    for match in DIRECTIVE.finditer(text, 0, offset):
        word, rest = match[1], match[2]
        if word in ("if", "ifdef", "ifndef"):
            stack.append(_macros(word, rest))
        elif word in ("elif", "else") and stack:
            stack[-1] = _macros("if", rest) if word == "elif" else ()
        elif word == "endif" and stack:
            stack.pop()
    return tuple(dict.fromkeys(name for names in stack for name in names))


def _macros(word: str, rest: str) -> tuple[str, ...]:
    if word == "ifdef":
        name = re.match(r"[A-Za-z_]\w*", rest)
        return (name[0],) if name else ()
    # Of `defined(A) || defined(B)` no one name is needed.
    return tuple(DEFINED.findall(rest)) if word == "if" and "||" not in rest and "!" not in rest else ()


def _sources(folder: str) -> Iterator[str]:
    try:
        with os.scandir(folder) as entries:
            names = sorted(entry.path for entry in entries if entry.name.lower().endswith(SOURCES))
    except OSError:
        return
    yield from names


def _below(root: str) -> Iterator[str]:
    for folder, inner, names in os.walk(root):
        inner[:] = sorted(name for name in inner if not is_skipped(name))
        yield from (os.path.join(folder, name) for name in sorted(names) if name.lower().endswith(SOURCES))


def _holding(path: str, name: str) -> str:
    """A file's text where the name is in it, else ""."""
    try:
        if os.path.getsize(path) > MAX_BYTES:
            return ""
        data = Path(path).read_bytes()
    except (OSError, ValueError):
        return ""
    return data.decode("utf-8", "replace") if name.encode() in data else ""
