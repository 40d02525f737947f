"""Which of Verilator's findings can be believed: of a guessed project, of delays in hardware."""

from __future__ import annotations

import re
from collections.abc import Iterable

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.overlay import SourceLines
from signoff.verifiers.hdl.verilator_codes import CROSS_FILE, DELAY, NEEDS_TIMING
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# How far back the block that a delay stands in may begin, in lines.
BLOCK_LINES = 400
COMMENT = re.compile(r"//.*|/\*.*?\*/|\"(?:\\.|[^\"\\])*\"")
OPENER = re.compile(
    r"\b(initial|final|always_comb|always_ff|always_latch|always\s*@|always|task|function|module)(?!\w)"
)
HARDWARE = re.compile(r"always_|always\s*@")


def trustworthy(findings: Iterable[Finding], snapshot: Snapshot, project: Project) -> tuple[tuple[Finding, ...], str]:
    """The findings of a guessed project without those that a file not found may have caused, and what was left out."""
    found = tuple(findings)
    if project.missing or any(finding.code in CROSS_FILE for finding in found):
        # Whatever follows from a name that is not known (a type is a syntax error to Verilator) looks like a fault.
        kept = tuple(finding for finding in found if finding.severity is not Severity.ERROR)
    else:
        kept = tuple(finding for finding in found if not _across_files(finding))
    missing = sorted({finding.message for finding in found if finding.code in CROSS_FILE})
    return kept, f"not all files of the design are known: {missing[0]}" if missing else ""


def _across_files(finding: Finding) -> bool:
    others = {related.path for related in finding.related} - {finding.path}
    return finding.severity is Severity.ERROR and bool(others)


def delays_in_logic(findings: Iterable[Finding], lines: SourceLines) -> tuple[Finding, ...]:
    """The findings with delays (#2) only where they are told of hardware: in an always block that waits for events.

    A clock generator (always #5 clk = ~clk), an initial block or a task is a testbench's: nothing is said of it.
    """
    return tuple(
        finding
        for finding in findings
        if finding.code not in NEEDS_TIMING and (finding.code != DELAY or _in_logic(finding, lines))
    )


def _in_logic(finding: Finding, lines: SourceLines) -> bool:
    line = finding.span.start_line
    text = lines(finding.path, line)[: finding.span.start_column]
    for number in range(line, max(line - BLOCK_LINES, -1), -1):
        openers = OPENER.findall(COMMENT.sub(" ", text))
        if openers:
            return HARDWARE.match(openers[-1]) is not None
        text = lines(finding.path, number - 1) if number else ""
    return False
