"""The clock and reset that a module uses: from its own always blocks, else guessed by the names of its inputs. Pure."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

from signoff.completion.structural.hdl_statement import blanked

_EVENTS = re.compile(
    r"@\s*\(\s*(?P<edge>posedge|negedge)\s+(?P<clock>\w+)"
    r"(?:\s*(?:or\b|,)\s*(?P<reset_edge>posedge|negedge)\s+(?P<reset>\w+))?\s*\)"
    r"(?P<body>\s*(?:begin\b(?:\s*:\s*\w+)?)?\s*if\s*\(\s*(?P<not>[!~]?)\s*(?P<tested>\w+)\s*\))?"
)
_MODULE = re.compile(r"\b(?:module|interface|program)\s+\w+")
_CLOCK = re.compile(r"(?:^|_)(?:clk|clock|ck)(?:_|\d|$)|clk|clock", re.IGNORECASE)
_RESET = re.compile(r"rst|reset", re.IGNORECASE)
_LOW = re.compile(r"(?:n|_ni|_b|_l|_n_i)$|^n_?(?:rst|reset)|rst_?n|reset_?n", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Clocking:
    """A clock with its edge, and a reset ("" where there is none).

    `low`: the reset is active at 0; `asynchronous`: it stands in the event list; `guessed`: by names alone.
    """

    clock: str
    edge: str = "posedge"
    reset: str = ""
    low: bool = False
    asynchronous: bool = False
    guessed: bool = False

    @property
    def events(self) -> str:
        """The event list, without its brackets."""
        also = f" or {'negedge' if self.low else 'posedge'} {self.reset}" if self.reset and self.asynchronous else ""
        return f"{self.edge} {self.clock}{also}"

    @property
    def active(self) -> str:
        """The condition under which the module is reset."""
        return f"{'!' if self.low else ''}{self.reset}"


def module_text(text: str, offset: int) -> str:
    """The text of the module around an offset; "" where there is none."""
    code = blanked(text)
    heads = [match.start() for match in _MODULE.finditer(code, 0, offset)]
    if not heads:
        return ""
    end = re.compile(r"\bend(?:module|interface|program)\b").search(code, heads[-1])
    return code[heads[-1] : end.start() if end else len(code)]


def used(code: str) -> Clocking | None:
    """The clocking that most of a module's always blocks have; `code` without comments."""
    found = Counter(_clocking(match) for match in _EVENTS.finditer(code))
    return found.most_common(1)[0][0] if found else None


def guessed(inputs: Iterable[str]) -> Clocking | None:
    """A clocking by the names of inputs of one bit; None where none looks like a clock."""
    names = list(inputs)
    clock = next((name for name in names if _CLOCK.search(name) and not _RESET.search(name)), "")
    if not clock:
        return None
    reset = next((name for name in names if _RESET.search(name)), "")
    return Clocking(clock, "posedge", reset, bool(_LOW.search(reset.removesuffix("_i"))), False, guessed=True)


def _clocking(match: re.Match[str]) -> Clocking:
    clock, edge = match["clock"], match["edge"]
    if match["reset"]:
        return Clocking(clock, edge, match["reset"], match["reset_edge"] == "negedge", asynchronous=True)
    tested = match["tested"] or ""
    if _RESET.search(tested):
        return Clocking(clock, edge, tested, bool(match["not"]))
    return Clocking(clock, edge)
