"""Which of Verilator's errors can be believed: in a guessed project, and beyond what it can read."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.verilator_codes import CROSS_FILE
from signoff.verifiers.project import Project

# What Verilator cannot do; it ends there, before it has checked the rest.
LIMIT = "UNSUPPORTED"


def trustworthy(findings: Iterable[Finding], project: Project) -> tuple[tuple[Finding, ...], str]:
    """The findings of a guessed project without those that a file not found may have caused, and what was left out."""
    found = tuple(finding for finding in findings if not _of_another_unit(finding))
    if project.missing or any(finding.code in CROSS_FILE for finding in found):
        # Whatever follows from a name that is not known (a type is a syntax error to Verilator) looks like a fault.
        kept = tuple(finding for finding in found if finding.severity is not Severity.ERROR)
    else:
        kept = tuple(finding for finding in found if not _across_files(finding))
    if len(kept) == len(found):
        return kept, ""
    missing = sorted({finding.message for finding in found if finding.code in CROSS_FILE})
    return kept, f"not all files of the design are known: {missing[0] if missing else ', '.join(project.missing)}"


def _across_files(finding: Finding) -> bool:
    others = {related.path for related in finding.related} - {finding.path}
    return finding.severity is Severity.ERROR and bool(others)


def _of_another_unit(finding: Finding) -> bool:
    """True for a macro that two files define: in a guessed project they may never be compiled together."""
    return finding.code == "REDEFMACRO" and {related.path for related in finding.related} != {finding.path}


def is_doubtful(finding: Finding) -> bool:
    """True for an error without a name of Verilator's own: a syntax error, say, may be a construct it does not know."""
    return finding.severity is Severity.ERROR and not finding.help_url


def without_limits(findings: Iterable[Finding], second: Iterable[Finding]) -> tuple[Finding, ...]:
    """The findings, with the doubtful errors that `second`, what slang says, does not confirm told as a limit.

    An error of slang in the file confirms them all, a warning those of its line: slang is laxer about literals, say.
    But a line that slang can parse has no syntax error. A limit is told once a file.
    """
    second = [finding for finding in second if finding.severity <= Severity.WARNING]
    faulty = {finding.path for finding in second if finding.severity is Severity.ERROR}
    lines = {(finding.path, finding.span.start_line) for finding in second}
    kept: list[Finding] = []
    told: set[str] = set()
    for finding in findings:
        warned = finding.code != "SYNTAX" and (finding.path, finding.span.start_line) in lines
        if not is_doubtful(finding) or finding.path in faulty or warned:
            kept.append(finding)
        elif finding.path not in told:
            told.add(finding.path)
            message = f"Verilator cannot read this, slang can: {finding.message}"
            kept.append(replace(finding, severity=Severity.INFORMATION, code=LIMIT, message=message))
    return tuple(kept)
