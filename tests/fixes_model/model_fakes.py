"""A model that says what it is told to, in both of its forms, and the fault that it is asked about."""

from __future__ import annotations

import asyncio
import contextlib
import re
from collections.abc import AsyncIterator, Callable, Sequence
from dataclasses import dataclass, field

from signoff.completion.model.chat import CannotChat, Talk
from signoff.completion.model.protocol import Budget, Description, ModelUnavailable, Piece, Request
from signoff.diagnostics.fixes.proposer import Fault
from signoff.verifiers.finding import Finding, Outcome, Severity, Span, Status
from signoff.verifiers.project import Project
from signoff.verifiers.settings import VerifierSettings
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex
from signoff.verifiers.verifier import Availability, Speed

PATH = "/design/top.v"
FAULTY = """module top (input a, input b, output y);
    wire both = a & bb;
    assign y = both;
endmodule

module other (input c, output d);
    assign d = ~c;
endmodule
"""
MENDED = FAULTY.replace("a & bb;", "a & b;")


def edit(search: str, replace: str) -> str:
    """A block as models are told to write it."""
    return f"<<<<<<< SEARCH\n{search}\n=======\n{replace}\n>>>>>>> REPLACE"


GOOD = edit("    wire both = a & bb;", "    wire both = a & b;")


@dataclass
class FakeChat:
    """Fills in what `fills` gives for a request and answers what `answers` gives, one after the other (the last again).

    `asked` and `talks` are what it was asked; `ended` counts answers that were given up in their midst.
    """

    fills: Callable[[Request], Sequence[str]] = lambda request: [""]
    answers: Sequence[str] = ()
    can_chat: bool = True
    local: bool = False
    pause: float = 0.0
    asked: list[Request] = field(default_factory=list)
    talks: list[Talk] = field(default_factory=list)
    begun: asyncio.Event = field(default_factory=asyncio.Event)
    ended: int = 0
    context: int = 8192

    @property
    def description(self) -> Description:
        return Description("tiny-coder", "fake", "qwen", Budget(), 4, self.context, local=self.local)

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        self.asked.append(request)
        self.begun.set()
        texts = list(self.fills(request))
        for number in range(request.n):
            text = texts[min(number, len(texts) - 1)] if texts else ""
            async with contextlib.aclosing(self._told(text)) as pieces:  # type: ignore[type-var]
                async for piece in pieces:
                    yield Piece(piece.text, number, piece.finish)

    async def answer(self, talk: Talk) -> AsyncIterator[Piece]:
        self.talks.append(talk)
        self.begun.set()
        text = self.answers[min(len(self.talks), len(self.answers)) - 1]
        async with contextlib.aclosing(self._told(text)) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def _told(self, text: str) -> AsyncIterator[Piece]:
        whole = False
        try:
            for part in re.findall(r"(?s).{1,4096}", text):
                await asyncio.sleep(self.pause)
                yield Piece(part)
            yield Piece("", 0, "stop")
            whole = True
        finally:
            self.ended += not whole

    async def chats(self) -> None:
        if not self.can_chat:
            raise CannotChat("tiny-coder fills in only")

    async def count_tokens(self, text: str) -> int | None:
        return None

    async def close(self) -> None:
        return None


class Gone(FakeChat):
    """Its server has gone."""

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        raise ModelUnavailable("gone")
        yield Piece("")

    async def chats(self) -> None:
        raise ModelUnavailable("gone")


@dataclass
class Tool:
    """A verifier that objects to the misspelt name and to nothing else: whoever deletes enough satisfies it."""

    name: str = "slang"
    speed: Speed = Speed.INSTANT
    languages: frozenset[str] = frozenset(("verilog", "systemverilog"))

    def available(self, settings: VerifierSettings) -> Availability:
        return Availability(True)

    async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
        return Outcome(self.name, Status.FINDINGS, tuple(objections(snapshot.text)))


def objections(text: str) -> list[Finding]:
    index = LineIndex(text)
    return [
        Finding(
            PATH,
            index.span(found.start(1), found.end(1)),
            Severity.ERROR,
            "UndeclaredIdentifier",
            f"use of undeclared identifier '{found[1]}'",
            "slang",
        )
        for found in re.finditer(r"=[^;\n]*?\b(bb|zz|unknown)\b", text)
    ]


def fault(text: str = FAULTY, finding: Finding | None = None, language: str = "verilog", path: str = PATH) -> Fault:
    snapshot = Snapshot(f"file://{path}", path, language, 7, text)
    project = Project("/design", declared=True, files=(path,), buffers=(snapshot,))
    found = finding or (objections(text) or [_first_line(path)])[0]
    known = {"slang": Outcome("slang", Status.FINDINGS, (found,))}
    return Fault(found, snapshot, project, known)


def _first_line(path: str) -> Finding:
    return Finding(path, Span(0, 0, 0, 1), Severity.ERROR, "ExpectedToken", "expected ';'", "slang")
