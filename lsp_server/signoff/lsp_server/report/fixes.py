"""Findings with the fixes that are proven for them: for a person, and as JSON for scripts."""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Any

from signoff.diagnostics.fixes.proven import ProvenFix, evidence
from signoff.lsp_server.report.result import SEVERITY_NAMES
from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.text import Edit

FORMAT_VERSION = 1


@dataclass(frozen=True, slots=True)
class Listed:
    """A finding of the file `name` (as it is shown), whose text is `source`, and its fixes, the best first.

    `text` is an explanation as Markdown, "" where none was asked for.
    """

    name: str
    finding: Finding
    fixes: Sequence[ProvenFix]
    source: str
    text: str = ""


def as_text(one: Listed) -> str:
    """A line for the finding, and one for each fix."""
    return "\n".join((_head(one), *_lines(one.fixes))) + "\n"


def _head(one: Listed) -> str:
    finding, span = one.finding, one.finding.span
    place = f"{one.name}:{span.start_line + 1}:{span.start_column + 1}"
    told = ", ".join(finding.tools or (finding.tool,))
    message = " ".join(finding.message.split())
    return f"{place}: {SEVERITY_NAMES[finding.severity]}: {message} [{finding.code}: {told}; {finding.category}]"


def _lines(fixes: Sequence[ProvenFix]) -> Iterator[str]:
    for fix in fixes:
        mark = "*" if fix.preferred else " "
        yield f"  {mark} {fix.title}{_reserve(fix)}"
    if not fixes:
        yield "    nothing that can be proven"


def _reserve(fix: ProvenFix) -> str:
    """Why it is not applied unasked."""
    if fix.ambiguous:
        return " - one of several"
    return " - found by trying" if fix.guessed and not fix.preferred else ""


def as_json(listed: Iterable[Listed]) -> str:
    """One object; lines and columns count from 1, columns in Unicode code points (docs/fixes.md lists the keys)."""
    document = {"version": FORMAT_VERSION, "findings": [_finding(one) for one in listed]}
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _finding(one: Listed) -> dict[str, Any]:
    finding = one.finding
    return {
        "path": one.name,
        **_span(finding.span),
        "severity": SEVERITY_NAMES[finding.severity],
        "code": finding.code,
        "category": finding.category.value,
        "message": finding.message,
        "tools": list(finding.tools or (finding.tool,)),
        "fixes": [_fix(fix, one.name) for fix in one.fixes],
    }


def _fix(fix: ProvenFix, name: str) -> dict[str, Any]:
    return {
        "title": fix.title,
        "preferred": fix.preferred,
        **evidence(fix),
        "path": fix.elsewhere.path if fix.elsewhere is not None else name,
        "edits": [_edit(edit) for edit in fix.edits],
    }


def _edit(edit: Edit) -> dict[str, Any]:
    return {**_span(edit.span), "text": edit.text}


def _span(span: Span) -> dict[str, int]:
    return {
        "line": span.start_line + 1,
        "column": span.start_column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }
