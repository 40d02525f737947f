"""A model that speaks when it is told to, and an engine around it."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncIterator, Sequence
from dataclasses import dataclass, field

from completion_fakes import PROJECT, FakeVerifier
from completion_holes import snapshot as at_bar

from signoff.completion.engine import CompletionEngine
from signoff.completion.model.protocol import Description, Model, ModelUnavailable, Piece, Request
from signoff.completion.passage import ContextSource
from signoff.completion.settings import CompletionSettings
from signoff.completion.suggestion import Suggestion
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.workers import WorkerPool

TEXT = "module m(input a, b, output y);\n  assign y = |;\nendmodule\n"
SETTINGS = CompletionSettings(debounce=0.0, backend="local")


@dataclass
class Stream:
    """One request at the model: `say` what it is to answer; `closed` once nobody reads it any more."""

    request: Request
    pieces: asyncio.Queue[Piece | Exception | None] = field(default_factory=asyncio.Queue)
    closed: asyncio.Event = field(default_factory=asyncio.Event)

    def say(self, *texts: str, candidate: int = 0) -> None:
        for text in texts:
            self.pieces.put_nowait(Piece(text, candidate))

    def end(self, error: Exception | None = None) -> None:
        self.pieces.put_nowait(error)


class ToldModel:
    """Answers each request with `answer` (None: as the test says), piece by piece with a turn of the loop between."""

    def __init__(
        self, answer: Sequence[str] | None = None, *, local: bool = False, candidates: int = 1, name: str = "told"
    ) -> None:
        self.description = Description(name, "fake", "qwen", local=local, candidates=candidates)
        self.streams: list[Stream] = []
        self.asked = asyncio.Event()
        self.closed = False
        self._answer = answer

    @property
    def open(self) -> int:
        return sum(not stream.closed.is_set() for stream in self.streams)

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        stream = Stream(request)
        self.streams.append(stream)
        if self._answer is not None:
            for number in range(request.n):
                stream.say(*self._answer, candidate=number)
            stream.end()
        self.asked.set()
        self.asked = asyncio.Event()
        try:
            while (piece := await stream.pieces.get()) is not None:
                await asyncio.sleep(0)
                if isinstance(piece, Exception):
                    raise piece
                yield piece
        finally:
            stream.closed.set()

    async def wait(self, number: int) -> Stream:
        """The request of this number, from 0, once it is there."""
        async with asyncio.timeout(20):
            while len(self.streams) <= number:
                await self.asked.wait()
        return self.streams[number]

    async def count_tokens(self, text: str) -> int | None:
        return None

    async def close(self) -> None:
        self.closed = True


class SlowVerifier(FakeVerifier):
    """Takes a few turns of the loop."""

    async def run(self, snapshot, project):  # type: ignore[no-untyped-def]
        for _ in range(3):
            await asyncio.sleep(0)
        return await super().run(snapshot, project)


@contextlib.asynccontextmanager
async def engine_of(
    model: Model | Exception,
    *verifiers: FakeVerifier,
    settings: CompletionSettings = SETTINGS,
    sources: Sequence[ContextSource] = (),
) -> AsyncIterator[CompletionEngine]:
    """An engine over the model. That nothing is left of it when it is closed is asserted here, once for all tests."""

    async def opener(settings: CompletionSettings, pool: WorkerPool) -> Model:
        await asyncio.sleep(0)
        if isinstance(model, Exception):
            raise model
        return model

    pool = WorkerPool()
    before = asyncio.all_tasks()
    engine = CompletionEngine(pool, verifiers, settings, sources, opener=opener)
    try:
        yield engine
    finally:
        await engine.close()
        await pool.close()
    for _ in range(5):
        await asyncio.sleep(0)
    left = asyncio.all_tasks() - before
    assert not left, left
    if isinstance(model, ToldModel):
        assert model.open == 0


async def ask(
    engine: CompletionEngine,
    text: str = TEXT,
    *,
    automatic: bool = True,
    uri: str = "file:///m.v",
    project: Project = PROJECT,
) -> tuple[Suggestion, ...]:
    """What the engine says at the |."""
    document, line, column = placed(text, uri)
    return await engine.complete(document, project, line, column, automatic=automatic)


def placed(text: str, uri: str = "file:///m.v", version: int = 1) -> tuple[Snapshot, int, int]:
    """The snapshot without the |, and where it was."""
    document, line, column = at_bar(text)
    return Snapshot(uri, uri.removeprefix("file://"), document.language, version, document.text), line, column


def typed(keys: str, text: str = TEXT) -> str:
    """The text after the keys were typed at the |."""
    return text.replace("|", f"{keys}|")


GONE = ModelUnavailable("gone")
