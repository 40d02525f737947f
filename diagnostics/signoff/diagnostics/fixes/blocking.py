"""Blocking assignments in a clocked block, non-blocking ones in a combinational block."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.source import Source, source
from signoff.diagnostics.fixes.statements import Always, always_at, assignments
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

WANTED = {"BLKSEQ": "<=", "COMBDLY": "="}


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Change the operator of every assignment to the variable in this block, as mixed ones would race."""
    wanted = WANTED.get(finding.code)
    src = source(index.text)
    start, end = index.offsets(finding.span)
    block = always_at(index.text, start)
    if wanted is None or block is None or block.clocked != (wanted == "<="):
        return
    made = assignments(src, block.statement, block.last)
    target = next(((name, n) for name, n in made if src.token(n).end > start and src.word(n) != wanted), None)
    if target is None or src.token(target[1]).start > max(end, index.line_end(finding.span.start_line)):
        return
    name = target[0]
    numbers = [n for other, n in made if other == name and src.word(n) != wanted]
    if wanted == "<=" and read_after(src, block, name, numbers[0]):
        return
    edits = tuple(replacement(index, src.token(n).start, src.token(n).end, wanted) for n in numbers)
    word = "non-blocking" if wanted == "<=" else "blocking"
    times = "" if len(numbers) == 1 else f" ({len(numbers)} times)"
    title = f"Assign '{name}' {word} ('{wanted}'){times}"
    yield FixCandidate(title, edits, "blocking", finding, f"'{name}' changes at another moment")


def read_after(src: Source, block: Always, name: str, operator: int) -> bool:
    """Whether the block uses the new value at once: an intermediate variable, which must stay blocking."""
    written = {n for other, n in assignments(src, block.statement, block.last) if other == name}
    for number in range(operator + 1, block.last + 1):
        if src.word(number) != name:
            continue
        after = number + 1
        while src.word(after) == "[":
            after = src.closing(after) + 1
        # On its own right-hand side (`n = n + 1`) the old value is meant either way.
        own = ";" not in [src.word(k) for k in range(operator, number)]
        if after not in written and not own:
            return True
    return False
