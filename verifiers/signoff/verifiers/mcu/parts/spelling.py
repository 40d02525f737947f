"""Names of parts that are none: a misspelt one is told from one that exists and of which nothing is known here."""

from __future__ import annotations

import re
import tomllib
from functools import lru_cache
from importlib import resources

from signoff.verifiers.mcu.build.cores import cpu_of
from signoff.verifiers.slips import slips

_OTHERS = re.compile(r"[^a-z0-9]")


@lru_cache(maxsize=64)
def misspelt(name: str) -> tuple[str, ...]:
    """The known parts that a name is one slip away from, spelt as it is; none where it is a part, ours or another."""
    # STM32F40_41xxx is what ST's older library calls two lines at once.
    plain = _OTHERS.sub("", name.lower().partition("_")[0])
    if not plain or _exists(plain):
        return ()
    lines = known_lines()
    # A letter too many or too few only where none is merely wrong. What follows the line (package, flash) stays.
    for change in (0, -1, 1):
        found = [line for line in lines if slips(plain[: len(line) + change], line) == 1]
        if found:
            return tuple(line + plain[len(line) + change :] for line in found)
    return ()


def known_lines() -> tuple[str, ...]:
    """The lines of parts that Signoff has facts of ("stm32f407")."""
    table = _table()
    return tuple(f"{series}{line}" for series, lines in table["facts"].items() for line in lines)


def _exists(plain: str) -> bool:
    """Whether a part of that name is made: one of a series whose lines are all known, else of any family that is."""
    for series, lines in _table()["lines"].items():
        if plain.startswith(series):
            # Of less than two digits it is a group of lines: stm32f4, stm32f40x.
            line = plain[len(series) :][:2]
            return line in lines or not line.isdigit() or len(line) < 2
    return bool(cpu_of(plain))


@lru_cache(maxsize=1)
def _table() -> dict[str, dict[str, list[str]]]:
    text = (resources.files("signoff.verifiers.mcu.parts") / "lines.toml").read_text("utf-8")
    table: dict[str, dict[str, list[str]]] = tomllib.loads(text)
    return table
