"""A structural completion before anybody has judged it: a text with places to fill in, and why it is offered."""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field


class Kind(enum.StrEnum):
    """What an item stands for; the editor shows it as a symbol."""

    SNIPPET = "snippet"
    MODULE = "module"
    FIELD = "field"
    PORT = "port"
    CONSTANT = "constant"
    FUNCTION = "function"
    ENUM_VALUE = "enum value"
    REGISTER = "register"


@dataclass(frozen=True, slots=True)
class Stop:
    """A place for the user to fill in; `text` stands there until then.

    Stops of one `name` are one: what is typed into the first goes into all. Where `text` is nothing that a tool could
    accept (the name of a parameter whose argument nobody knows), `stand_in` is what it reads in its place.
    """

    text: str = ""
    stand_in: str | None = None
    name: str = ""


Body = tuple[str | Stop, ...]


@dataclass(frozen=True, slots=True)
class Proposal:
    """A text that may replace the offsets `start` to `end` of the document, all on the cursor's line.

    `label`, `detail` and `documentation` are for the person who chooses: what it is, what comes in and why.
    `filter` is what is matched with the word typed ("": the label). `asked`: the place asks for just this, so it
    stands above mere names. `judged` False: a plain name that the toolchain itself has told, which needs no run.
    `read`: slang has told facts of this very place, so that it is known to look there.
    Where the tools refuse it, `without` gives the same without the names that their messages blame, and after that
    `plainer` is tried. `files` are those of the workspace that only the text makes a part of the project: the module of
    an instance that nobody had yet.
    """

    label: str
    body: Body
    start: int
    end: int
    kind: Kind = Kind.SNIPPET
    detail: str = ""
    documentation: str = ""
    filter: str = ""
    asked: bool = False
    judged: bool = True
    read: bool = False
    files: tuple[str, ...] = ()
    plainer: Proposal | None = None
    without: Callable[[frozenset[str]], Proposal | None] | None = field(default=None, compare=False)

    @property
    def open(self) -> tuple[str, ...]:
        """The names of what nobody could fill in: the tools read something neutral in its place."""
        stops = (piece for piece in self.body if isinstance(piece, Stop) and piece.stand_in is not None)
        return tuple(dict.fromkeys(stop.text for stop in stops))

    @property
    def text(self) -> str:
        """The plain text."""
        return "".join(piece.text if isinstance(piece, Stop) else piece for piece in self.body)

    @property
    def checked_text(self) -> str:
        """The text that the tools judge."""
        return "".join(_for_tools(piece) for piece in self.body)

    @property
    def snippet(self) -> str:
        """The text in the protocol's snippet syntax, with numbered tab stops and the cursor's last place at the end."""
        numbers: dict[str, int] = {}
        pieces, count = [], 0
        for piece in self.body:
            if not isinstance(piece, Stop):
                pieces.append(_escaped(piece))
                continue
            if piece.name and piece.name in numbers:
                pieces.append(f"${{{numbers[piece.name]}}}")
                continue
            count += 1
            if piece.name:
                numbers[piece.name] = count
            pieces.append(f"${{{count}:{_escaped(piece.text)}}}" if piece.text else f"${{{count}}}")
        return "".join((*pieces, "$0"))


def joined(bodies: Iterable[Body], separator: str) -> Body:
    """Bodies one after the other with a text between."""
    result: list[str | Stop] = []
    for number, body in enumerate(bodies):
        if number:
            result.append(separator)
        result += body
    return tuple(result)


def lines(body: Body, newline: str) -> Body:
    """The body with the document's own line ending."""
    if newline == "\n":
        return body
    return tuple(piece if isinstance(piece, Stop) else piece.replace("\n", newline) for piece in body)


def _for_tools(piece: str | Stop) -> str:
    if not isinstance(piece, Stop):
        return piece
    return piece.text if piece.stand_in is None else piece.stand_in


def _escaped(text: str) -> str:
    for character in "\\$}":
        text = text.replace(character, "\\" + character)
    return text
