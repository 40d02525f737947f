"""How long a failing model is left alone, on a clock of the test's own; and what the keeper makes of it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from dataclasses import replace

import pytest
from completion_fakes import FakeModel
from hypothesis import given
from hypothesis import strategies as st
from model_server_fake import REQUEST, Call, FakeServer, choice, text_of

from signoff.completion.model import keeper as keeping
from signoff.completion.model.health import LONGEST_KNOCK, LONGEST_WAIT, MISCONFIGURED_WAIT, SLOW_SECONDS, Health
from signoff.completion.model.keeper import Keeper
from signoff.completion.model.protocol import (
    Misconfigured,
    Model,
    ModelChanged,
    ModelRefused,
    ModelUnavailable,
    NoModelServer,
    Piece,
    PromptTooLong,
    Request,
    ServerBusy,
    ServerLoading,
    ServerUnreachable,
)
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool


class Clock:
    now = 100.0

    def __call__(self) -> float:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
def health(clock: Clock) -> Health:
    return Health(clock, lambda: 1.0)


def test_the_wait_doubles_up_to_a_minute_and_an_answer_ends_it(health: Health, clock: Clock) -> None:
    waits = []
    for _ in range(8):
        health.failed(ServerBusy("too many"))
        waits.append(health.retry_in)
        clock.now += health.retry_in
        health.ask(automatic=True)
    assert waits == [1, 2, 4, 8, 16, 32, LONGEST_WAIT, LONGEST_WAIT]
    health.answered(0.2)
    assert (health.state, health.retry_in) == ("ready", 0.0)


@pytest.mark.parametrize("kind", [ServerUnreachable, ServerLoading, NoModelServer])
def test_a_server_that_may_be_starting_is_looked_at_every_few_seconds(
    health: Health, clock: Clock, kind: type[ModelUnavailable]
) -> None:
    waits = []
    for _ in range(6):
        health.failed(kind("not there"))
        waits.append(health.retry_in)
        clock.now += health.retry_in
    assert waits == [1, 2, 4, LONGEST_KNOCK, LONGEST_KNOCK, LONGEST_KNOCK]


@given(st.floats(0, 1), st.integers(1, 30))
def test_half_of_a_wait_is_random(chance: float, failures: int) -> None:
    health = Health(Clock(), lambda: chance)
    for _ in range(failures):
        health.failed(ServerBusy("too many"))
    most = min(2.0 ** (failures - 1), LONGEST_WAIT)
    assert most / 2 <= health.retry_in <= most


def test_while_it_is_left_alone_only_an_explicit_request_may_ask(health: Health) -> None:
    health.failed(ServerUnreachable("gone"))
    with pytest.raises(ServerUnreachable, match="gone"):
        health.ask(automatic=True)
    health.ask(automatic=False)


def test_after_the_wait_one_request_goes_first(health: Health, clock: Clock) -> None:
    health.failed(ServerUnreachable("gone"))
    clock.now += health.retry_in
    health.ask(automatic=True)
    with pytest.raises(ServerUnreachable):
        health.ask(automatic=True)


def test_a_server_s_own_wish_counts_where_it_is_longer(health: Health) -> None:
    health.failed(ServerBusy("busy", 42.0))
    assert (health.state, health.retry_in) == ("busy", 42.0)
    health.failed(ServerBusy("busy", 1e9))
    assert health.retry_in == 600.0


def test_what_the_user_must_mend_is_looked_at_rarely(health: Health) -> None:
    health.failed(Misconfigured("key"))
    assert (health.state, health.retry_in) == ("misconfigured", MISCONFIGURED_WAIT)


@pytest.mark.parametrize("error", [PromptTooLong("long", 5), ModelChanged("other")])
def test_a_request_s_own_fault_is_no_illness(health: Health, error: ModelUnavailable) -> None:
    health.failed(error)
    health.ask(automatic=True)
    assert health.state == "ready"


def test_slow_is_the_median_of_the_last_answers_and_of_requests_given_up(health: Health) -> None:
    for seconds in (0.1, SLOW_SECONDS + 1, 0.2):
        health.answered(seconds)
    assert (health.state, health.latency) == ("ready", 0.2)
    health.silent(0.5)  # a keystroke came: that says nothing
    assert health.latency == 0.2
    for _ in range(3):
        health.silent(SLOW_SECONDS + 2)
    assert health.state == "slow"
    assert health.latency > SLOW_SECONDS
    health.answered(0.2)  # whatever was before, it is quick now
    assert health.state == "ready"


async def test_who_is_cut_off_without_a_word_is_slow_however_short_the_time_limit(clock: Clock) -> None:
    keeper = Keeper(CompletionSettings(timeout=2.0), WorkerPool(), Opener(FakeModel("x")), lambda: Health(clock))
    keeper.health.silent(2.0)
    assert keeper.health.state == "slow"
    keeper.health.answered(0.1)
    assert keeper.health.state == "ready"


class Failing(FakeModel):
    """Raises what it is told to, after the words before."""

    def __init__(self, error: ModelUnavailable | None = None) -> None:
        super().__init__("a b")
        self.error = error
        self.changed = False

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        async for piece in super().stream(request):
            yield piece
        if self.error is not None:
            raise self.error

    async def same(self) -> bool:
        return not self.changed


class Opener:
    """Hands out the given models (or raises the given errors), one a call."""

    def __init__(self, *answers: Model | ModelUnavailable) -> None:
        self.answers = list(answers)
        self.calls = 0
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self, settings: CompletionSettings, pool: WorkerPool) -> Model:
        self.calls += 1
        await self.gate.wait()
        answer = self.answers.pop(0)
        if isinstance(answer, ModelUnavailable):
            raise answer
        return answer


def kept(clock: Clock, *answers: Model | ModelUnavailable) -> tuple[Keeper, Opener]:
    opener = Opener(*answers)
    return Keeper(CompletionSettings(), WorkerPool(), opener, lambda: Health(clock, lambda: 1.0)), opener


async def test_a_model_is_opened_once_also_where_the_first_request_is_cancelled(clock: Clock) -> None:
    keeper, opener = kept(clock, FakeModel("x"))
    opener.gate.clear()
    first, second = (asyncio.ensure_future(keeper.open()) for _ in range(2))
    await asyncio.sleep(0)
    first.cancel()
    await asyncio.gather(first, return_exceptions=True)
    opener.gate.set()
    assert (await second).description.name == "fake-model"
    assert opener.calls == 1
    await keeper.close()


async def test_a_failure_ends_the_model_and_is_not_repeated_at_every_keystroke(clock: Clock) -> None:
    broken = Failing(ServerUnreachable("gone"))
    keeper, opener = kept(clock, broken, FakeModel("x"))
    with pytest.raises(ServerUnreachable):
        await text_of(await keeper.open())
    for _ in range(3):
        with pytest.raises(ServerUnreachable, match="gone"):
            await keeper.open()
    status = await keeper.status()
    assert (status.ready, status.state, status.message) == (False, "down", "gone")
    assert 0 < status.retry_in <= 1.0
    assert opener.calls == 1
    clock.now += 1.0
    assert await text_of(await keeper.open()) == "x "
    assert (await keeper.status()).state == "ready"
    assert broken.closed
    await keeper.close()


async def test_an_explicit_request_tries_at_once(clock: Clock) -> None:
    keeper, opener = kept(clock, ServerUnreachable("gone"), FakeModel("x"))
    with pytest.raises(ServerUnreachable):
        await keeper.open()
    assert await text_of(await keeper.open(automatic=False)) == "x "
    assert opener.calls == 2
    await keeper.close()


async def test_new_settings_forget_what_was_wrong(clock: Clock) -> None:
    keeper, opener = kept(clock, Misconfigured("key"), FakeModel("x"))
    with pytest.raises(Misconfigured):
        await keeper.open()
    keeper.configure(replace(CompletionSettings(), url="http://new"))
    await keeper.open()
    assert opener.calls == 2
    await keeper.close()


async def test_settings_that_change_while_it_is_opened_close_nothing_of_the_new(clock: Clock) -> None:
    new = FakeModel("new")
    keeper, opener = kept(clock, new)
    opener.gate.clear()
    first = asyncio.ensure_future(keeper.open())
    await asyncio.sleep(0)
    keeper.configure(replace(CompletionSettings(), url="http://new"))
    with pytest.raises(ModelUnavailable, match="just changed"):
        await first
    opener.gate.set()
    assert await text_of(await keeper.open()) == "new "
    assert not new.closed
    await keeper.close()
    assert new.closed


async def test_a_swapped_model_is_described_anew(clock: Clock, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(keeping, "CHECK_SECONDS", -1.0)
    old, new = Failing(), FakeModel("new")
    keeper, _ = kept(clock, old, new)
    await keeper.open()
    old.changed = True
    seen = await keeper.open()  # this one does not wait for the check
    assert seen.description.name == "fake-model"
    await asyncio.gather(*keeper._background)
    assert await text_of(await keeper.open()) == "new "
    await keeper.close()


async def test_a_server_that_has_swapped_its_model_is_described_anew() -> None:
    names = ["first"]

    async def handler(call: Call) -> None:
        if call.path == "/v1/models":
            await call.json({"data": [{"id": name} for name in names]})
        elif call.path == "/v1/completions" and call.body["model"] in names:
            await call.stream(choice("x", finish="stop"))
        else:
            await call.json({"message": f"The model `{call.body.get('model')}` does not exist."}, 404)

    async with FakeServer(handler) as server:
        keeper = Keeper(CompletionSettings(url=server.url, backend="openai"), WorkerPool())
        assert await text_of(await keeper.open()) == "x"
        names[:] = ["second"]
        with pytest.raises(ModelChanged):
            await text_of(await keeper.open())
        model = await keeper.open()
        assert model.description.name == "second"
        assert await text_of(model) == "x"
        await keeper.close()


async def test_a_model_that_is_listed_and_then_denied_is_misconfigured_and_costs_one_request(clock: Clock) -> None:
    there = False

    async def handler(call: Call) -> None:
        if call.path == "/v1/models":
            await call.json({"data": [{"id": "x"}]})
        elif call.path == "/v1/completions" and there:
            await call.stream(choice("a", finish="stop"))
        else:
            await call.json({"error": {"message": "The model `x` does not exist."}}, 404)

    def asked() -> int:
        return sum(call.path == "/v1/completions" for call in server.calls)

    async with FakeServer(handler) as server:
        settings = CompletionSettings(url=server.url, backend="openai")
        keeper = Keeper(settings, WorkerPool(), health=lambda: Health(clock, lambda: 1.0))
        for number in (1, 2):
            with pytest.raises(ModelChanged):
                await text_of(await keeper.open())
            for _ in range(3):
                with pytest.raises(ModelRefused, match=r"lists x, and refuses it\..*`x` does not exist"):
                    await keeper.open()
            assert asked() == number
            status = await keeper.status()
            assert (status.state, status.ready, status.retry_in) == ("misconfigured", False, MISCONFIGURED_WAIT)
            clock.now += MISCONFIGURED_WAIT
            assert (await keeper.status()).state == "misconfigured", "that it is listed proves nothing"
            clock.now += MISCONFIGURED_WAIT
        there = True
        assert await text_of(await keeper.open()) == "a"
        assert (await keeper.status()).state == "ready"
        await keeper.close()


async def test_closing_a_stream_at_any_piece_leaves_the_model_well(clock: Clock) -> None:
    model = FakeModel("a b c d")
    keeper, _ = kept(clock, model)
    watched = await keeper.open()
    for taken in range(4):
        stream = watched.stream(REQUEST)
        for _ in range(taken):
            await anext(stream)
        await stream.aclose()  # type: ignore[attr-defined]
    assert model.ended_early == 3  # the first was closed before it began
    assert (await keeper.status()).state == "ready"
    await keeper.close()


async def test_counting_tokens_never_raises(clock: Clock) -> None:
    class Uncountable(FakeModel):
        async def count_tokens(self, text: str) -> int | None:
            raise ServerUnreachable("gone")

    keeper, _ = kept(clock, Uncountable("x"))
    assert await (await keeper.open()).count_tokens("a") is None
    await keeper.close()
