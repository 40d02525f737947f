"""What a model reads at a hole: the document's window and the passages of other places, kept still while one types."""

from __future__ import annotations

import asyncio
import contextlib
import re
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePath

from signoff.completion import notes, window
from signoff.completion.budget import Count, Tokens, limits
from signoff.completion.context import Hole
from signoff.completion.gather import PATIENCE, Gatherer, Room, choose
from signoff.completion.model.protocol import Description
from signoff.completion.passage import ContextSource, Passage
from signoff.completion.ring import Ring
from signoff.completion.window import Window
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

# After so long without a request the user is not typing: what the model reads may change, and texts may be counted.
PAUSE = 1.5
# On this machine's own processor reading all anew takes seconds: only for who has really stopped.
LONG_PAUSE = 6.0
DOCUMENTS = 32
# Regions of the ring that are asked for; the budget may hold fewer.
SIMILAR = 4
_COMMENTS_AND_BLANKS = re.compile(r"//[^\n]*|/\*.*?\*/|\s+", re.DOTALL)


@dataclass(frozen=True, slots=True)
class Surroundings:
    """All that a prompt is made of: give it to prompt.build(). `path` is the document's below the root.

    `passages` stand before the document; what is near stands in the window, as its notes.
    """

    window: Window
    passages: tuple[Passage, ...] = ()
    path: str = ""


@dataclass(slots=True)
class _Document:
    window: Window | None = None
    passages: tuple[Passage, ...] = ()
    hole: Hole | None = None
    at: float = float("-inf")

    def line(self, hole: Hole) -> bool:
        """Whether the hole is still in the line of the last one."""
        if self.hole is None or self.hole.line != hole.line:
            return False
        before, now = self.hole.line_prefix, hole.line_prefix
        return now.startswith(before) or before.startswith(now)


class Reader:
    """Reads for one engine. Use within one event loop; close() ends what is still asked."""

    def __init__(
        self, sources: Sequence[ContextSource], ring: Ring | None = None, clock: Callable[[], float] = time.monotonic
    ) -> None:
        self._gatherer = Gatherer(sources)
        self._ring = ring
        self._clock = clock
        self._documents: dict[str, _Document] = {}
        self._tokens = Tokens()
        self._model = ""
        self._counting: asyncio.Task[None] | None = None
        self._timer: asyncio.TimerHandle | None = None

    @property
    def tokens(self) -> Tokens:
        """The lengths of texts for the model in use."""
        return self._tokens

    async def read(
        self,
        snapshot: Snapshot,
        project: Project,
        hole: Hole,
        description: Description,
        *,
        max_tokens: int,
        count: Count | None = None,
        patience: float = PATIENCE,
    ) -> Surroundings:
        """What the model reads here. `count` is Model.count_tokens; `patience` what sources may take, in seconds."""
        self._use(description, count)
        budget = limits(description, max_tokens)
        known = self._of(snapshot.uri)
        before = known.window
        now = window.read(before, hole, budget, self._tokens.characters(hole.language))
        found: tuple[Passage, ...] = ()
        if budget.passages > 0:
            found = await self._gatherer.gather(snapshot, project, hole, patience)
        path = below(project.root, snapshot.path)
        found = outside((*found, *self._similar(snapshot, hole)), now, path)
        anew = before is None or before.start != now.start
        settled = anew or self._rests(known, description)
        previous = outside(known.passages, now, path) if anew else known.passages
        room = Room(budget.passages, lambda text: self._tokens.length(text, hole.language))
        passages = choose(previous, found, room, settled=settled, same_line=known.line(hole))
        told = () if anew or before is None else notes.standing(before.notes, before.body, now.body)
        near = [one for one in passages if one.near]
        most = max(budget.prefix // 3, room.tokens)
        now = replace(now, notes=notes.add(told, near, now.line, room.of, most))
        known.window, known.passages, known.hole, known.at = now, passages, hole, self._clock()
        self._count_later()
        return Surroundings(now, tuple(one for one in passages if not one.near), path)

    def ahead(
        self, snapshot: Snapshot, project: Project, hole: Hole, description: Description, *, max_tokens: int
    ) -> None:
        """Have the sources asked now of what read() will want next, of this very hole."""
        if limits(description, max_tokens).passages > 0:
            self._gatherer.ahead(snapshot, project, hole)

    def forget(self, uri: str) -> None:
        """The document was closed."""
        self._documents.pop(uri, None)
        self._gatherer.forget(uri)

    async def close(self) -> None:
        """End what is still asked and counted."""
        if self._timer is not None:
            self._timer.cancel()
        if self._counting is not None:
            self._counting.cancel()
            with contextlib.suppress(asyncio.CancelledError):
                await self._counting
        await self._gatherer.close()

    def _use(self, description: Description, count: Count | None) -> None:
        """Another model has another tokenizer, and its server has read nothing yet."""
        name = f"{description.backend}:{description.name}:{count is not None}"
        if name != self._model:
            self._model, self._tokens = name, Tokens(count)
            self._documents.clear()

    def _of(self, uri: str) -> _Document:
        known = self._documents.pop(uri) if uri in self._documents else _Document()
        self._documents[uri] = known
        while len(self._documents) > DOCUMENTS:
            self._documents.pop(next(iter(self._documents)))
        return known

    def _rests(self, known: _Document, description: Description) -> bool:
        long = description.local and any(not one.near for one in known.passages)
        return self._clock() - known.at > (LONG_PAUSE if long else PAUSE)

    def _similar(self, snapshot: Snapshot, hole: Hole) -> tuple[Passage, ...]:
        return self._ring.nearest(hole, SIMILAR, snapshot.uri) if self._ring is not None else ()

    def _count_later(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
        self._timer = asyncio.get_running_loop().call_later(PAUSE / 3, self._count)

    def _count(self) -> None:
        if self._counting is None or self._counting.done():
            self._counting = asyncio.ensure_future(self._learn())

    async def _learn(self) -> None:
        for known in reversed(list(self._documents.values())[-4:]):
            if known.window is not None and known.hole is not None:
                texts = [one.text for one in known.passages]
                await self._tokens.learn([known.window.prefix, known.window.suffix, *texts], known.hole.language)


def below(root: str, path: str) -> str:
    """The path under the root, with /; the mere name of a file elsewhere, "" for a document without one."""
    if not path:
        return ""
    pure = PurePath(path)
    return pure.relative_to(root).as_posix() if root and pure.is_relative_to(root) else pure.name


def outside(passages: Sequence[Passage], read: Window, path: str) -> tuple[Passage, ...]:
    """The passages without those of this document that the window holds already."""
    own = {number for number, one in enumerate(passages) if one.path == path or (one.near and not one.path)}
    if not own:
        return tuple(passages)
    bare = _bare(f"{read.prefix}\n{read.suffix}")
    return tuple(one for number, one in enumerate(passages) if number not in own or _bare(one.text) not in bare)


def _bare(text: str) -> str:
    return _COMMENTS_AND_BLANKS.sub("", text)
