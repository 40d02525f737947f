"""Findings as SARIF 2.1.0, for code-scanning services and editors.

Source: https://docs.oasis-open.org/sarif/sarif/v2.1.0/ (sections are named where a rule is not obvious).
"""

from __future__ import annotations

import importlib.metadata
import json
import os
from collections.abc import Iterable
from pathlib import Path
from typing import Any
from urllib.parse import quote

from signoff.diagnostics.explain.finding import kinds
from signoff.lsp_server.report.result import CheckResult
from signoff.verifiers.finding import Finding, Related, Severity, Span

SCHEMA = "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json"
LEVELS = {Severity.ERROR: "error", Severity.WARNING: "warning", Severity.INFORMATION: "note", Severity.HINT: "note"}
BASE = "SRCROOT"
# The kinds of fault, as a taxonomy of the run (3.14.8).
TAXONOMY = "Signoff kinds of fault"


def render(result: CheckResult) -> str:
    """One run of the tool "signoff"; each result names in its properties the tools that said it."""
    rules = {finding.code: finding for finding in reversed(result.findings)}
    order = {code: number for number, code in enumerate(sorted(rules))}
    run = {
        "tool": {"driver": _driver([_rule(rules[code]) for code in order])},
        "columnKind": "unicodeCodePoints",
        "taxonomies": [_taxonomy(result.findings)],
        "originalUriBaseIds": {BASE: {"uri": Path(result.folder).as_uri().rstrip("/") + "/"}},
        "invocations": [_invocation(result)],
        "results": [_result(finding, order[finding.code], result) for finding in result.findings],
    }
    return json.dumps({"$schema": SCHEMA, "version": "2.1.0", "runs": [run]}, indent=2, ensure_ascii=False) + "\n"


def _driver(rules: list[dict[str, Any]]) -> dict[str, Any]:
    return {
        "name": "signoff",
        "version": importlib.metadata.version("signoff"),
        "supportedTaxonomies": [{"name": TAXONOMY}],
        "rules": rules,
    }


def _taxonomy(findings: Iterable[Finding]) -> dict[str, Any]:
    """The kinds that occur, each with what it is."""
    described = kinds()
    taxa: list[dict[str, Any]] = []
    for name in sorted({finding.category.value for finding in findings}):
        taxon: dict[str, Any] = {"id": name}
        if kind := described.get(name):
            taxon |= {"shortDescription": {"text": kind["title"]}, "fullDescription": {"text": kind["text"]}}
        taxa.append(taxon)
    return {"name": TAXONOMY, "version": importlib.metadata.version("signoff"), "taxa": taxa}


def _rule(finding: Finding) -> dict[str, Any]:
    rule: dict[str, Any] = {"id": finding.code, "properties": {"category": finding.category.value}}
    if finding.help_url:
        rule["helpUri"] = finding.help_url
    return rule


def _invocation(result: CheckResult) -> dict[str, Any]:
    """What kept a tool from its end is a notification about the run, not a result (3.20.21)."""
    notes = [
        {"level": "error", "message": {"text": f"{tool.name}: {text}"}, "descriptor": {"id": f"{tool.name}-trouble"}}
        for tool in result.tools
        for text in tool.trouble
    ]
    notes += [
        {"level": "error", "message": {"text": text}, "descriptor": {"id": "path-trouble"}} for text in result.trouble
    ]
    return {"executionSuccessful": not notes, "toolExecutionNotifications": notes}


def _result(finding: Finding, rule: int, result: CheckResult) -> dict[str, Any]:
    entry: dict[str, Any] = {
        "ruleId": finding.code,
        "ruleIndex": rule,
        "level": LEVELS[finding.severity],
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": _location(finding.path, finding.span, result)}],
        "taxa": [{"id": finding.category.value, "toolComponent": {"name": TAXONOMY}}],
        "properties": {"category": finding.category.value, "tools": list(finding.tools or (finding.tool,))},
    }
    if finding.related:
        entry["relatedLocations"] = [_related(number, place, result) for number, place in enumerate(finding.related)]
    return entry


def _related(number: int, place: Related, result: CheckResult) -> dict[str, Any]:
    return {
        "id": number,
        "message": {"text": place.message},
        "physicalLocation": _location(place.path, place.span, result),
    }


def _location(path: str, span: Span, result: CheckResult) -> dict[str, Any]:
    region = {
        "startLine": span.start_line + 1,
        "startColumn": span.start_column + 1,
        "endLine": span.end_line + 1,
        "endColumn": span.end_column + 1,
    }
    name = result.name(path)
    if os.path.isabs(name):  # noqa: PTH117
        return {"artifactLocation": {"uri": Path(path).as_uri()}, "region": region}
    return {"artifactLocation": {"uri": quote(name), "uriBaseId": BASE}, "region": region}
