"""A shared array whose rows all begin in one bank: a column more, where nothing depends on the rows' length."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.ground import Ground


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """Pad the rows of the array that the finding names by one element."""
    name = ground.data.get("array") or ground.data.get("variable", "")
    if ground.finding.code != "BankConflict" or not name.isidentifier():
        return
    kernel = next((one for one in ground.unit.kernels if _holds(ground, one.span.start_line, one.span.end_line)), None)
    declared = None if kernel is None else _declaration(ground, ground.range(kernel.span), name)
    if kernel is None or declared is None or not _only_elements(ground, ground.range(kernel.span), name):
        return
    # `T name[rows][columns]`: behind the last token of the columns.
    closing = ground.src.closing(ground.src.closing(declared + 1) + 1)
    place = ground.src.token(closing - 1).end
    title = f"Pad the rows of '{name}' by one element, so that a column lies in different banks"
    yield ground.candidate(title, (ground.insert(place, " + 1"),), "banks")


def _holds(ground: Ground, first: int, last: int) -> bool:
    return first <= ground.finding.span.start_line <= last


def _declaration(ground: Ground, kernel: range, name: str) -> int | None:
    """The index of the name in its one declaration as a shared array of two dimensions without initialiser."""
    src = ground.src
    marks = [n for n in kernel if src.word(n) == "__shared__"]
    found = [n for mark in marks for n in range(mark, mark + 6) if src.word(n) == name]
    if len(found) != 1 or src.word(found[0] + 1) != "[":
        return None
    second = src.closing(found[0] + 1) + 1
    end = src.closing(second)
    return found[0] if src.word(second) == "[" and src.word(end + 1) in (";", ",") else None


def _only_elements(ground: Ground, kernel: range, name: str) -> bool:
    """Whether the array is only ever used element by element: no address, row or size of it is taken."""
    src = ground.src
    for number in kernel:
        if src.word(number) != name:
            continue
        first = src.closing(number + 1)
        if src.word(number + 1) != "[" or src.word(first + 1) != "[" or src.word(number - 1) in ("&", ".", "->"):
            return False
        if src.word(src.closing(first + 1) + 1) == "[":
            return False
    return True
