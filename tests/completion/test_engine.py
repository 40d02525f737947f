"""The pipeline: verified only, cancellable, and silent without a model (invariants 5 and 8)."""

import asyncio
import contextlib
from collections.abc import AsyncIterator

import pytest
from completion_fakes import PROJECT, DeadModel, FakeModel, FakeVerifier
from completion_holes import snapshot

from signoff.completion import engine as module
from signoff.completion.engine import CompletionEngine, Suggestion
from signoff.completion.model.protocol import Model, Request
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool

TEXT = "module m(input a, b, output y);\n  assign y = |;\nendmodule\n"
SETTINGS = CompletionSettings(debounce=0.0)


@contextlib.asynccontextmanager
async def running(
    monkeypatch: pytest.MonkeyPatch, model: Model, *verifiers: FakeVerifier, settings: CompletionSettings = SETTINGS
) -> AsyncIterator[CompletionEngine]:
    async def open_model(settings: CompletionSettings, pool: WorkerPool) -> Model:
        return model

    monkeypatch.setattr(module, "open_model", open_model)
    pool = WorkerPool()
    engine = CompletionEngine(pool, verifiers, settings)
    try:
        yield engine
    finally:
        await engine.close()
        await pool.close()


async def ask(engine: CompletionEngine, text: str = TEXT, automatic: bool = True) -> tuple[Suggestion, ...]:
    document, line, column = snapshot(text)
    return await engine.complete(document, PROJECT, line, column, automatic=automatic)


async def test_what_the_verifiers_accept_is_suggested_with_their_names(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch, FakeModel("a & b;\nendmodule"), FakeVerifier()) as engine:
        (suggestion,) = await ask(engine)
    assert suggestion.text == "a & b"
    assert (suggestion.span.start_line, suggestion.span.start_column) == (1, 13)
    assert suggestion.verdict.tools == ("fake",)
    assert suggestion.model == "fake-model"


async def test_what_they_refuse_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    async with running(monkeypatch, FakeModel("a & bad"), FakeVerifier("bad")) as engine:
        assert await ask(engine) == ()


async def test_no_model_is_asked_where_nothing_could_be_accepted(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel("a")
    async with running(monkeypatch, model, FakeVerifier(there=False)) as engine:
        assert await ask(engine) == ()
        assert await ask(engine, "// in a com|ment") == ()
    assert model.requests == []


async def test_an_explicit_request_draws_several_candidates(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Request) -> str:
        return "bad" if request.temperature == 0 else f"a{request.seed}"

    model = FakeModel(answer)
    async with running(monkeypatch, model, FakeVerifier("bad")) as engine:
        found = await ask(engine, automatic=False)
    assert [row.text for row in found] == ["a1", "a2"]
    assert [request.temperature == 0 for request in model.requests] == [True, False, False]


async def test_while_typing_a_refused_text_is_followed_by_one_other(monkeypatch: pytest.MonkeyPatch) -> None:
    def answer(request: Request) -> str:
        return "bad" if request.temperature == 0 else "a"

    model = FakeModel(answer)
    async with running(monkeypatch, model, FakeVerifier("bad")) as engine:
        assert [row.text for row in await ask(engine)] == ["a"]
    assert len(model.requests) == 2


async def test_typing_through_asks_nobody(monkeypatch: pytest.MonkeyPatch) -> None:
    model, verifier = FakeModel("a & b"), FakeVerifier()
    async with running(monkeypatch, model, verifier) as engine:
        await ask(engine)
        checks = len(verifier.seen)
        (rest,) = await ask(engine, TEXT.replace("|", "a |"))
    assert rest.text == "& b"
    # The document comes out as the very one that was judged.
    assert len(model.requests) == 1
    assert len(verifier.seen) == checks
    assert rest.verdict.tools == ("fake",)


async def test_cancelling_ends_the_model_s_work(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel("a " * 100, pause=0.02)
    async with running(monkeypatch, model, FakeVerifier()) as engine:
        task = asyncio.ensure_future(ask(engine))
        await model.asked.wait()
        task.cancel()
        with pytest.raises(asyncio.CancelledError):
            await task
        await asyncio.sleep(0.05)
    assert model.ended_early == 1


async def test_a_later_question_takes_the_place_of_an_earlier(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel("a & b", pause=0.05)
    async with running(monkeypatch, model, FakeVerifier()) as engine:
        first = asyncio.ensure_future(ask(engine))
        await model.asked.wait()
        (later,) = await ask(engine, TEXT.replace("y =", "y  ="))
        assert await first == ()
    assert later.text == "a & b"
    assert model.ended_early == 1


async def test_the_same_question_twice_is_asked_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel("a & b", pause=0.01)
    async with running(monkeypatch, model, FakeVerifier()) as engine:
        one, two = await asyncio.gather(ask(engine), ask(engine))
    assert one == two != ()
    assert len(model.requests) == 1


async def test_a_slow_model_is_cut_off_at_whole_statements(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel("wire c;\n wire d;\n wire e1 = " + "".join(f"a{n} + " for n in range(50)), pause=0.02)
    settings = CompletionSettings(debounce=0.0, timeout=0.5)
    async with running(monkeypatch, model, FakeVerifier(), settings=settings) as engine:
        (suggestion,) = await ask(engine, "module m;\n  |\nendmodule\n")
    assert suggestion.text == "wire c;\n wire d;"


async def test_a_model_that_goes_away_is_said_and_not_asked_again_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    model = DeadModel()
    async with running(monkeypatch, model, FakeVerifier()) as engine:
        assert await ask(engine) == ()
        assert await ask(engine, TEXT.replace("|", "a |")) == ()
        status = await engine.status()
    assert len(model.requests) == 1
    assert model.closed
    assert not status.ready
    assert status.message == "gone"


async def test_without_a_model_the_status_says_what_to_do(tmp_path, monkeypatch: pytest.MonkeyPatch) -> None:  # type: ignore[no-untyped-def]
    monkeypatch.setenv("SIGNOFF_MODEL_DIR", str(tmp_path))
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    pool = WorkerPool()
    engine = CompletionEngine(pool, [FakeVerifier()], SETTINGS)
    assert await ask(engine) == ()
    status = await engine.status()
    assert not status.ready
    assert "signoff model pull" in status.message
    assert pool.pids() == []
    await engine.close()


async def test_new_settings_close_the_old_model(monkeypatch: pytest.MonkeyPatch) -> None:
    model = FakeModel("a & b")
    async with running(monkeypatch, model, FakeVerifier()) as engine:
        await ask(engine)
        engine.configure(CompletionSettings(enabled=False))
        assert await ask(engine) == ()
        await asyncio.sleep(0)
    assert model.closed
