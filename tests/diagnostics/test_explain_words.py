"""A model's words on a finding: of the facts and nothing else, whole sentences, and an end that closes its work."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator

import pytest

from signoff.completion.model.chat import Talk
from signoff.completion.model.protocol import Description, ModelUnavailable, Piece
from signoff.diagnostics.explain.finding import Asked
from signoff.diagnostics.explain.words import CHARACTERS, FACTS, words
from signoff.verifiers.finding import Finding, Severity, Span

FINDING = Finding("/w/top.v", Span(0, 0, 0, 1), Severity.ERROR, "ExpectedToken", "expected ';'", "slang")
ASKED = Asked(FINDING, "wire b = a\n", "verilog")


class Speaker:
    """Says the pieces it is given; `ended` once nobody listens any more."""

    description = Description("speaker", "fake", "")

    def __init__(self, *pieces: str, finish: str = "stop", error: ModelUnavailable | None = None) -> None:
        self.pieces, self.finish, self.error = pieces, finish, error
        self.talks: list[Talk] = []
        self.speaking, self.ended = asyncio.Event(), False

    async def chats(self) -> None:
        return

    async def answer(self, talk: Talk) -> AsyncIterator[Piece]:
        self.talks.append(talk)
        try:
            for piece in self.pieces:
                yield Piece(piece)
            if self.error is not None:
                raise self.error
            if not self.finish:
                self.speaking.set()
                await asyncio.Event().wait()
            yield Piece("", finish=self.finish)
        finally:
            self.ended = True


async def test_it_reads_the_facts() -> None:
    speaker = Speaker("A semicolon ", "is missing.")
    assert await words(speaker, ASKED) == "A semicolon is missing."
    system, user = speaker.talks[0].turns
    assert "Claim nothing" in system.text and "# ExpectedToken: expected ';'" in user.text


async def test_half_a_sentence_is_left_out() -> None:
    assert await words(Speaker("It is missing. Then one could", finish="length"), ASKED) == "It is missing."
    assert await words(Speaker("one could", finish="length"), ASKED) == ""


async def test_one_that_does_not_end_is_cut_off() -> None:
    speaker = Speaker(*("It is missing. " for _ in range(1000)))
    said = await words(speaker, Asked(FINDING, "wire b;\n" + "x" * 100_000, "verilog"))
    assert len(said) <= CHARACTERS and said.endswith(".") and speaker.ended
    assert len(speaker.talks[0].turns[1].text) <= FACTS


async def test_it_may_be_cancelled_and_may_fail() -> None:
    speaker = Speaker("It", finish="")
    work = asyncio.create_task(words(speaker, ASKED))
    await speaker.speaking.wait()
    work.cancel()
    with pytest.raises(asyncio.CancelledError):
        await work
    assert speaker.ended
    with pytest.raises(ModelUnavailable):
        await words(Speaker(error=ModelUnavailable("gone")), ASKED)
