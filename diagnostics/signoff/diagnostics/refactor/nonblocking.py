"""Blocking assignments in a clocked process become non-blocking, where it does not need the new values itself."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.blocking import read_after
from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.modules import VARIABLES
from signoff.diagnostics.fixes.source import Source
from signoff.diagnostics.fixes.statements import Always, assignments
from signoff.diagnostics.refactor.site import Site, listed
from signoff.verifiers.finding import Category

NAME = "nonblocking"


def propose(site: Site) -> Iterator[FixCandidate]:
    """One candidate a process: all its registers that nothing in it reads after they are assigned."""
    src = site.src
    for block in site.processes():
        if not block.clocked or not (made := _blocking(src, block)):
            continue
        names = list(dict.fromkeys(name for name, _ in made))
        finding = site.finding(
            NAME,
            src.token(block.keyword).start,
            src.token(block.last).end,
            f"{', '.join(repr(name) for name in names)}: blocking assignments in a clocked process",
            Category.BLOCKING,
        )
        edits = tuple(site.replace(src.token(n).start, src.token(n).end, "<=") for _, n in made)
        title = f"Assign {listed(names)} non-blocking ('<=') in this clocked process"
        yield FixCandidate(title, edits, NAME, finding, keeps=True)


def _blocking(src: Source, block: Always) -> list[tuple[str, int]]:
    """(name, token index of its `=`) of every assignment that can be made non-blocking."""
    heads = _heads(src, block)
    every = assignments(src, block.statement, block.last)
    made = [(name, n) for name, n in every if src.word(n) == "=" and n not in heads]
    first = dict(reversed(made))
    # What is written both ways, or steps a loop, is not for an edit of this kind.
    other = {name for name, n in every if src.word(n) == "<=" or n in heads} | _local(src, block)
    kept = {name for name, n in first.items() if name in other or read_after(src, block, name, n)}
    return [(name, n) for name, n in made if name not in kept]


def _heads(src: Source, block: Always) -> set[int]:
    """The tokens between the brackets of `for (...)`."""
    heads: set[int] = set()
    for number in range(block.statement, block.last):
        if src.word(number) == "for" and src.word(number + 1) == "(":
            heads.update(range(number + 1, src.closing(number + 1) + 1))
    return heads


def _local(src: Source, block: Always) -> set[str]:
    """Names declared in the process: they are automatic or serve it alone."""
    found: set[str] = set()
    number = block.statement
    while number < block.last:
        if src.word(number) in (*VARIABLES, "automatic", "static", "var"):
            while number < block.last and src.word(number) != ";":
                if src.token(number).is_name:
                    found.add(src.word(number))
                number += 1
        number += 1
    return found
