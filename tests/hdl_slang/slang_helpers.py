"""Short ways to make snapshots and to look at findings."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from signoff.verifiers.finding import Finding
from signoff.verifiers.snapshot import Snapshot


def snapshot(path: Path | str, text: str, version: int = 1) -> Snapshot:
    return Snapshot(Path(path).as_uri() if path else "untitled:1", str(path), "systemverilog", version, text)


def codes(findings: Sequence[Finding]) -> list[str]:
    return [finding.code for finding in findings]


def marked(text: str, finding: Finding) -> str:
    """The text that a finding's span covers (one line)."""
    line = text.splitlines()[finding.span.start_line]
    return line[finding.span.start_column : finding.span.end_column]


def position(text: str, pattern: str) -> tuple[int, int]:
    """(line, column) of the first occurrence of a pattern."""
    before = text[: text.index(pattern)]
    return before.count("\n"), len(before) - before.rfind("\n") - 1
