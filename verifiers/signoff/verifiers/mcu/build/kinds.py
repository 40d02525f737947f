"""Which files are projects of which build system, who reads them, and which are read at once."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from signoff.verifiers.mcu.build.reading import Reading

Reader = Callable[[str], Reading]


def split(
    build_files: Iterable[str], asked: frozenset[str]
) -> tuple[tuple[tuple[Reader, tuple[str, ...]], ...], tuple[str, ...]]:
    """(readers with their files, most trustworthy first; the files that are only read once they are asked for)."""
    return (), ()
