"""What an evaluation looked at beyond the function that it began in: this tells whether its result still holds."""

from __future__ import annotations

from collections.abc import Hashable, Sequence
from dataclasses import dataclass, field
from typing import NamedTuple

from tree_sitter import Node

# The path of a result that is of no place at all.
NOWHERE = ""


class Key(NamedTuple):
    """What a result is of: its kind, and its place. That is a range of bytes in the function with a number, counted
    from its first byte, or where the number is None, in the text. Ranges of the document move with its text."""

    kind: Hashable
    path: str = NOWHERE
    number: int | None = None
    start: int = 0
    end: int = 0


def around(nodes: Sequence[Node]) -> tuple[int, int]:
    """The bytes from the first node to the last."""
    return nodes[0].start_byte, nodes[-1].end_byte


@dataclass(eq=False, slots=True)
class Reads:
    """Names and functions of one text; functions are given by their number in it.

    Of names: `used` where every use mattered, `declared` where only what they are declared as did, `outside` where only
    what stands outside of functions did, `local` where only what stands in one function did, `macros` where only what
    they are as macros did. `spelled` and `blanked` are names that mattered even as a part of a word, in the bodies of
    macros and in what preprocessing has taken out.

    Of functions: `bodies` whose statements were looked at, `flows` of which only what steers did: what leaves them, and
    launches. `order`: what stands in which order outside of functions mattered.
    """

    used: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    outside: set[str] = field(default_factory=set)
    macros: set[str] = field(default_factory=set)
    spelled: set[str] = field(default_factory=set)
    blanked: set[str] = field(default_factory=set)
    local: set[tuple[int, str]] = field(default_factory=set)
    bodies: set[int] = field(default_factory=set)
    flows: set[int] = field(default_factory=set)
    order: bool = False

    def absorb(self, other: Reads) -> None:
        """Add what another evaluation looked at, whose result is used in this one."""
        self.used |= other.used
        self.declared |= other.declared
        self.outside |= other.outside
        self.macros |= other.macros
        self.spelled |= other.spelled
        self.blanked |= other.blanked
        self.local |= other.local
        self.bodies |= other.bodies
        self.flows |= other.flows
        self.order = self.order or other.order

    def functions(self) -> set[int]:
        """All functions of which something mattered."""
        return self.bodies | self.flows | {number for number, _ in self.local}

    def moved(self, first: int, shift: int) -> Reads:
        """The same where the functions from number `first` on have other numbers."""
        if not shift or all(number < first for number in self.functions()):
            return self

        def moved(number: int) -> int:
            return number + shift if number >= first else number

        return Reads(
            self.used,
            self.declared,
            self.outside,
            self.macros,
            self.spelled,
            self.blanked,
            {(moved(number), name) for number, name in self.local},
            {moved(number) for number in self.bodies},
            {moved(number) for number in self.flows},
            self.order,
        )
