"""A literal whose stated width is not the one its place has: state that one, where the value fits."""

from __future__ import annotations

import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.source import Token, source
from signoff.verifiers.finding import Finding
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

CODES = frozenset(("WidthTruncate", "WidthExpand", "WIDTHTRUNC", "WIDTHEXPAND", "VectorLiteralOverflow"))
_SIZED = re.compile(r"(\d[\d_]*)(\s*'\s*)([bodhBODH])(\s*)([0-9a-fA-F_]+)$")
_BASES = {"b": 2, "o": 8, "d": 10, "h": 16}
_TARGETS = (
    re.compile(r"from \d+ to (\d+) bits"),
    re.compile(r"expects (\d+)(?: or \d+)? bits"),
    re.compile(r"\((\d+) bits needed\)"),
)


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Resize the literal at the place; a computed width says nothing about what was meant, so nothing else is."""
    if finding.code not in CODES:
        return
    found = next((match for pattern in _TARGETS if (match := pattern.search(finding.message))), None)
    if found is None:
        return
    for token in _literals(finding, index):
        text = _resized(token, int(found.group(1)))
        if text is not None:
            edit = replacement(index, token.start, token.end, text)
            yield FixCandidate(f"Write {text} for {token.text}", (edit,), "literals", finding)


def _literals(finding: Finding, index: LineIndex) -> list[Token]:
    src = source(index.text)
    start = src.at(index.offsets(finding.span)[0])
    line_end = index.line_end(finding.span.start_line)
    numbers = [token for token in src.tokens[start : src.from_(line_end)] if _SIZED.match(token.text)]
    const = re.search(r"CONST '(\d+)'", finding.message)
    if const is not None:
        numbers = [token for token in numbers if token.text.startswith(f"{const.group(1)}'")]
    return numbers[:1]


def _resized(token: Token, width: int) -> str | None:
    match = _SIZED.match(token.text)
    if match is None:
        return None
    size, quote, base, gap, digits = match.groups()
    try:
        value = int(digits.replace("_", ""), _BASES[base.lower()])
    except ValueError:
        return None
    if int(size) == width or value >= 1 << width:
        return None
    return f"{width}{quote}{base}{gap}{digits}"
