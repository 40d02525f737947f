"""A verifier and a model of our own writing, for what no real one does on demand."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Iterable
from pathlib import Path

from signoff.completion.model.protocol import Description, ModelUnavailable, Piece, Request
from signoff.verifiers.finding import Finding, Outcome, Severity, Status
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Availability, Speed


def blame(text: str, words: Iterable[str], severity: Severity = Severity.ERROR) -> tuple[Finding, ...]:
    """A finding at every occurrence of the words."""
    index, found = LineIndex(text), []
    for word in words:
        start = text.find(word)
        while start >= 0:
            found.append(Finding("/m.v", index.span(start, start + len(word)), severity, word, f"{word}!", "fake"))
            start = text.find(word, start + 1)
    return tuple(found)


class FakeVerifier:
    """Blames the words it is told to, and the names with which is tried whether it looks; `status` is how runs end."""

    name = "fake"
    languages = frozenset({"verilog"})
    speed = Speed.INSTANT

    def __init__(self, *bad: str, status: Status = Status.FINDINGS, there: bool = True) -> None:
        self.bad = bad
        self.status = status
        self.there = there
        self.seen: list[str] = []

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(self.there, reason="" if self.there else "not installed")

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        self.seen.append(snapshot.text)
        findings = blame(snapshot.text, (*self.bad, "_signoff_probe")) if self.status is Status.FINDINGS else ()
        return Outcome("fake", self.status, findings)


class FakeModel:
    """Says what `answer` gives for a request, word by word; `pause` seconds lie between words."""

    def __init__(self, answer: Callable[[Request], str] | str, pause: float = 0.0) -> None:
        self.description = Description("fake-model", "fake", "qwen")
        self._answer = answer if callable(answer) else lambda request: answer
        self._pause = pause
        self.requests: list[Request] = []
        self.asked = asyncio.Event()
        self.ended_early = 0
        self.closed = False

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        self.requests.append(request)
        self.asked.set()
        whole = False
        try:
            for piece in self._answer(request).split(" "):
                await asyncio.sleep(self._pause)
                yield Piece(piece + " ")
            whole = True
        finally:
            self.ended_early += not whole

    async def count_tokens(self, text: str) -> int | None:
        return None

    async def close(self) -> None:
        self.closed = True


class DeadModel(FakeModel):
    """A model whose server has gone."""

    def __init__(self) -> None:
        super().__init__("")

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        self.requests.append(request)
        raise ModelUnavailable("gone")
        yield Piece("")


PROJECT = Project(root=str(Path("/")))
