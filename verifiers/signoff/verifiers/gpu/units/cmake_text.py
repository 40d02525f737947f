"""The syntax of CMakeLists.txt: commands and their arguments. Nothing is evaluated here.

Grammar: https://cmake.org/cmake/help/latest/manual/cmake-language.7.html
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

_TOKEN = re.compile(
    r"""(?P<comment>\#\[(?P<deep>=*)\[.*?(?:\](?P=deep)\]|\Z) | \#[^\n]*)
    | \[(?P<level>=*)\[\n?(?P<bracket>.*?)\](?P=level)\]
    | "(?P<quoted>(?:[^"\\]|\\.)*)"
    | (?P<paren>[()])
    | (?P<word>(?:[^\s()\#"\\]|\\.|"[^"\n]*")+)""",
    re.VERBOSE | re.DOTALL,
)
_ESCAPE = re.compile(r"\\([^\w;]|\n)", re.DOTALL)
_NAME = re.compile(r"[A-Za-z_]\w*")


@dataclass(frozen=True, slots=True)
class Argument:
    """One argument as written, escapes resolved. `quoted`: it is one word whatever it expands to."""

    text: str
    quoted: bool = False


@dataclass(frozen=True, slots=True)
class Command:
    """One call; `name` in lower case, as CMake ignores its case. Parentheses among the arguments are arguments."""

    name: str
    arguments: tuple[Argument, ...]


def commands(text: str) -> Iterator[Command]:
    """The commands of a file, in order. Broken text never raises: what is no command is passed over."""
    name, depth = "", 0
    arguments: list[Argument] = []
    for match in _TOKEN.finditer(text):
        if match["comment"] is not None:
            continue
        if depth == 0:
            if match["word"] is not None:
                name = match["word"] if _NAME.fullmatch(match["word"]) else ""
            elif match["paren"] == "(" and name:
                depth, arguments = 1, []
            continue
        depth += {"(": 1, ")": -1}.get(match["paren"] or "", 0)
        if depth == 0:
            yield Command(name.lower(), tuple(arguments))
            name = ""
        else:
            arguments.append(_argument(match))


def _argument(match: re.Match[str]) -> Argument:
    if match["bracket"] is not None:
        return Argument(match["bracket"], quoted=True)
    if match["quoted"] is not None:
        return Argument(_ESCAPE.sub(r"\1", match["quoted"].replace("\\\n", "")), quoted=True)
    return Argument(match["paren"] or _ESCAPE.sub(r"\1", match["word"]))
