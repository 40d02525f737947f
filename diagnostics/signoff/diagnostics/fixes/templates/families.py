"""All families of templates by language, and which codes each looks at. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from signoff.diagnostics.fixes.templates import (
    defaults,
    edges,
    indices,
    kinds,
    names,
    numerals,
    operators,
    ports,
    resizing,
    separators,
    words,
)
from signoff.diagnostics.fixes.templates.place import VERILOG, Family

HDL: tuple[tuple[Iterable[str], Family], ...] = (
    (words.CODES, words.draft),
    (operators.CODES, operators.draft),
    (numerals.CODES, numerals.draft),
    (indices.CODES, indices.draft),
    (separators.CODES, separators.draft),
    (ports.CODES, ports.draft),
    (names.CODES, names.draft),
    (kinds.CODES, kinds.draft),
    (edges.CODES, edges.draft),
    (defaults.CODES, defaults.draft),
    (resizing.CODES, resizing.draft),
)


@cache
def of(language: str) -> Mapping[str, tuple[Family, ...]]:
    """The families of a language by the codes that they look at."""
    found: dict[str, list[Family]] = {}
    for codes, family in HDL if language in VERILOG else ():
        for code in codes:
            found.setdefault(code, []).append(family)
    return {code: tuple(families) for code, families in found.items()}
