"""What goes wrong on the way to a model: each fault over a real socket, what is said of it and what is kept."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from model_server_fake import REQUEST, Call, FakeServer, choice, pieces_of, text_of

from signoff.completion.model import trouble
from signoff.completion.model.http import HttpClient
from signoff.completion.model.openai import OpenAIModel
from signoff.completion.model.protocol import (
    Description,
    Misconfigured,
    ModelChanged,
    ModelUnavailable,
    NoModelServer,
    Piece,
    PromptTooLong,
    ServerBusy,
    ServerLoading,
    ServerUnreachable,
)
from signoff.completion.model.registry import open_model
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool

Handler = Callable[[Call], Awaitable[None]]


def model_at(url: str, key: str = "") -> OpenAIModel:
    return OpenAIModel(HttpClient(url, key), Description("m", "openai", "qwen"), CompletionSettings(url=url))


async def ask(handler: Handler, key: str = "") -> list[Piece]:
    async with FakeServer(handler) as server:
        model = model_at(server.url, key)
        try:
            return await pieces_of(model)
        finally:
            await model.close()


def answer(status: int, body: str = "", **headers: str) -> Handler:
    async def handler(call: Call) -> None:
        await call.reply(body, status, **headers)

    return handler


@pytest.mark.parametrize(
    ("handler", "error", "words"),
    [
        (answer(401, '{"error": "bad key s3cret"}'), Misconfigured, "refuses the API key"),
        (answer(403), Misconfigured, "apiKeyEnv"),
        (answer(404, "<html>not found</html>"), Misconfigured, "no completions at this address"),
        (answer(404, '{"error": {"message": "The model `m` does not exist."}}'), ModelChanged, "completion.model"),
        (answer(302, location="https://user:pw@other.example/v1?x=1"), Misconfigured, "https://other.example/v1:"),
        (answer(500, '{"detail": "out of memory"}'), ModelUnavailable, "HTTP 500: out of memory"),
        (answer(500, '{"error": "your key is s3cret"}'), ModelUnavailable, "your key is ..."),
        (answer(200, "<!doctype html>", content_type="text/html; charset=utf-8"), NoModelServer, "a web page"),
        (answer(200, "{broken"), NoModelServer, "not JSON"),
        (answer(200, "data: {broken\n\n", content_type="text/event-stream"), NoModelServer, "not JSON"),
        (answer(200, '{"foo": 1}'), NoModelServer, "answers without text (it sends 'foo')"),
        (answer(200, '{"choices": [], "usage": {"total_tokens": 3}}'), NoModelServer, "answers without text"),
        (answer(502, "<html>Bad gateway</html>"), ServerUnreachable, "is down (HTTP 502)."),
        (answer(503, "<html>Unavailable</html>"), ServerLoading, "is not ready (HTTP 503)."),
    ],
)
async def test_a_fault_is_one_sentence_with_what_to_do(
    handler: Handler, error: type[ModelUnavailable], words: str
) -> None:
    with pytest.raises(ModelUnavailable) as caught:
        await ask(handler, key="s3cret")
    assert type(caught.value) is error
    message = str(caught.value)
    assert words in message
    assert "s3cret" not in message
    assert "\n" not in message


@pytest.mark.parametrize(("status", "value", "seconds"), [(429, "7", 7.0), (503, "", 0.0), (429, "soon", 0.0)])
async def test_a_busy_server_says_how_long_to_wait(status: int, value: str, seconds: float) -> None:
    with pytest.raises(ServerBusy) as caught:
        await ask(answer(status, "{}", retry_after=value))
    assert caught.value.retry_after == seconds


def test_retry_after_may_be_a_date() -> None:
    now = datetime(2026, 10, 21, 7, 28, tzinfo=UTC)
    assert trouble.retry_after("Wed, 21 Oct 2026 07:28:30 GMT", now) == 30.0
    assert trouble.retry_after("Wed, 21 Oct 2026 07:00:00 GMT", now) == 0.0


async def test_nobody_answers() -> None:
    async with FakeServer(answer(200)) as server:
        url = server.url
    model = model_at(url)
    with pytest.raises(ServerUnreachable, match=url):
        await text_of(model)
    await model.close()


@pytest.mark.parametrize("url", ["http://[::1", "http://a b/", "ftp://host", "http://host:99999", ""])
async def test_an_address_that_is_none(url: str) -> None:
    model = model_at(url)
    with pytest.raises(ModelUnavailable):
        await text_of(model)
    await model.close()


async def test_a_server_without_tls_says_so() -> None:
    async with FakeServer(answer(200)) as server:
        model = model_at(server.url.replace("http", "https"))
        with pytest.raises(Misconfigured, match="does not speak TLS"):
            await text_of(model)
        await model.close()


async def test_the_key_never_follows_a_redirect() -> None:
    async with FakeServer(answer(200, "{}")) as other:
        for status in (301, 302, 303, 307, 308):
            with pytest.raises(Misconfigured, match="redirects"):
                await ask(answer(status, location=f"{other.url}/v1/completions"), key="s3cret")
        assert other.calls == []


async def test_the_key_goes_to_the_server_and_into_no_repr() -> None:
    seen = []

    async def handler(call: Call) -> None:
        seen.append(call.headers["authorization"])
        await call.stream(choice("x", finish="stop"))

    async with FakeServer(handler) as server:
        model = model_at(server.url, "s3cret")
        assert await text_of(model) == "x"
        assert "s3cret" not in repr(vars(model)) + repr(model.description)
        await model.close()
    assert seen == ["Bearer s3cret"]


async def test_user_and_password_of_the_address_are_not_told() -> None:
    async with FakeServer(answer(500)) as server:
        model = model_at(server.url.replace("//", "//me:hunter2@"))
        with pytest.raises(ModelUnavailable) as caught:
            await text_of(model)
        assert "hunter2" not in str(caught.value)
        await model.close()


async def test_half_an_answer_is_used_and_marked_as_cut() -> None:
    async def handler(call: Call) -> None:
        await call.begin(transfer_encoding="chunked")
        await call.chunk(b"data: " + json.dumps(choice("a &")).encode() + b"\n\ndata: {")
        call.cut()

    assert await ask(handler) == [Piece("a &"), Piece("", 0, "cut")]


async def test_a_stream_that_ends_without_a_reason_is_cut_too() -> None:
    async def handler(call: Call) -> None:
        await call.begin()
        await call.raw(b"data: " + json.dumps(choice("a &")).encode() + b"\n\n")

    assert await ask(handler) == [Piece("a &"), Piece("", 0, "cut")]


async def test_a_connection_cut_before_any_text_is_an_error() -> None:
    async def handler(call: Call) -> None:
        await call.begin(transfer_encoding="chunked")
        call.cut()

    with pytest.raises(ServerUnreachable):
        await ask(handler)


async def test_a_connection_that_closes_before_its_answer_is_tried_again_once() -> None:
    calls = 0

    async def once(call: Call) -> None:
        nonlocal calls
        calls += 1
        if calls == 1:
            call.cut()
        else:
            await call.stream(choice("x", finish="stop"))

    async def ever(call: Call) -> None:
        call.cut()

    assert await ask(once) == [Piece("x", 0, "stop")]
    with pytest.raises(ServerUnreachable):
        await ask(ever)


async def test_an_error_in_the_stream_is_told_or_ends_what_there_is() -> None:
    fault = {"error": {"message": "CUDA out of memory", "code": 500}}

    async def at_once(call: Call) -> None:
        await call.stream(fault)

    async def later(call: Call) -> None:
        await call.stream(choice("a &"), fault)

    with pytest.raises(ModelUnavailable, match="CUDA out of memory"):
        await ask(at_once)
    assert await ask(later) == [Piece("a &"), Piece("", 0, "cut")]


async def test_an_empty_answer_is_no_error() -> None:
    async def handler(call: Call) -> None:
        await call.stream()

    assert await ask(handler) == []


@pytest.mark.parametrize(
    "event",
    [{}, {"choices": None}, {"choices": [None, 3]}, {"choices": [{"text": None}]}, {"choices": [{"index": "x"}]}, []],
)
async def test_odd_events_are_passed_over(event: Any) -> None:
    async def handler(call: Call) -> None:
        await call.stream(event, choice("x", finish="stop"))

    assert await ask(handler) == [Piece("x", 0, "stop")]


async def test_a_server_that_does_not_stream_is_understood() -> None:
    async def handler(call: Call) -> None:
        await call.reply(json.dumps(choice("a\n& b", finish="length"), indent=2))

    assert await ask(handler) == [Piece("a\n& b", 0, "length")]


# Beside multi-byte characters: line ends of Unicode, which JSON may hold as they are.
ODD = "für 𝕏\u2028\u2029\x85\x0b 日本 🙂\r\n"


@pytest.mark.parametrize("size", [1, 2, 3, 5, 7])
async def test_text_survives_however_its_bytes_are_cut(size: int) -> None:
    whole = b"".join(
        b"data: " + json.dumps(event, ensure_ascii=False).encode() + b"\r\n\r\n"
        for event in (choice(ODD), choice(ODD, finish="stop"))
    )

    async def handler(call: Call) -> None:
        await call.begin(transfer_encoding="chunked")
        for start in range(0, len(whole), size):
            await call.chunk(whole[start : start + size])
        await call.raw(b"0\r\n\r\n")

    assert "".join(piece.text for piece in await ask(handler)) == ODD * 2


async def test_a_prompt_that_is_too_long_is_shortened_and_the_limit_is_known() -> None:
    said = "This model's maximum context length is 400 tokens. However, you requested 900 tokens"

    async def handler(call: Call) -> None:
        if len(call.body["prompt"]) > 400:
            await call.json({"object": "error", "message": said}, 400)
        else:
            await call.stream(choice("x", finish="stop"))

    async with FakeServer(handler) as server:
        model = model_at(server.url)
        prefix = "".join(f"wire w{number};\n" for number in range(100))
        long = REQUEST.__class__(f"<|fim_prefix|>{prefix}<|fim_suffix|>b<|fim_middle|>", prefix, "b")
        assert await text_of(model, long) == "x"
        last = server.calls[-1].body["prompt"]
        assert last.startswith("<|fim_prefix|>wire w")
        assert last.endswith("wire w99;\n<|fim_suffix|>b<|fim_middle|>")
        assert model.description.context_tokens == 400
        budget = model.description.budget
        assert budget.prefix + budget.suffix + budget.passages < 400
        assert "400 tokens" in model.description.note
        await model.close()


async def test_a_server_that_calls_everything_too_long_is_not_asked_for_ever() -> None:
    with pytest.raises(ModelUnavailable, match="too long") as caught:
        await ask(answer(400, '{"error": {"message": "the request exceeds the available context size (16 tokens)"}}'))
    assert isinstance(caught.value, PromptTooLong)
    assert caught.value.limit == 16


async def test_closing_after_any_piece_disconnects_at_once() -> None:
    parts = 6

    async def handler(call: Call) -> None:
        await call.begin(transfer_encoding="chunked")
        for number in range(parts):
            await call.chunk(b"data: " + json.dumps(choice(str(number))).encode() + b"\n\n")
        await call.gone.wait()

    async with FakeServer(handler) as server:
        model = model_at(server.url)
        for taken in range(1, parts + 1):
            stream = model.stream(REQUEST)
            got = [await anext(stream) for _ in range(taken)]
            await stream.aclose()  # type: ignore[attr-defined]
            assert "".join(piece.text for piece in got) == "012345"[:taken]
            await asyncio.wait_for(server.calls[-1].gone.wait(), 10)
        await model.close()


@pytest.mark.parametrize("stage", ["accepted", "head", "first"])
async def test_cancelling_while_waiting_disconnects(stage: str) -> None:
    reached = asyncio.Event()

    async def handler(call: Call) -> None:
        if stage != "accepted":
            await call.begin(transfer_encoding="chunked")
        if stage == "first":
            await call.chunk(b"data: " + json.dumps(choice("x")).encode() + b"\n\n")
        reached.set()
        await call.gone.wait()

    async with FakeServer(handler) as server:
        model = model_at(server.url)
        waiting = asyncio.ensure_future(text_of(model))
        await asyncio.wait_for(reached.wait(), 10)
        waiting.cancel()
        with pytest.raises(asyncio.CancelledError):
            await waiting
        await asyncio.wait_for(server.calls[-1].gone.wait(), 10)
        await model.close()


@pytest.mark.parametrize(
    ("handler", "error", "words"),
    [
        (answer(502, "<html>Bad gateway</html>", content_type="text/html"), ServerUnreachable, "down (HTTP 502)"),
        (answer(504), ServerUnreachable, "down (HTTP 504)"),
        (answer(503, "<html>"), ServerLoading, "not ready (HTTP 503)"),
        (answer(500), ModelUnavailable, "HTTP 500"),
        (answer(200, "<html>Starting</html>", content_type="text/html"), NoModelServer, "it sends a web page"),
        (answer(200, '{"data": []}'), NoModelServer, "lists no model"),
    ],
)
@pytest.mark.parametrize("backend", ["auto", "openai"])
async def test_what_a_proxy_says_while_its_server_starts_is_no_model_s_name_missing(
    backend: str, handler: Handler, error: type[ModelUnavailable], words: str
) -> None:
    async with FakeServer(handler) as server:
        with pytest.raises(ModelUnavailable) as caught:
            await open_model(CompletionSettings(url=server.url, backend=backend), WorkerPool())
    assert type(caught.value) is error
    assert words in str(caught.value)
