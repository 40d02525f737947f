"""Which of Verilator's findings can be believed while the project is only guessed."""

from __future__ import annotations

from collections.abc import Iterable

from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.hdl.verilator_codes import CROSS_FILE
from signoff.verifiers.project import Project


def trustworthy(findings: Iterable[Finding], project: Project) -> tuple[tuple[Finding, ...], str]:
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
