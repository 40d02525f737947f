"""Macros: what is defined where, and their expansion as text."""

from __future__ import annotations

import enum
import re
from bisect import bisect_left
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from functools import lru_cache

TOKEN = re.compile(
    r"\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'|\.?\d(?:[eEpP][+-]|'(?=\w)|[\w.])*|[A-Za-z_]\w*|\s+|.", re.DOTALL
)
NAME = re.compile(r"[A-Za-z_]\w*$")
HEAD = re.compile(r"([A-Za-z_]\w*)(\(([^)]*)\))?")
# An expression that grows beyond this is none that a launch's geometry needs.
LONGEST = 4000


class State(enum.Enum):
    """What is known of a name that is no macro for certain."""

    UNDEFINED = "undefined"
    UNKNOWN = "unknown"


@dataclass(frozen=True, slots=True)
class Macro:
    """One #define; `parameters` is None for an object-like macro."""

    name: str
    body: str
    parameters: tuple[str, ...] | None = None


Definition = Macro | State


@lru_cache(maxsize=8192)
def parsed(text: str) -> Macro | None:
    """The macro of what follows #define; None where it has no name."""
    match = HEAD.match(text)
    if match is None:
        return None
    body = text[match.end() :].strip()
    if match[2] is None:
        return Macro(match[1], body)
    parameters = tuple(one.strip() for one in match[3].split(",")) if match[3].strip() else ()
    return Macro(match[1], body, parameters)


def on_command_line(text: str) -> Macro:
    """The macro of a -D option: NAME or NAME=VALUE."""
    name, sign, value = text.partition("=")
    macro = parsed(f"{name} {value if sign else '1'}")
    return macro or Macro(name, value)


@dataclass(slots=True)
class Timeline:
    """What is defined at each offset of one source: what held before its first byte, and its own changes in order."""

    base: Mapping[str, Definition] = field(default_factory=dict)
    changes: dict[str, list[tuple[int, Definition]]] = field(default_factory=dict)

    def change(self, offset: int, name: str, definition: Definition) -> None:
        """Note that `name` means something else from `offset` on."""
        self.changes.setdefault(name, []).append((offset, definition))

    def moved(self, start: int, shift: int) -> Timeline:
        """The same where what begins at an offset or behind it has moved."""
        changes = {
            name: [(at + shift, one) if at >= start else (at, one) for at, one in own]
            for name, own in self.changes.items()
        }
        return Timeline(self.base, changes)

    def at(self, name: str, offset: int) -> Definition | None:
        """What `name` is at an offset; None where nothing was ever said of it."""
        own = self.changes.get(name)
        if own:
            before = bisect_left([at for at, _ in own], offset)
            if before:
                return own[before - 1][1]
        return self.base.get(name)

    def macro_names(self) -> set[str]:
        """Every name that is a macro somewhere."""
        return {*self.base, *self.changes}

    def macros(self) -> Iterator[Macro]:
        """Every definition that holds somewhere."""
        yield from (one for one in self.base.values() if isinstance(one, Macro))
        for own in self.changes.values():
            yield from (one for _, one in own if isinstance(one, Macro))


class Unexpandable(Exception):
    """The text needs a macro that is not known, or one of a kind that is not expanded here (# and ##)."""


@dataclass(frozen=True, slots=True)
class Expander:
    """Expands macros as they stand at one offset."""

    timeline: Timeline
    offset: int
    asked: set[str] = field(default_factory=set)  # names of which it mattered what they are

    def touches(self, text: str) -> bool:
        """Whether a macro, or a name that may be one, stands in the text."""
        names = _names(text)
        self.asked.update(names)
        return any(self.timeline.at(token, self.offset) not in (None, State.UNDEFINED) for token in names)

    def expand(self, text: str, hidden: frozenset[str] = frozenset()) -> str:
        """The text with all macros expanded. Raises Unexpandable."""
        tokens = TOKEN.findall(text)
        result: list[str] = []
        at = 0
        while at < len(tokens):
            piece, at = self._piece(tokens, at, hidden)
            result.append(piece)
            if sum(map(len, result)) > LONGEST:
                raise Unexpandable(text[:40])
        return "".join(result)

    def _piece(self, tokens: list[str], at: int, hidden: frozenset[str]) -> tuple[str, int]:
        token = tokens[at]
        if not NAME.match(token) or token in hidden:
            return token, at + 1
        self.asked.add(token)
        macro = self.timeline.at(token, self.offset)
        if macro is State.UNKNOWN:
            raise Unexpandable(token)
        if not isinstance(macro, Macro):
            return token, at + 1
        if macro.parameters is None:
            self._plain(macro)
            return self.expand(macro.body, hidden | {token}), at + 1
        arguments, end = _arguments(tokens, at + 1)
        if arguments is None:
            return token, at + 1
        return self._call(macro, arguments, hidden), end

    def _call(self, macro: Macro, arguments: list[str], hidden: frozenset[str]) -> str:
        self._plain(macro)
        parameters = macro.parameters or ()
        if not parameters and not arguments[0].strip():
            arguments = []
        if len(arguments) != len(parameters) or "..." in parameters:
            raise Unexpandable(macro.name)
        given = {name: self.expand(text.strip(), hidden) for name, text in zip(parameters, arguments, strict=False)}
        body = "".join(given.get(token, token) for token in TOKEN.findall(macro.body))
        return self.expand(body, hidden | {macro.name})

    @staticmethod
    def _plain(macro: Macro) -> None:
        if "#" in macro.body:
            raise Unexpandable(macro.name)


@lru_cache(maxsize=4096)
def _names(text: str) -> tuple[str, ...]:
    return tuple(dict.fromkeys(token for token in TOKEN.findall(text) if NAME.match(token)))


def _arguments(tokens: list[str], at: int) -> tuple[list[str] | None, int]:
    """The arguments of a macro call whose parenthesis is the next token, and where it ends; None for no call."""
    while at < len(tokens) and tokens[at].isspace():
        at += 1
    if at >= len(tokens) or tokens[at] != "(":
        return None, at
    found, depth = [""], 0
    for end in range(at, len(tokens)):
        token = tokens[end]
        depth += (token in "([{") - (token in ")]}")
        if depth == 0:
            return found, end + 1
        if token == "," and depth == 1:
            found.append("")
        elif end > at:
            found[-1] += token
    return None, at
