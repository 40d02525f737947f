"""All families of templates by language, and which codes each looks at. A new one is a file and a line here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache

from signoff.diagnostics.fixes.templates import (
    c_operators,
    c_values,
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
from signoff.verifiers.gpu.facts import CUDA_LANGUAGES
from signoff.verifiers.mcu.facts import C_LANGUAGES

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


C_FAMILY: tuple[tuple[Iterable[str], Family], ...] = (
    (c_operators.CODES, c_operators.draft),
    (c_values.CODES, c_values.draft),
)


@cache
def of(language: str) -> Mapping[str, tuple[Family, ...]]:
    """The families of a language by the codes that they look at."""
    found: dict[str, list[Family]] = {}
    known = HDL if language in VERILOG else C_FAMILY if language in C_LANGUAGES | CUDA_LANGUAGES else ()
    for codes, family in known:
        for code in codes:
            found.setdefault(code, []).append(family)
    return {code: tuple(families) for code, families in found.items()}
