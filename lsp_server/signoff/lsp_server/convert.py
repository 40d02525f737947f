"""Signoff's plain data to what the protocol sends, in the client's own position units."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from lsprotocol import types

from signoff.lsp_server.encoding import range_json
from signoff.lsp_server.uris import uri_of
from signoff.verifiers.finding import Finding, Span
from signoff.verifiers.text import Edit, LineIndex

UNUSED = 1  # DiagnosticTag.Unnecessary: editors grey the text out


def lsp_range(span: Span, index: LineIndex, encoding: str) -> types.Range:
    """A span as lsprotocol's Range."""
    plain = range_json(span, index, encoding)
    return types.Range(types.Position(**plain["start"]), types.Position(**plain["end"]))


def text_edit(edit: Edit, index: LineIndex, encoding: str) -> types.TextEdit:
    """An edit as lsprotocol's TextEdit."""
    return types.TextEdit(lsp_range(edit.span, index, encoding), edit.text)


def diagnostic_json(
    finding: Finding, index: LineIndex, encoding: str, index_of: Callable[[str], LineIndex]
) -> dict[str, Any]:
    """A finding as a diagnostic, ready for JSON.

    Built by hand and not from lsprotocol's classes: this runs for every finding at every keystroke.
    `index_of` gives the lines of the files that related places lie in.
    """
    diagnostic: dict[str, Any] = {
        "range": range_json(finding.span, index, encoding),
        "severity": int(finding.severity),
        "code": finding.code,
        "source": ", ".join(finding.tools or (finding.tool,)),
        "message": finding.message,
        "data": {"category": str(finding.category), "tools": list(finding.tools or (finding.tool,))},
    }
    if finding.help_url:
        diagnostic["codeDescription"] = {"href": finding.help_url}
    if "unused" in finding.code.lower():
        diagnostic["tags"] = [UNUSED]
    if finding.related:
        diagnostic["relatedInformation"] = [
            {
                "location": {
                    "uri": uri_of(related.path),
                    "range": range_json(related.span, index_of(related.path), encoding),
                },
                "message": related.message,
            }
            for related in finding.related
        ]
    return diagnostic
