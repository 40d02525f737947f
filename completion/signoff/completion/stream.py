"""The texts of one request as they come in, each ended where more could not change it."""

from __future__ import annotations

from signoff.completion import candidates, nesting
from signoff.completion.context import Hole
from signoff.completion.model.protocol import Piece
from signoff.completion.place import Since


class Drafts:
    """Candidates in the making. `hole` is the place that they were asked for."""

    def __init__(self, hole: Hole, count: int = 1) -> None:
        self.hole = hole
        self._raw = [""] * count
        self._final: list[str | None] = [None] * count
        self._ends = [candidates.Ending(hole) for _ in range(count)]
        # The candidates that have come to their end, in that order; "" for one that came to nothing.
        self.texts: list[str] = []

    @property
    def settled(self) -> bool:
        """Whether no candidate needs more text."""
        return None not in self._final

    def take(self, piece: Piece) -> bool:
        """More text of a candidate; True where that brought it to its end."""
        at = piece.candidate
        if not 0 <= at < len(self._final) or self._final[at] is not None:
            return False
        self._raw[at] += piece.text
        if piece.finish in ("length", "cut"):
            self._settle(at, whole=False)
        elif piece.finish or self._ends[at].reached(self._raw[at]):
            self._settle(at, whole=True)
        return self._final[at] is not None

    def end(self, *, whole: bool) -> None:
        """No more text comes. Where not `whole` it broke off, and only whole statements of it are worth anything."""
        for at, final in enumerate(self._final):
            if final is None:
                self._settle(at, whole=whole)

    def statements(self) -> str:
        """The whole statements of the first candidate that is still in the making, so far."""
        open_ = next((raw for raw, final in zip(self._raw, self._final, strict=True) if final is None), "")
        if self.hole.language in nesting.PYTHON:
            # Nothing but the line's end ends a statement: `x` may be the beginning of `x = 1`.
            open_ = open_[: open_.rfind("\n") + 1]
        return candidates.whole_statements(candidates.trim(open_, self.hole), self.hole.language) if open_ else ""

    def agree(self, since: Since) -> bool:
        """Whether a candidate may still become one that begins with what was typed since it was asked for."""
        return any(
            agrees(candidates.trim(raw, self.hole) if final is None else final, since, final=final is not None)
            for raw, final in zip(self._raw, self._final, strict=True)
        )

    def reach(self, since: Since) -> bool:
        """Whether a candidate has said all that was typed since: from then on only its end decides."""
        return any(
            (candidates.trim(raw, self.hole) if final is None else final).startswith(since.typed)
            for raw, final in zip(self._raw, self._final, strict=True)
        )

    def _settle(self, at: int, *, whole: bool) -> None:
        text = candidates.trim(self._raw[at], self.hole)
        final = self._final[at] = text if whole else candidates.whole_statements(text, self.hole.language)
        self.texts.append(final)


def agrees(text: str, since: Since, *, final: bool) -> bool:
    """Whether `text`, the beginning of a completion or (`final`) all of it, goes with what was typed since."""
    if final:
        return bool(since.rest(text))
    # What ends in blanks so far is shown without them: they may yet be the ones that were typed.
    return text.startswith(since.typed) or since.typed.startswith(text)
