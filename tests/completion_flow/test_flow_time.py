"""The flow of completion where time runs out: nothing is shown late, remembered wrongly, or waited for twice."""

import asyncio
from dataclasses import replace

import pytest
from completion_fakes import FakeVerifier
from flow_fakes import SETTINGS, ToldModel, ask, engine_of, placed, typed

from signoff.completion.model.protocol import Piece
from signoff.completion.settings import CompletionSettings
from signoff.completion.suggestion import Suggestion
from signoff.verifiers.finding import Outcome
from signoff.verifiers.project import Project
from signoff.verifiers.snapshot import Snapshot


def texts(found: tuple[Suggestion, ...]) -> list[str]:
    return [row.text for row in found]


async def test_a_model_that_never_ends_is_cut_off_by_time() -> None:
    model = ToldModel()
    settings = CompletionSettings(debounce=0.0, backend="local", timeout=0.5)
    async with engine_of(model, FakeVerifier(), settings=settings) as engine:
        task = asyncio.ensure_future(ask(engine, "module m;\n  |\nendmodule\n"))
        (await model.wait(0)).say("wire c;\n  wire d;\n  wire e = ")
        assert texts(await task) == ["wire c;\n  wire d;"]


@pytest.mark.parametrize("automatic", [True, False])
async def test_the_time_limit_is_one_for_all_requests_of_a_question(automatic: bool) -> None:
    model = ToldModel()
    settings = CompletionSettings(debounce=0.0, backend="local", timeout=0.2)
    async with engine_of(model, FakeVerifier(), settings=settings) as engine:
        assert await ask(engine, automatic=automatic) == ()
        assert len(model.streams) == 1


async def test_that_nothing_came_in_time_is_not_remembered() -> None:
    model = ToldModel()
    settings = CompletionSettings(debounce=0.0, backend="local", timeout=0.2)
    async with engine_of(model, FakeVerifier(), settings=settings) as engine:
        assert await ask(engine) == ()
        task = asyncio.ensure_future(ask(engine))
        (await model.wait(1)).say("a;\n")
        assert texts(await task) == ["a"]


async def test_an_answer_that_broke_off_is_not_remembered_as_nothing() -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        (await model.wait(0)).pieces.put_nowait(Piece("", 0, "cut"))
        assert await task == ()
        task = asyncio.ensure_future(ask(engine))
        (await model.wait(1)).say("a;\n")
        assert texts(await task) == ["a"]


async def test_who_has_waited_long_while_typing_does_not_wait_for_a_second_answer(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for within, requests in ((60.0, 2), (0.0, 1)):
        monkeypatch.setattr("signoff.completion.answering.AGAIN_WITHIN", within)
        model = ToldModel(["bad;\n"])
        async with engine_of(model, FakeVerifier("bad")) as engine:
            assert await ask(engine) == ()
            assert len(model.streams) == requests


async def test_what_could_not_be_judged_in_time_is_shown_once_it_is_and_asks_no_model_meanwhile() -> None:
    model, gate = ToldModel(["a & b;\n"]), asyncio.Event()

    class Held(FakeVerifier):
        async def run(self, snapshot: Snapshot, project: Project) -> Outcome:
            await gate.wait()
            return await super().run(snapshot, project)

    settings = CompletionSettings(debounce=0.0, backend="local", check_timeout=0.05)
    async with engine_of(model, Held(), settings=settings) as engine:
        assert await ask(engine) == ()
        assert await ask(engine) == ()
        assert await ask(engine, typed("a")) == ()
        assert len(model.streams) == 1
        gate.set()
        async with asyncio.timeout(20):
            while not (found := await ask(engine, typed("a "))):
                pass
        assert texts(found) == ["& b"] and len(model.streams) == 1


async def test_the_statements_that_are_there_are_shown_and_what_follows_them_is_the_next_completion(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr("signoff.completion.landing.PATIENCE", 0.0)
    model = ToldModel()
    text = "module m;\n  |\nendmodule\n"
    async with engine_of(model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine, text))
        stream = await model.wait(0)
        stream.say("wire a;\n", "  wire b;\n", "  wire")
        (found,) = await task
        assert found.text in ("wire a;", "wire a;\n  wire b;")
        assert not stream.closed.is_set()
        after = text.replace("|", found.text + "\n  |")
        engine.edited(placed(after)[0], 2)
        stream.say(" c;\n", "  wire d;\n\n")
        stream.end()
        (rest,) = await ask(engine, after)
        assert rest.text.endswith("wire d;") or rest.text.endswith("wire c;")
        assert len(model.streams) == 1
        assert engine.counters.aborted == 0


async def test_who_has_waited_for_a_request_on_its_way_has_had_that_time() -> None:
    model = ToldModel()
    settings = CompletionSettings(debounce=0.0, backend="local", timeout=0.2)
    async with engine_of(model, FakeVerifier(), settings=settings) as engine:
        first = asyncio.ensure_future(ask(engine))
        await model.wait(0)
        assert await ask(engine, typed("a")) == ()
        assert await first == ()
        assert len(model.streams) <= 2


async def test_after_an_answer_that_diverges_the_new_place_s_own_is_remembered_as_nothing() -> None:
    model = ToldModel()
    settings = replace(SETTINGS, candidates=1)
    async with engine_of(model, FakeVerifier("bad"), settings=settings) as engine:
        first = asyncio.ensure_future(ask(engine))
        stream = await model.wait(0)
        second = asyncio.ensure_future(ask(engine, typed("b")))
        await asyncio.sleep(0)
        stream.say("a & b;\n")
        (await model.wait(1)).say("bad;\n")
        assert await second == await first == ()
        assert await ask(engine, typed("b")) == ()
        assert len(model.streams) == 2
