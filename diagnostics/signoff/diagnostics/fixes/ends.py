"""A block that lacks its closing keyword (`end`, `endmodule`, `endcase` ...) or its `begin`; a surplus closer."""

from __future__ import annotations

from collections.abc import Iterator

from signoff.diagnostics.fixes.blocks import END_WORDS, Gap, gaps, lost_begins, structure
from signoff.diagnostics.fixes.candidate import FixCandidate, replacement
from signoff.diagnostics.fixes.source import Source, indent_of, newline_of, quoted, source
from signoff.verifiers.finding import Finding, Severity
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex

MAX_GAPS = 5


def propose(finding: Finding, snapshot: Snapshot, project: Project, index: LineIndex) -> Iterator[FixCandidate]:
    """Close the block where its layout ends, else where the parser stood; open one whose `end` shows where."""
    if finding.severity is not Severity.ERROR:
        return
    src, blocks = source(index.text), structure(index.text)
    if any(block.closer < 0 for block in blocks.blocks):
        for gap in gaps(index.text, index)[:MAX_GAPS]:
            yield _close(finding, src, index, gap)
    wanted = quoted(finding.message)[:1]
    if finding.code == "ExpectedToken" and wanted and wanted[0] in END_WORDS:
        yield _close_here(finding, src, index, wanted[0])
    if finding.code == "NotAllowedInGenerate":
        yield _close_here(finding, src, index, "endgenerate")
    if blocks.surplus or any(block.closer < 0 for block in blocks.blocks):
        begins = lost_begins(index.text, index)[:MAX_GAPS]
        for place in begins:
            title = f"Insert 'begin' at the end of line {index.position(place)[0] + 1}"
            yield FixCandidate(title, (replacement(index, place, place, " begin"),), "ends", finding)
        if not begins:
            yield from (_remove(finding, src, index, number) for number in blocks.surplus[:2])


def _close(finding: Finding, src: Source, index: LineIndex, gap: Gap) -> FixCandidate:
    word = gap.block.end_word
    opener = src.token(gap.block.opener)
    line = index.position(opener.start)[0] + 1
    newline = newline_of(index.text)
    fresh = gap.offset == 0 or index.text[gap.offset - 1] in "\r\n"
    text = f"{gap.indent}{word}{newline}" if fresh else f"{newline}{gap.indent}{word}{newline}"
    edit = replacement(index, gap.offset, gap.offset, text)
    return FixCandidate(f"Insert '{word}' for the '{opener.text}' of line {line}", (edit,), "ends", finding)


def _close_here(finding: Finding, src: Source, index: LineIndex, word: str) -> FixCandidate:
    """On a line of its own before the token that the parser could not take."""
    number = src.from_(index.offsets(finding.span)[0])
    line = index.position(src.token(number).start)[0] if number < len(src.tokens) else len(index.starts) - 1
    newline = newline_of(index.text)
    if number < len(src.tokens) and not index.text[index.starts[line] : src.token(number).start].strip():
        place, text = index.starts[line], f"{indent_of(index.line(line))}{word}{newline}"
    else:
        place = src.token(number - 1).end if number else 0
        text = f"{newline}{word}" if number == len(src.tokens) else f" {word}"
    title = f"Insert '{word}' at line {index.position(place)[0] + 1}"
    return FixCandidate(title, (replacement(index, place, place, text),), "ends", finding)


def _remove(finding: Finding, src: Source, index: LineIndex, number: int) -> FixCandidate:
    token = src.token(number)
    line = index.position(token.start)[0]
    start, end = token.start, token.end
    if not index.line(line).replace(token.text, "", 1).strip():
        start, end = index.starts[line], index.starts[line + 1] if line + 1 < len(index.starts) else len(index.text)
    edit = replacement(index, start, end, "")
    return FixCandidate(f"Remove the surplus '{token.text}' of line {line + 1}", (edit,), "ends", finding)
