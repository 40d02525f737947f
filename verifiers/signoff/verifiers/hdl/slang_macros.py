"""Macros carried from file to file, as in a single compilation unit, without joining the files into one tree.

slang keeps no list of the macros that a file leaves behind, and joining all files would mean to parse all of
them at every keystroke. So the directives alone are replayed in file order, and each file is given, as a text
before it, the definitions from earlier files that it (or a header it includes) mentions.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from pathlib import PurePath

DIRECTIVE = re.compile(
    r"`(?:(?P<define>define)\b[ \t]*(?P<name>[A-Za-z_]\w*)(?:\\\r?\n|[^\n\\]|\\[^\r\n])*"
    r"|(?P<word>undefineall|undef|ifdef|ifndef|elsif|else|endif)\b[ \t]*(?P<argument>[A-Za-z_]\w*)?"
    r'|include\b\s*["<](?P<header>[^">\n]+)[">])'
)
MENTION = re.compile(r"`(?:(?:ifdef|ifndef|elsif)\b)?[ \t]*([A-Za-z_]\w*)")
BLOCK_COMMENT = re.compile(r"/\*.*?(?:\*/|\Z)", re.DOTALL)
MAX_INCLUDE_DEPTH = 32

Reader = Callable[[str], "str | None"]


@dataclass(frozen=True, slots=True)
class Directive:
    """One preprocessor directive: its word, the name it is about, and for `define its whole text."""

    word: str
    name: str
    text: str = ""


@dataclass(frozen=True, slots=True)
class Scan:
    """What a file's text says to the preprocessor: its directives, and every macro name it mentions."""

    directives: tuple[Directive, ...]
    mentions: frozenset[str]


def scan(text: str) -> Scan:
    """The directives of a text, in order, without those in comments."""
    if "`" not in text:
        return Scan((), frozenset())
    comments = _block_comments(text)
    directives = tuple(
        _directive(match) for match in DIRECTIVE.finditer(text) if not _in_comment(text, match.start(), comments)
    )
    return Scan(directives, frozenset(MENTION.findall(text)))


@lru_cache(maxsize=1024)
def scan_header(text: str) -> Scan:
    """scan() of a text that many files include."""
    return scan(text)


def _directive(match: re.Match[str]) -> Directive:
    if match["define"]:
        return Directive("define", match["name"], match[0].rstrip("\r"))
    if match["header"] is not None:
        return Directive("include", match["header"])
    return Directive(match["word"], match["argument"] or "")


def _block_comments(text: str) -> list[tuple[int, int]]:
    spans, position = [], 0
    while match := BLOCK_COMMENT.search(text, position):
        position = match.end()
        if _after_line_comment(text, match.start()):
            position = match.start() + 2
        else:
            spans.append(match.span())
    return spans


def _after_line_comment(text: str, offset: int) -> bool:
    return "//" in text[text.rfind("\n", 0, offset) + 1 : offset]


def _in_comment(text: str, offset: int, comments: list[tuple[int, int]]) -> bool:
    index = bisect_right(comments, (offset, len(text) + 1)) - 1
    return (index >= 0 and comments[index][1] > offset) or _after_line_comment(text, offset)


def carried(
    files: Sequence[tuple[str, Scan]], predefined: Sequence[str], include_dirs: Sequence[str], read: Reader
) -> dict[str, str]:
    """For each file, the text of the definitions that earlier files leave to it ("" for most).

    `files` are (path, scan) in compilation order; `read` gives a header's text, or None where there is none.
    """
    replay = _Replay(include_dirs, read, {name.partition("=")[0]: "" for name in predefined})
    result = {}
    for path, scanned in files:
        before = dict(replay.macros)
        mentions = replay.file(path, scanned)
        result[path] = _prelude(before, mentions)
    return result


def _prelude(macros: Mapping[str, str], mentions: set[str]) -> str:
    wanted: set[str] = set()
    queue = [name for name in mentions if macros.get(name)]
    while queue:
        name = queue.pop()
        if name not in wanted:
            wanted.add(name)
            queue += [inner for inner in MENTION.findall(macros[name]) if macros.get(inner)]
            if "``" in macros[name]:  # names put together from pieces may be any
                wanted = set(macros)
                break
    return "".join(text + "\n" for name, text in macros.items() if name in wanted)


class _Replay:
    """Runs directives over a table of macros; a definition's text is kept, "" for one from the command line."""

    def __init__(self, include_dirs: Sequence[str], read: Reader, macros: dict[str, str]) -> None:
        self.include_dirs = include_dirs
        self.read = read
        self.macros = macros

    def file(self, path: str, scanned: Scan, depth: int = 0) -> set[str]:
        """Replay one file; the names that it and its headers mention."""
        mentions = set(scanned.mentions)
        branches: list[tuple[bool, bool]] = []  # (is live, some branch of this conditional was taken)
        for directive in scanned.directives:
            if directive.word in {"ifdef", "ifndef", "elsif", "else", "endif"}:
                self._branch(directive, branches)
            elif all(live for live, _ in branches):
                mentions |= self._live(directive, path, depth)
        return mentions

    def _branch(self, directive: Directive, branches: list[tuple[bool, bool]]) -> None:
        defined = directive.name in self.macros
        if directive.word in {"ifdef", "ifndef"}:
            live = defined == (directive.word == "ifdef")
            branches.append((live, live))
        elif branches:
            _, taken = branches.pop()
            if directive.word == "elsif":
                branches.append((defined and not taken, defined or taken))
            elif directive.word == "else":
                branches.append((not taken, True))

    def _live(self, directive: Directive, path: str, depth: int) -> set[str]:
        if directive.word == "define":
            self.macros.pop(directive.name, None)
            self.macros[directive.name] = directive.text
        elif directive.word == "undef":
            self.macros.pop(directive.name, None)
        elif directive.word == "undefineall":
            self.macros.clear()
        elif directive.word == "include" and depth < MAX_INCLUDE_DEPTH:
            return self._include(directive.name, path, depth)
        return set()

    def _include(self, name: str, path: str, depth: int) -> set[str]:
        for folder in (str(PurePath(path).parent), *self.include_dirs):
            header = str(PurePath(folder) / name)
            text = self.read(header)
            if text is not None:
                return self.file(header, scan_header(text), depth + 1)
        return set()


def defines_design_unit(text: str, name: str) -> bool:
    """True where a text defines a module, interface, program, package or primitive of this name."""
    keywords = "module|macromodule|interface|program|package|primitive"
    return re.search(rf"\b(?:{keywords})\s+(?:automatic\s+|static\s+)?{re.escape(name)}\b", text) is not None
