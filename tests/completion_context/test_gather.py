"""Sources: late, raising and repeating ones, and the choice of what the budget holds."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator, Callable

import pytest
from completion_fakes import PROJECT
from completion_holes import hole, snapshot
from hypothesis import given
from hypothesis import strategies as st

from signoff.completion.context import Hole
from signoff.completion.gather import Gatherer, Room, choose
from signoff.completion.passage import Passage
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot

PATIENT = 30.0


class Source:
    """Says what it is told to; waits for `go` where that is given."""

    languages = frozenset({"verilog"})

    def __init__(self, say: Callable[[Hole], tuple[Passage, ...]], go: asyncio.Event | None = None) -> None:
        self.say = say
        self.go = go
        self.asked = 0
        self.begun = asyncio.Event()
        self.answered = asyncio.Event()

    async def gather(self, snapshot: Snapshot, project: Project, hole: Hole) -> tuple[Passage, ...]:
        self.asked += 1
        self.begun.set()
        if self.go is not None:
            await self.go.wait()
        self.answered.set()
        return self.say(hole)


def says(*passages: Passage) -> Source:
    return Source(lambda hole: passages)


def ask(text: str) -> tuple[Snapshot, Project, Hole]:
    return snapshot(text)[0], PROJECT, hole(text)


A, B = Passage("a.v", "module a;"), Passage("b.v", "module b;")
NEAR = Passage("", "ports of a: clk", near=True)


@pytest.fixture
async def made() -> AsyncIterator[Callable[..., Gatherer]]:
    kept: list[Gatherer] = []

    def make(*sources: Source) -> Gatherer:
        kept.append(Gatherer(sources))
        return kept[-1]

    yield make
    for one in kept:
        await one.close()


async def test_all_sources_in_their_order_and_nothing_twice(made: Callable[..., Gatherer]) -> None:
    again = Passage("a.v", "module   a;\n")
    assert await made(says(A), says(B, again)).gather(*ask("a |"), patience=PATIENT) == (again, B)


async def test_a_source_of_another_language_is_not_asked(made: Callable[..., Gatherer]) -> None:
    other = says(A)
    other.languages = frozenset({"c"})
    assert await made(other, says(B)).gather(*ask("a |"), patience=PATIENT) == (B,)
    assert not other.asked


async def test_a_late_answer_serves_the_next_key(made: Callable[..., Gatherer]) -> None:
    go = asyncio.Event()
    late = Source(lambda hole: (A,), go)
    gatherer = made(late, says(B))
    assert await gatherer.gather(*ask("a |"), patience=0.001) == (B,)
    assert await gatherer.gather(*ask("ab |"), patience=0.001) == (B,)
    assert late.asked == 1  # one at a time
    go.set()
    await late.answered.wait()
    assert await gatherer.gather(*ask("abc |"), patience=PATIENT) == (A, B)


async def test_what_was_asked_ahead_is_asked_once(made: Callable[..., Gatherer]) -> None:
    source = says(A)
    gatherer, question = made(source), ask("a |")
    gatherer.ahead(*question)
    await source.answered.wait()
    assert await gatherer.gather(*question, patience=PATIENT) == (A,)
    assert source.asked == 1
    assert await gatherer.gather(*question, patience=PATIENT) == (A,)
    assert source.asked == 2  # files may have changed since


async def test_what_was_asked_ahead_of_another_place_is_asked_here(made: Callable[..., Gatherer]) -> None:
    source = Source(lambda hole: (Passage("", hole.line_prefix),))
    gatherer, question = made(source), ask("a |")
    gatherer.ahead(*ask("b |"))
    await source.answered.wait()
    assert [one.text for one in await gatherer.gather(*question, patience=PATIENT)] == ["a "]
    gatherer.ahead(*question)
    gatherer.ahead(*ask("c |"))
    gatherer.ahead(*question)
    assert [one.text for one in await gatherer.gather(*question, patience=PATIENT)] == ["a "]


async def test_the_newest_question_is_answered_after_a_late_one(made: Callable[..., Gatherer]) -> None:
    go = asyncio.Event()
    late = Source(lambda hole: (Passage("", hole.line_prefix),), go)
    gatherer = made(late)
    for text in ("a|", "ab|", "abc|"):
        assert await gatherer.gather(*ask(text), patience=0.001) == ()
    go.set()
    await late.answered.wait()
    late.answered.clear()
    await late.answered.wait()  # asked again, by nobody's leave
    assert (await gatherer.gather(*ask("abcd|"), patience=PATIENT))[0].text in ("abc", "abcd")
    assert late.asked <= 3


async def test_what_is_of_the_statement_goes_with_its_line(made: Callable[..., Gatherer]) -> None:
    go = asyncio.Event()
    go.set()
    source = Source(lambda hole: (A, NEAR), go)
    gatherer = made(source)
    assert await gatherer.gather(*ask("a a1 (|"), patience=PATIENT) == (A, NEAR)
    go.clear()
    assert await gatherer.gather(*ask("a a1 (.|"), patience=0.001) == (A, NEAR)
    assert await gatherer.gather(*ask("a a1 (.clk(c),\n|"), patience=0.001) == (A,)
    go.set()


async def test_a_source_that_raises_is_said_once_and_silences_no_other(
    made: Callable[..., Gatherer], caplog: pytest.LogCaptureFixture
) -> None:
    def fail(hole: Hole) -> tuple[Passage, ...]:
        raise ValueError("broken")

    gatherer = made(Source(fail), says(B))
    with caplog.at_level(logging.WARNING):
        for _ in range(3):
            assert await gatherer.gather(*ask("a |"), patience=PATIENT) == (B,)
    assert len(caplog.records) == 1
    assert "Source" in caplog.text


async def test_nothing_is_left_running() -> None:
    late = Source(lambda hole: (A,), asyncio.Event())
    gatherer = Gatherer([late])
    await gatherer.gather(*ask("a |"), patience=0.001)
    await gatherer.close()
    assert len(asyncio.all_tasks()) == 1
    assert await gatherer.gather(*ask("a |")) == ()


async def test_a_cancelled_keystroke_leaves_the_answer_to_the_next(made: Callable[..., Gatherer]) -> None:
    go = asyncio.Event()
    late = Source(lambda hole: (A,), go)
    gatherer = made(late)
    waiting = asyncio.ensure_future(gatherer.gather(*ask("a |"), patience=PATIENT))
    await late.begun.wait()
    waiting.cancel()
    await asyncio.gather(waiting, return_exceptions=True)
    go.set()
    await late.answered.wait()
    assert await gatherer.gather(*ask("ab |"), patience=PATIENT) == (A,)


def room(tokens: int) -> Room:
    return Room(tokens, len)


def of(text: str, weight: float = 1.0, *, near: bool = False) -> Passage:
    return Passage("", text, why=text, weight=weight, near=near)


def test_what_the_budget_does_not_hold_is_dropped_whole_the_least_weight_first() -> None:
    found = (of("x" * 20, 1.0), of("y" * 20, 3.0), of("z" * 20, 2.0), of("n" * 40, 9.0, near=True))
    # A third of 160 is for what stands before the document: two of 24 each.
    assert [one.text[0] for one in choose((), found, room(160))] == ["z", "y", "n"]


def test_those_of_before_keep_their_place_and_others_come_behind_them() -> None:
    first = choose((), (of("bbb", 2.0), of("aaa", 1.0)), room(400))
    assert [one.text for one in first] == ["aaa", "bbb"]
    assert [one.text for one in choose(first, (of("ccc", 0.5), of("bbb", 2.0)), room(400))] == ["aaa", "bbb", "ccc"]


def test_what_is_no_longer_true_is_replaced_at_once() -> None:
    old, new = Passage("a.v", "module a(x);", why="a"), Passage("a.v", "module a(y);", why="a")
    assert choose((old,), (new, B), room(400), settled=False) == (new, B)


def test_nothing_changes_before_the_document_while_one_types() -> None:
    assert choose((A,), (A, B, NEAR), room(400), settled=False) == (A, NEAR)
    assert choose((A,), (A, B, NEAR), room(400), settled=True) == (A, B, NEAR)
    assert choose((), (B,), room(400), settled=False) == (B,)


def test_what_is_near_stays_while_its_line_is_typed() -> None:
    few = of("ports: a, b", 6, near=True)
    other = of("typedef x;", 3, near=True)
    more = Passage("", "ports: b", why=few.why, weight=6, near=True)
    assert choose((few,), (more, other), room(400), same_line=True) == (few, other)
    assert choose((few,), (more, other), room(400)) == (more, other)


def test_what_weighs_more_takes_the_place_of_what_is_near() -> None:
    light, heavy = of("x" * 30, 2, near=True), of("y" * 30, 6, near=True)
    assert choose((light,), (light, heavy), room(60), same_line=True) == (heavy,)
    assert choose((heavy,), (light, heavy), room(60), same_line=True) == (heavy,)


PASSAGES = st.lists(
    st.builds(of, st.text("abc", min_size=1, max_size=30), st.floats(0, 5), near=st.booleans()), max_size=12
)


@given(PASSAGES, PASSAGES, st.integers(0, 300), st.booleans(), st.booleans())
def test_the_room_is_never_exceeded_and_choosing_again_changes_nothing(
    before: list[Passage], found: list[Passage], tokens: int, settled: bool, same_line: bool
) -> None:
    kept = room(tokens)
    chosen = choose(choose((), before, kept), found, kept, settled=settled, same_line=same_line)
    assert sum(kept.of(one) for one in chosen) <= tokens
    assert choose(chosen, found, kept, settled=settled, same_line=same_line) == chosen
