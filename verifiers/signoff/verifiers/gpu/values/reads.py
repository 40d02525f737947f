"""What an evaluation looked at beyond the function that it began in: this tells whether its result still holds."""

from __future__ import annotations

from dataclasses import dataclass, field


@dataclass(eq=False, slots=True)
class Reads:
    """Names and functions of one text.

    `used`: every use of the name mattered; `declared`: only whether and how the name is declared; `bodies`: the
    functions (by their number in the text) whose statements were looked at. What stands outside of functions is not
    listed: all of it matters always.
    """

    used: set[str] = field(default_factory=set)
    declared: set[str] = field(default_factory=set)
    bodies: set[int] = field(default_factory=set)

    def absorb(self, other: Reads) -> None:
        """Add what another evaluation looked at, whose result is used in this one."""
        self.used |= other.used
        self.declared |= other.declared
        self.bodies |= other.bodies
