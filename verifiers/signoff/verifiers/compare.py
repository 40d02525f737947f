"""What an edit made worse: the findings after it that were not there before. The heart of every "verified"."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Sequence

from signoff.verifiers.finding import Finding
from signoff.verifiers.text import Edit, LineIndex, apply_edits, difference, line_index


def new_findings(
    before: Iterable[Finding],
    after: Iterable[Finding],
    edits: Sequence[Edit],
    before_text: str,
    *,
    path: str | None = None,
) -> tuple[Finding, ...]:
    """The findings of `after` that have no counterpart in `before`, in their order.

    `edits` turn `before_text`, the text of the document at `path`, into the one that `after` speaks of;
    findings in other files do not move (`path` None: all findings are in the document). A counterpart has
    the same tool and code and lies where the edits moved it. One that touches an edit may lie at either
    end of the new text, and one inside replaced text anywhere in the new text, but only with the very same
    message. Each finding of `before` excuses one of `after`. Raises ValueError where the edits overlap.
    """
    old = list(before)
    new = list(after)
    move = Movement(before_text, edits)
    inside = [finding for finding in old if path is None or finding.path == path]
    exact = Counter(_key(finding, -1) for finding in old if path is not None and finding.path != path)
    loose: list[tuple[Finding, tuple[range, ...]]] = []
    for finding in inside:
        places = move.places(move.before.offset(finding.span.start_line, finding.span.start_column))
        if isinstance(places, int):
            exact[_key(finding, places)] += 1
        else:
            loose.append((finding, places))
    offset = _offsets(move, path)
    rest = [finding for finding in new if not _take(exact, _key(finding, offset(finding)))]
    return tuple(finding for finding in rest if not _take_loose(loose, finding, offset(finding)))


class Movement:
    """Where the offsets of a text lie after edits."""

    __slots__ = ("_pieces", "after", "before")

    def __init__(self, text: str, edits: Iterable[Edit]) -> None:
        self.before = line_index(text)
        smallest = [_shrink(self.before, edit) for edit in edits]
        self._pieces = sorted((*self.before.offsets(edit.span), edit.text) for edit in smallest)
        single = self._pieces[0] if len(self._pieces) == 1 else None
        self.after = self.before.replaced(*single) if single else LineIndex(apply_edits(text, smallest))

    def places(self, offset: int) -> int | tuple[range, ...]:
        """The new offset; the ranges of offsets where it may lie if it touches an edit."""
        shift = 0
        for start, end, text in self._pieces:
            if offset < start:
                break
            if offset <= end:
                new_start, new_end = start + shift, start + shift + len(text)
                if start < offset < end:
                    return (range(new_start, new_end + 1),)
                return self._blank(new_start), self._blank(new_end)
            shift += len(text) - (end - start)
        return offset + shift

    def _blank(self, offset: int) -> range:
        """The offset and the blanks around it: tools blame the token before a gap or the one after it."""
        text, low, high = self.after.text, offset, offset
        while low > 0 and text[low - 1].isspace():
            low -= 1
        while high < len(text) and text[high].isspace():
            high += 1
        return range(low, high + 1)


def _shrink(index: LineIndex, edit: Edit) -> Edit:
    """The edit without the text that it replaces by itself."""
    start, end = index.offsets(edit.span)
    inner = difference(index.text[start:end], edit.text)
    low, high = LineIndex(index.text[start:end]).offsets(inner.span)
    return Edit(index.span(start + low, start + high), inner.text)


def _key(finding: Finding, offset: int) -> tuple[object, ...]:
    """What makes two findings the same one; `offset` is -1 in files that were not edited."""
    return finding.tool, finding.code, finding.path, finding.span if offset < 0 else offset


def _offsets(move: Movement, path: str | None) -> Callable[[Finding], int]:
    def offset(finding: Finding) -> int:
        if path is not None and finding.path != path:
            return -1
        return move.after.offset(finding.span.start_line, finding.span.start_column)

    return offset


def _take(counts: Counter[tuple[object, ...]], key: tuple[object, ...]) -> bool:
    if counts[key] <= 0:
        return False
    counts[key] -= 1
    return True


def _take_loose(loose: list[tuple[Finding, tuple[range, ...]]], finding: Finding, offset: int) -> bool:
    for number, (known, places) in enumerate(loose):
        same = (known.tool, known.code, known.path, known.message) == (
            finding.tool,
            finding.code,
            finding.path,
            finding.message,
        )
        if same and any(offset in place for place in places):
            del loose[number]
            return True
    return False
