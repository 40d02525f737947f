"""gcc's own corrections: what it would put in the place of what it does not accept."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator

from signoff.diagnostics.fixes.candidate import FixCandidate
from signoff.diagnostics.fixes.gpu.tokens import scan
from signoff.diagnostics.fixes.mcu.ground import Ground
from signoff.diagnostics.fixes.mcu.names import wrong_name
from signoff.verifiers.finding import Span
from signoff.verifiers.text import Edit

RULE = "corrections"
LONGEST_SHOWN = 30
# gcc: expected '=', ',', ';', 'asm' or '__attribute__' before 'ticks_init'
EXPECTED = re.compile(r"expected (?P<marks>'.*) (?:before|at end)", re.IGNORECASE)
QUOTED = re.compile(r"'(.[^']*?)'")
# In the order to try; a list goes on in most places where a statement may end.
MARKS = (";", ")", "]", "}", ",")


def propose(ground: Ground) -> Iterator[FixCandidate]:
    """gcc's correction as it stands; names are the matter of names.py, which looks at all their places."""
    edits = _edits(ground)
    if not edits:
        yield from _expected(ground)
    if not edits or (wrong_name(ground) and all(edit.text.isidentifier() for edit in edits)):
        return
    replaced = [_replaced(ground, edit) for edit in edits]
    gone = [token.text for text in replaced for token in scan(text)]
    calls = [token.text for edit in edits for token in scan(edit.text) if token.kind == "word"]
    yield ground.candidate(_title(edits, replaced), edits, RULE, gone, links=calls)


def _expected(ground: Ground) -> Iterator[FixCandidate]:
    """The mark that gcc has expected, behind the token that stands before its place."""
    match = EXPECTED.search(ground.finding.message)
    wanted = [mark for mark in MARKS if match and mark in QUOTED.findall(match["marks"])]
    before = ground.src.before(ground.index.offsets(ground.finding.span)[0])
    if before < 0:
        return
    end = ground.src.token(before).end
    line = ground.index.position(end)[0]
    where = "" if line == ground.finding.span.start_line else f" at the end of line {line + 1}"
    for mark in wanted:
        yield ground.candidate(f"Insert '{mark}'{where}", [ground.insert(end, mark)], RULE)


def _edits(ground: Ground) -> list[Edit]:
    """The correction; nothing where part of it lies in another file."""
    found: list[Edit] = []
    for one in json.loads(ground.data.get("fixits") or "[]"):
        if one["path"] != ground.snapshot.path:
            return []
        span = Span(one["start_line"], one["start_column"], one["end_line"], one["end_column"])
        found.append(Edit(span, one["text"]))
    return found


def _replaced(ground: Ground, edit: Edit) -> str:
    start, end = ground.index.offsets(edit.span)
    return ground.snapshot.text[start:end]


def _title(edits: list[Edit], replaced: list[str]) -> str:
    if len(edits) > 1 or "\n" in edits[0].text or len(edits[0].text) + len(replaced[0]) > 2 * LONGEST_SHOWN:
        return "Correct as gcc proposes"
    new, old = edits[0].text, replaced[0]
    if not old:
        return f"Insert '{new.strip()}'"
    return f"Replace '{old}' by '{new}'" if new else f"Remove '{old}'"
