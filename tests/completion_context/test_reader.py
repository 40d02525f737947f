"""What a model reads, put together: still while one types, within the budget, never twice the same."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable

import pytest
from completion_fakes import PROJECT
from completion_holes import hole, snapshot

from signoff.completion.context import Hole
from signoff.completion.model.protocol import Budget, Description
from signoff.completion.passage import Passage
from signoff.completion.reader import LONG_PAUSE, PAUSE, Reader, Surroundings, below, outside
from signoff.completion.ring import Ring
from signoff.completion.window import Window
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

LAPTOP = Description("laptop", "local", "qwen", Budget(450, 64, 200), local=True)
SERVER = Description("server", "openai", "qwen", Budget(3000, 750, 1500))


class Names:
    """A source that has a passage for each word of the document before the cursor that it knows."""

    languages = frozenset({"verilog"})

    def __init__(self, *known: str) -> None:
        self.known = known

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        return tuple(
            Passage(f"{one}.v", f"module {one}(input clk);", why=one) for one in self.known if one in hole.prefix
        )


class Clock:
    now = 0.0

    def __call__(self) -> float:
        return self.now


class Bench:
    """A reader, its clock and a short way to ask it."""

    def __init__(self, *sources: Names, ring: Ring | None = None) -> None:
        self.clock = Clock()
        self.reader = Reader(sources, ring, self.clock)
        self.counted: list[str] = []
        self.enough = asyncio.Event()

    async def count(self, text: str) -> int | None:
        self.counted.append(text)
        self.enough.set()
        return len(text) // 4

    async def ask(self, text: str, known: Description = SERVER) -> Surroundings:
        document, _, _ = snapshot(text)
        return await self.reader.read(
            document, PROJECT, hole(text), known, max_tokens=32, count=self.count, patience=30.0
        )


@pytest.fixture
async def bench() -> AsyncIterator[Callable[..., Bench]]:
    made: list[Bench] = []

    def make(*sources: Names, ring: Ring | None = None) -> Bench:
        made.append(Bench(*sources, ring=ring))
        return made[-1]

    yield make
    for one in made:
        await one.reader.close()
    assert len(asyncio.all_tasks()) == 1


async def test_a_prompt_changes_its_beginning_only_after_a_pause(bench: Callable[..., Bench]) -> None:
    one = bench(Names("fifo", "uart"))
    assert [row.why for row in (await one.ask("module m;\n  fifo f();\n  |", LAPTOP)).passages] == ["fifo"]
    typed = "module m;\n  fifo f();\n  uart u();\n  |"
    assert [row.why for row in (await one.ask(typed, LAPTOP)).passages] == ["fifo"]
    one.clock.now += PAUSE + 1
    assert [row.why for row in (await one.ask(typed, LAPTOP)).passages] == ["fifo"]
    one.clock.now += LONG_PAUSE + 1
    assert [row.why for row in (await one.ask(typed, LAPTOP)).passages] == ["fifo", "uart"]


async def test_what_comes_stands_behind_what_was_there(bench: Callable[..., Bench]) -> None:
    one = bench(Names("uart", "fifo"))
    await one.ask("module m;\n  fifo f();\n  |")
    one.clock.now += PAUSE + 1
    found = await one.ask("module m;\n  fifo f();\n  uart u();\n  |")
    assert [row.why for row in found.passages] == ["fifo", "uart"]


async def test_another_model_begins_anew(bench: Callable[..., Bench]) -> None:
    one = bench(Names("uart", "fifo"))
    await one.ask("module m;\n  fifo f();\n  |", LAPTOP)
    found = await one.ask("module m;\n  fifo f();\n  uart u();\n  |", SERVER)
    assert [row.why for row in found.passages] == ["uart", "fifo"]


async def test_no_passages_are_gathered_where_none_are_wanted(bench: Callable[..., Bench]) -> None:
    known = Description("small", "openai", "qwen", Budget(300, 50, 0))
    assert (await bench(Names("fifo")).ask("module m;\n  fifo f();\n  |", known)).passages == ()


async def test_what_the_window_shows_is_not_given_again() -> None:
    shown = Window(body="  typedef enum {A, // first\n    B} state_e;\n")
    own = Passage("rtl/top.sv", "typedef enum {A, B} state_e;")
    other = Passage("rtl/pkg.sv", "typedef enum {A, B} state_e;")
    beside = Passage("rtl/top.sv", "logic hidden;")
    assert outside((own, other, beside), shown, "rtl/top.sv") == (other, beside)


async def test_texts_are_counted_while_nobody_types(bench: Callable[..., Bench]) -> None:
    one = bench(Names("fifo"))
    text = "module m;\n" + "  fifo f();\n" * 20 + "  |"
    await one.ask(text)
    assert one.counted == []
    await one.enough.wait()
    assert text[:-1] in one.counted
    assert one.reader.tokens.characters("verilog") == pytest.approx(4.0, rel=0.02)


async def test_similar_regions_come_after_facts(bench: Callable[..., Bench]) -> None:
    lines = "".join(f"  assign fifo_{number} = fifo_in & fifo_enable;\n" for number in range(9))
    ring = Ring(["/w"])
    ring.opened(Snapshot("file:///w/other.v", "/w/other.v", "verilog", 1, lines))
    ring.settle()
    found = (await bench(Names("fifo"), ring=ring).ask(f"module m;\n{lines}  |")).passages
    assert [row.exact for row in found] == [False, True]  # the heaviest stands nearest to the document


async def test_many_documents_are_not_all_kept(bench: Callable[..., Bench]) -> None:
    one = bench()
    for number in range(60):
        document = Snapshot(f"file:///{number}", "", "verilog", 1, "module m;\n")
        await one.reader.read(document, PROJECT, hole("module m;\n|"), SERVER, max_tokens=32)
    assert len(one.reader._documents) <= 32
    one.reader.forget("file:///59")
    assert "file:///59" not in one.reader._documents


def test_names_below_the_root() -> None:
    assert below("/w", "/w/rtl/a.v") == "rtl/a.v"
    assert below("/w", "/else/a.v") == "a.v"
    assert below("", "/else/a.v") == "a.v"
    assert below("/w", "") == ""
