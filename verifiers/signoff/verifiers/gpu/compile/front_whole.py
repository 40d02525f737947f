"""Functions of a document that need nothing of what its unit lacks, told by what a front end said of the whole unit.

Headers that nobody has were taken for empty. What is wrong in a declaration may come of that; the names that it
declares may then stand for anything, and so may those of every declaration that uses one of them. In a function without
an error and without such a name, every name is one that is really there. Needs tree-sitter, so it belongs into a worker
process.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from signoff.verifiers.gpu.compile import blank, compile_job
from signoff.verifiers.gpu.compile.front_pieces import Piece, pieces
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LINE_END

ENGINE_TARGET = "signoff.verifiers.gpu.compile.front_whole:WholeEngine"
# (file, line from 1) of an error, or of where the user's code led to it.
Place = tuple[str, int]
# (file, first line, last line) that the front end passed over after an error.
Skipped = tuple[str, int, int]
# A function whose body tells what it returns.
_DEDUCED = frozenset(("auto", "decltype", "constexpr", "consteval"))


class WholeEngine:
    """The engine class of workers.py."""

    def whole(
        self,
        snapshot: Snapshot,
        project: Project,
        errors: Sequence[tuple[Place, ...]],
        skipped: Sequence[Skipped] = (),
    ) -> tuple[tuple[int, int], ...]:
        """The lines (first and last, from 0) of the document's functions that are whole.

        Each error comes with all places that it may be about; one of which nothing is known leaves nothing whole.
        Raises NoUnit.
        """
        work = compile_job.job(snapshot, project, alone=True)
        texts = {path: LINE_END.sub("\n", text) for path, text in work.found.items()}
        marks = blank.device_words(texts.values())
        doubts = Doubts([piece for path, text in texts.items() for piece in pieces(path, text, marks)])
        for row in skipped:
            doubts.skip(*row)
        if not all(doubts.blame(places) for places in errors):
            return ()
        doubts.spread()
        return tuple(doubts.whole(work.document))


class Doubts:
    """Which declarations may stand for anything (`heads`), and in which functions something may (`bodies`)."""

    def __init__(self, found: Sequence[Piece]) -> None:
        self._pieces = found
        self._files: dict[str, list[Piece]] = {}
        for piece in found:
            self._files.setdefault(piece.path, []).append(piece)
        self.heads: set[Piece] = set()
        self.bodies: set[Piece] = set()

    def skip(self, path: str, first: int, last: int) -> None:
        """Doubt everything in lines (from 1) that were not read."""
        for piece in self._files.get(path, ()):
            if piece.first <= last - 1 and first - 1 <= piece.last:
                self.heads.add(piece)

    def blame(self, places: Iterable[Place]) -> bool:
        """Doubt what an error is about; False where nothing there is known."""
        known = [self._blame(path, line - 1) for path, line in places]
        return any(known)

    def _blame(self, path: str, line: int) -> bool:
        mine = self._files.get(path, [])
        around = [piece for piece in mine if piece.first <= line <= piece.last]
        inside = {piece for piece in around if piece.body < line}
        self.bodies |= inside
        # What is wrong in a member's body is not wrong in its class.
        holds = [piece for piece in around if piece not in inside and not any(_around(piece, one) for one in inside)]
        self.heads.update(holds)
        if not around:
            # Between declarations: it is the next one that is not understood.
            following = min((piece for piece in mine if piece.first > line), key=lambda one: one.first, default=None)
            self.heads.update([following] if following is not None else [])
        return bool(mine)

    def spread(self) -> None:
        """Doubt what uses a doubtful name."""
        names: set[str] = set()
        fresh = set(self.heads)
        while True:
            names.update(*(piece.names for piece in fresh))
            self.bodies.update(piece for piece in self._pieces if not names.isdisjoint(piece.inner))
            fresh = {piece for piece in self._pieces if piece not in self.heads and self._doubtful(piece, names)}
            if not fresh:
                return
            self.heads |= fresh

    def _doubtful(self, piece: Piece, names: set[str]) -> bool:
        deduced = piece in self.bodies and not _DEDUCED.isdisjoint(piece.head)
        return deduced or not names.isdisjoint(piece.head)

    def whole(self, path: str) -> Iterator[tuple[int, int]]:
        """The lines of the functions that nothing is doubtful in."""
        for piece in self._files.get(path, ()):
            sure = piece not in self.heads and piece not in self.bodies
            # Of a member of something doubtful it is not known what that has from its bases.
            if piece.function and sure and not any(_around(one, piece) for one in self.heads):
                yield piece.first, piece.last


def _around(outer: Piece, inner: Piece) -> bool:
    return outer.path == inner.path and outer is not inner and outer.start <= inner.start and inner.end <= outer.end
