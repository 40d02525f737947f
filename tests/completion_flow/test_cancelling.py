"""Cancelled at every point: nothing is left running, and the next question is answered as if nothing had been."""

import asyncio

import pytest
from completion_fakes import FakeVerifier
from flow_fakes import GONE, SETTINGS, TEXT, SlowVerifier, ToldModel, ask, engine_of, placed, typed

from signoff.completion.settings import CompletionSettings

ANSWER = ("a", " & ", "b", ";\n", "endmodule")
STEPS = range(60)


async def _turns(count: int) -> None:
    for _ in range(count):
        await asyncio.sleep(0)


async def test_the_turns_reach_from_the_question_to_the_answer() -> None:
    async with engine_of(ToldModel(ANSWER), SlowVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        await _turns(STEPS[-1])
        assert task.done()


@pytest.mark.parametrize("steps", STEPS)
async def test_cancelled_after_any_number_of_turns_of_the_loop(steps: int) -> None:
    model = ToldModel(ANSWER)
    async with engine_of(model, SlowVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        await _turns(steps)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert task.cancelled() or [row.text for row in task.result()] == ["a & b"]
        assert [row.text for row in await ask(engine)] == ["a & b"]
        # At most the one that was cut off, and the one that was answered.
        assert len(model.streams) <= 2


@pytest.mark.parametrize("steps", STEPS)
async def test_closed_after_any_number_of_turns_of_the_loop(steps: int) -> None:
    model = ToldModel(ANSWER)
    async with engine_of(model, SlowVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        await _turns(steps)
        await engine.close()
        assert (await asyncio.gather(task, return_exceptions=True))[0] in ((), task.result())


@pytest.mark.parametrize("steps", STEPS)
async def test_typed_on_after_any_number_of_turns_of_the_loop(steps: int) -> None:
    model = ToldModel(ANSWER)
    async with engine_of(model, SlowVerifier()) as engine:
        first = asyncio.ensure_future(ask(engine))
        await _turns(steps)
        engine.edited(placed(typed("a"), version=2)[0], 1)
        first.cancel()
        (second,) = await ask(engine, typed("a"))
        await asyncio.gather(first, return_exceptions=True)
        # A request that was on its way serves the new place: its text goes on with what was typed. One that is
        # asked for at the new place begins anew.
        assert second.text in (" & b", "a & b")
        if model.streams and model.streams[0].request.prompt.find("assign y = <") >= 0:
            assert second.text == " & b"
            assert len(model.streams) == 1


@pytest.mark.parametrize("steps", STEPS[1:])
async def test_diverged_after_any_number_of_turns_of_the_loop(steps: int) -> None:
    model = ToldModel(ANSWER)
    async with engine_of(model, SlowVerifier()) as engine:
        first = asyncio.ensure_future(ask(engine))
        await _turns(steps)
        (second,) = await ask(engine, typed("c + "))
        assert await first in ((), await first)
        assert second.text == "a & b"
        assert second.span.start_column == len("  assign y = c + ")


@pytest.mark.parametrize("steps", STEPS)
async def test_other_settings_after_any_number_of_turns_of_the_loop(steps: int) -> None:
    model = ToldModel(ANSWER)
    async with engine_of(model, SlowVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        await _turns(steps)
        engine.configure(CompletionSettings(debounce=0.0, backend="local", candidates=2))
        found = await task
        assert found == () or found[0].text == "a & b"
        assert [row.text for row in await ask(engine)] == ["a & b"]


@pytest.mark.parametrize("pieces", range(len(ANSWER) + 1))
async def test_the_model_dies_after_any_piece(pieces: int) -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        stream = await model.wait(0)
        stream.say(*ANSWER[:pieces])
        stream.end(GONE)
        found = await task
        # What was whole before it died counts.
        assert found == () or found[0].text == "a & b"
        assert bool(found) == (pieces >= 4)
        if not found:
            assert not (await engine.status()).ready


@pytest.mark.parametrize("pieces", range(len(ANSWER)))
async def test_nobody_waits_after_any_piece(pieces: int) -> None:
    model = ToldModel()
    async with engine_of(model, FakeVerifier()) as engine:
        engine._flow.flights._linger = 0.0
        task = asyncio.ensure_future(ask(engine))
        stream = await model.wait(0)
        stream.say(*ANSWER[: min(pieces, 3)])
        await _turns(20)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        async with asyncio.timeout(20):
            await stream.closed.wait()
        assert engine.counters.aborted == 1


async def test_in_the_pause_before_a_request_nothing_is_sent() -> None:
    model = ToldModel(ANSWER)
    settings = CompletionSettings(debounce=300.0, backend="local")
    async with engine_of(model, FakeVerifier(), settings=settings) as engine:
        task = asyncio.ensure_future(ask(engine))
        await _turns(30)
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)
        assert model.streams == []
        # By hand there is no pause.
        async with asyncio.timeout(60):
            assert await ask(engine, automatic=False)


class Known:
    """A source that tells when it was asked: how many requests the model had by then."""

    languages = frozenset({"verilog"})

    def __init__(self, model: ToldModel) -> None:
        self.model = model
        self.asked: list[int] = []
        self.begun = asyncio.Event()

    async def gather(self, snapshot, project, hole):  # type: ignore[no-untyped-def]
        self.asked.append(len(self.model.streams))
        self.begun.set()
        return ()


async def test_in_the_pause_before_a_request_what_matters_is_gathered(monkeypatch) -> None:
    monkeypatch.setattr("signoff.completion.answering.AHEAD", 300.0)
    model = ToldModel(ANSWER)
    source = Known(model)
    settings = CompletionSettings(debounce=300.0, backend="local")
    async with engine_of(model, FakeVerifier(), settings=settings, sources=(source,)) as engine:
        task = asyncio.ensure_future(ask(engine))
        async with asyncio.timeout(60):
            await source.begun.wait()
        assert (source.asked, model.streams) == ([0], [])
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


@pytest.mark.parametrize("debounce", [0.0, 0.001])
async def test_sources_are_asked_once_a_request(debounce: float) -> None:
    model = ToldModel(ANSWER)
    source = Known(model)
    settings = CompletionSettings(debounce=debounce, backend="local")
    async with engine_of(model, FakeVerifier(), settings=settings, sources=(source,)) as engine:
        assert await ask(engine)
    assert (source.asked, len(model.streams)) == ([0], 1)


async def test_a_source_that_never_answers_holds_nothing_up() -> None:
    class Stuck:
        languages = frozenset({"verilog"})

        async def gather(self, snapshot, project, hole):  # type: ignore[no-untyped-def]
            await asyncio.Event().wait()

    from signoff.completion.engine import CompletionEngine
    from signoff.verifiers.workers import WorkerPool

    model, pool = ToldModel(ANSWER), WorkerPool()

    async def opener(settings, pool):  # type: ignore[no-untyped-def]
        return model

    engine = CompletionEngine(pool, [FakeVerifier()], SETTINGS, [Stuck()], opener=opener)  # type: ignore[list-item]
    assert [row.text for row in await ask(engine, TEXT)] == ["a & b"]
    await engine.close()
    await pool.close()
