"""The unit around a fault that a model is shown and may edit: its module, function or block, within a bound. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass

from signoff.completion import nesting, window_head
from signoff.diagnostics.fixes.model import ground
from signoff.diagnostics.fixes.modules import module_at
from signoff.diagnostics.fixes.proposer import Fault
from signoff.diagnostics.fixes.source import source
from signoff.verifiers.text import LineIndex

# Of a unit that is too long so much of the room is for what stands above the fault, and for the unit's first lines.
ABOVE, HEAD = 3 / 5, 1 / 4
_PYTHON_UNIT = re.compile(r"^(?=[^\s#)\]}])", re.MULTILINE)


@dataclass(frozen=True, slots=True)
class Excerpt:
    """Whole lines of a document from the offset `start` up to `end`; `head` are the unit's first lines where these
    stand further above. Line ends are \\n in `text` and `head`."""

    start: int
    end: int
    text: str
    head: str = ""


def excerpt(fault: Fault, room: int) -> Excerpt:
    """The unit around the fault, of at most about `room` characters; where it is longer the lines around the fault."""
    text, index = fault.snapshot.text, LineIndex(fault.snapshot.text)
    at = index.offsets(fault.finding.span)[0]
    start, end = _lines(index, *_unit(text, at, fault.snapshot.language))
    if end - start <= room:
        return Excerpt(start, end, plain(text[start:end]))
    line = index.position(at)[0]
    first, last = _around(index, line, int(room * (1 - HEAD)), start, end)
    start, end = index.starts[first], index.line_end(last)
    head = window_head.head(text, start, int(room * HEAD), fault.snapshot.language)
    return Excerpt(start, end, plain(text[start:end]), plain(head))


def plain(text: str) -> str:
    """With \\n at the end of each line."""
    return text.replace("\r\n", "\n").replace("\r", "\n")


def _lines(index: LineIndex, start: int, end: int) -> tuple[int, int]:
    """The same stretch in whole lines."""
    return index.starts[index.position(start)[0]], index.line_end(index.position(max(end - 1, start))[0])


def _around(index: LineIndex, line: int, room: int, start: int, end: int) -> tuple[int, int]:
    """The first and last line of what fits around a line; that line is in it, however long."""
    lowest, highest = index.position(start)[0], index.position(max(end - 1, start))[0]
    first = last = line
    above, below = int(room * ABOVE), room - int(room * ABOVE)
    while first > lowest and index.starts[line] - index.starts[first - 1] <= above:
        first -= 1
    while last < highest and index.line_end(last + 1) - index.starts[line] <= below:
        last += 1
    return first, last


def _unit(text: str, at: int, language: str) -> tuple[int, int]:
    """The module, function or definition that an offset lies in; the whole text where it is in none."""
    if language in nesting.VERILOG:
        module = module_at(text, at)
        if module is None:
            return 0, len(text)
        src = source(text)
        return src.token(module.opener).start, src.token(module.last).end
    return _python(text, at) if language in nesting.PYTHON else _block(text, at, language)


def _python(text: str, at: int) -> tuple[int, int]:
    """From one line at the margin to the next; decorators are of the definition below them."""
    starts = [found.start() for found in _PYTHON_UNIT.finditer(text)]
    starts = [one for number, one in enumerate(starts) if number == 0 or text[starts[number - 1]] != "@"]
    before = [one for one in starts if one <= at]
    after = [one for one in starts if one > at]
    return before[-1] if before else 0, after[0] if after else len(text)


def _block(text: str, at: int, language: str) -> tuple[int, int]:
    """The outermost braces around the offset with what stands before them; of what is in none, its statement."""
    depth, begun, opened = 0, 0, -1
    for token in ground.tokens(text, language):
        if token.text == "{":
            opened = begun if depth == 0 else opened
            depth += 1
        elif token.text == "}":
            depth = max(depth - 1, 0)
        if depth == 0 and (token.text in (";", "}") or token.kind == "directive"):
            if token.end > at:
                return begun, token.end
            begun = token.end + _blank(text, token.end)
    return begun, len(text)


def _blank(text: str, at: int) -> int:
    return len(text[at:]) - len(text[at:].lstrip()) if at < len(text) else 0
