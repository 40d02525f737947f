"""Findings as JSON of our own, for scripts. Lines and columns count from 1; columns are Unicode code points."""

from __future__ import annotations

import json
from typing import Any

from signoff.lsp_server.memory import regions_json
from signoff.lsp_server.report.result import SEVERITY_NAMES, CheckResult
from signoff.verifiers.finding import Finding, Severity, Span
from signoff.verifiers.mcu.facts import LinkedImage

FORMAT_VERSION = 1


def render(result: CheckResult) -> str:
    """One object: version, findings, tools, summary (docs/command-line.md lists the keys)."""
    document = {
        "version": FORMAT_VERSION,
        "findings": [_finding(finding, result) for finding in result.findings],
        "tools": [
            {
                "name": tool.name,
                "version": tool.version,
                "seconds": round(tool.seconds, 3),
                "trouble": list(tool.trouble),
                "judged": tool.judged,
            }
            for tool in result.tools
        ],
        "images": [_image(image) for image in result.images],
        "summary": {
            "files": len(result.files),
            "errors": result.count(Severity.ERROR),
            "warnings": result.count(Severity.WARNING),
            "errorsElsewhere": result.elsewhere,
            "seconds": round(result.seconds, 3),
        },
    }
    return json.dumps(document, indent=2, ensure_ascii=False) + "\n"


def _image(image: LinkedImage) -> dict[str, Any]:
    return {"name": image.image, "linked": image.linked, "memory": regions_json(image)}


def _finding(finding: Finding, result: CheckResult) -> dict[str, Any]:
    return {
        "path": result.name(finding.path),
        **_span(finding.span),
        "severity": SEVERITY_NAMES[finding.severity],
        "code": finding.code,
        "category": finding.category.value,
        "message": finding.message,
        "tools": list(finding.tools or (finding.tool,)),
        "helpUrl": finding.help_url,
        "related": [
            {"path": result.name(place.path), **_span(place.span), "message": place.message}
            for place in finding.related
        ],
    }


def _span(span: Span) -> dict[str, int]:
    return {
        "line": span.start_line + 1,
        "column": span.start_column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }
