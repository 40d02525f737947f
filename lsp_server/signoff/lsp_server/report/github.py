"""Findings as GitHub Actions workflow commands: annotations on the lines of a pull request.

Source: https://docs.github.com/en/actions/reference/workflows-and-actions/workflow-commands
"""

from __future__ import annotations

from signoff.lsp_server.report.result import CheckResult
from signoff.lsp_server.report.text import summary
from signoff.verifiers.finding import Finding, Severity

COMMANDS = {
    Severity.ERROR: "error",
    Severity.WARNING: "warning",
    Severity.INFORMATION: "notice",
    Severity.HINT: "notice",
}


def render(result: CheckResult) -> str:
    """A workflow command a line, then the summary as plain text."""
    lines = [_command(finding, result) for finding in result.findings]
    return "\n".join([*lines, summary(result)]) + "\n"


def _command(finding: Finding, result: CheckResult) -> str:
    span = finding.span
    title = f"{finding.code} ({', '.join(finding.tools or (finding.tool,))})"
    properties = {"file": result.name(finding.path), "line": span.start_line + 1, "endLine": span.end_line + 1}
    # GitHub takes columns only where start and end lie on one line.
    if span.start_line == span.end_line:
        properties |= {"col": span.start_column + 1, "endColumn": max(span.end_column, span.start_column + 1)}
    listed = ",".join(f"{name}={_property(str(value))}" for name, value in (properties | {"title": title}).items())
    return f"::{COMMANDS[finding.severity]} {listed}::{_data(finding.message)}"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
