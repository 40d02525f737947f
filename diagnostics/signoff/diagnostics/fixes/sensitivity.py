"""A combinational block that does not wait for everything it reads."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.source import quoted, source
from signoff.diagnostics.fixes.statements import always_at
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

CODES = frozenset(("IncompleteSensitivityList",))


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Wait for everything (`@(*)`), or add the names that are missing."""
    if finding.code not in CODES:
        return
    src = source(index.text)
    block = always_at(index.text, index.offsets(finding.span)[0])
    if block is None or block.clocked or src.word(block.keyword + 1) != "@":
        return
    event, last = src.token(block.keyword + 1), src.token(block.statement - 1)
    edit = replacement(index, event.start, last.end, "@(*)")
    yield FixCandidate("Wait for everything that the block reads: @(*)", (edit,), "sensitivity", finding)
    listed = {src.word(number) for number in range(block.keyword + 2, block.statement)}
    values = (*quoted(finding.message), *(value for key, value in finding.data if key == "missing"))
    missing = [name for name in dict.fromkeys(values) if name.isidentifier() and name not in listed | {"always"}]
    if missing and last.text == ")":
        joint = ", " if "," in listed else " or "
        edit = replacement(index, last.start, last.start, "".join(joint + name for name in missing))
        names = ", ".join(f"'{name}'" for name in missing)
        yield FixCandidate(f"Add {names} to the sensitivity list", (edit,), "sensitivity", finding)
