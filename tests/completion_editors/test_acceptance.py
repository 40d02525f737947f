"""Offers, acceptances and looks joined to open documents, with a clock of our own."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from pathlib import Path
from typing import Any

from signoff.completion.suggestion import Suggestion, Verdict
from signoff.completion.tally import Tally
from signoff.lsp_server.acceptance import Acceptance
from signoff.lsp_server.documents import Document, Documents

TEXT = "module m;\n  assign y = \nendmodule\n"
WANTED = "a & ~b;"


class Desk:
    """One document, its acceptances, a clock to turn, and the writes that were begun."""

    def __init__(self, folder: Path) -> None:
        self.now, self.measures = 1000.0, True
        self.documents = Documents()
        self.document: Document = self.documents.open("file:///m.v", "/m.v", "verilog", 1, TEXT)
        self.writes: list[Coroutine[Any, Any, Any]] = []
        self.tally = Tally(folder / "kept.sqlite3")
        self.wrote = asyncio.Event()
        self.acceptance = Acceptance(self.documents, self.spawn, lambda: self.measures, self.tally, lambda: self.now)

    def spawn(self, write: Coroutine[Any, Any, Any]) -> None:
        self.writes.append(write)
        self.wrote.set()

    def edit(self, first: int, last: int, new: str) -> None:
        index = self.document.index
        self.acceptance.editing(self.document, first, last, new)
        self.document.replace(index.position(first), index.position(last), new, "utf-32")

    def take(self) -> None:
        start = TEXT.index("= ") + 2
        span = self.document.index.span(start, start)
        (number,) = self.acceptance.offered(self.document, [Suggestion(WANTED, span, Verdict(("slang",)), "qwen")])
        self.edit(start, start, WANTED)
        taken = self.acceptance.accepted(number)
        assert taken is not None
        assert taken.text == WANTED

    async def counted(self) -> tuple[int, ...]:
        """(accepted, characters after 30 s, kept, characters after 300 s, kept)."""
        while self.writes:
            await self.writes.pop()
        if not (rows := self.tally.rows()):
            return (0, 0, 0, 0, 0)
        (row,) = rows
        return row.accepted, row.characters_short, row.kept_short, row.characters_long, row.kept_long


async def test_looks_are_taken_when_their_time_has_come(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take()
    desk.now += 29
    desk.acceptance.look()
    assert await desk.counted() == (1, 0, 0, 0, 0)
    desk.now += 1
    desk.acceptance.look()
    assert await desk.counted() == (1, 5, 5, 0, 0)
    desk.edit(0, 0, "// é😋\n")
    desk.edit(desk.document.text.index("~b"), desk.document.text.index("~b") + 1, "")
    desk.now += 270
    desk.acceptance.look()
    assert await desk.counted() == (1, 5, 5, 5, 4)
    assert not desk.acceptance.follows("file:///other.v")
    await desk.acceptance.close()


async def test_the_timer_itself_looks(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take()
    # The next look is due at once by this clock; the event loop's timer brings it.
    desk.now += 30
    desk.acceptance.look()
    desk.now += 270 - 0.01
    desk.acceptance.look()
    desk.wrote.clear()
    desk.now += 0.01
    await desk.wrote.wait()
    assert await desk.counted() == (1, 5, 5, 5, 5)
    await desk.acceptance.close()


async def test_an_editor_that_ends_counts_what_is_there(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take()
    await desk.acceptance.close()
    assert await desk.counted() == (1, 5, 5, 5, 5)


async def test_counting_that_is_switched_off_meanwhile_ends(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    desk.take()
    assert (await desk.counted())[0] == 1
    desk.measures = False
    desk.acceptance.closed(desk.document)
    await desk.acceptance.close()
    assert await desk.counted() == (1, 0, 0, 0, 0)


async def test_a_document_that_is_gone_takes_its_offers_with_it(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    span = desk.document.index.span(0, 0)
    (number,) = desk.acceptance.offered(desk.document, [Suggestion("x", span, Verdict(()), "")])
    desk.documents.close(desk.document.uri)
    assert desk.acceptance.accepted(number) is None
    assert desk.acceptance.partly(number, "x") is None
    desk.acceptance.closed(desk.document)
    assert not desk.acceptance.follows(desk.document.uri)
