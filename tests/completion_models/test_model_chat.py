"""Talking to a model: each backend's form over real sockets, which models can, and that what cannot is no failure."""

from __future__ import annotations

import asyncio
import contextlib
import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from model_server_fake import Call, FakeServer
from test_model_backends import QWEN, llama_server, ollama, open_at, vllm

from signoff.completion.model import chat, registry
from signoff.completion.model.chat import CannotChat, Talk, Turn, chatting, neutral, whole
from signoff.completion.model.keeper import Keeper
from signoff.completion.model.protocol import Misconfigured, Model, ModelUnavailable, ServerLoading
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool

Handler = Callable[[Call], Awaitable[None]]
TALK = Talk((Turn("user", "Which?"),), 64, 0.5, 7)


def said(text: str, finish: str | None = None) -> dict[str, Any]:
    """An event of /v1/chat/completions."""
    return {"choices": [{"index": 0, "delta": {"content": text}, "finish_reason": finish}]}


def talking(base: Handler, *events: dict[str, Any], path: str = "/v1/chat/completions") -> Handler:
    """A server that also talks: the word that it is to repeat it repeats."""

    async def answer(call: Call) -> None:
        if call.path != path:
            await base(call)
        elif "Repeat this word" in call.body["messages"][0]["content"]:
            word = call.body["messages"][0]["content"].rsplit(" ", 1)[-1]
            await call.stream(said(word), said("", "stop"))
        else:
            await call.stream(*(events or (said("the "), said("first", "stop"))))

    return answer


def refusing(base: Handler, status: int, message: str) -> Handler:
    async def answer(call: Call) -> None:
        if call.path.endswith(("/chat/completions", "/api/chat")):
            await call.json({"error": {"message": message}}, status)
        else:
            await base(call)

    return answer


async def test_an_openai_server_is_talked_to_in_turns() -> None:
    async with FakeServer(talking(vllm())) as server:
        model = await open_at(server.url)
        assert await whole(await chatting(model), TALK) == chat.Said("the first", "stop")
        body = server.calls[-1].body
        assert body["messages"] == [{"role": "user", "content": "Which?"}]
        assert (body["max_tokens"], body["temperature"], body["seed"]) == (64, 0.5, 7)
        assert "skip_special_tokens" not in body, "the end of a turn must not come as text"
        await model.close()


@pytest.mark.parametrize("infill", [True, False])
async def test_a_llama_server_is_talked_to_in_the_same_way(infill: bool) -> None:
    tokens = () if infill else QWEN
    async with FakeServer(talking(llama_server("mystery.gguf" if infill else "qwen.gguf", infill, tokens))) as server:
        model = await open_at(server.url)
        assert type(model).__name__ == ("InfillModel" if infill else "LlamaModel")
        assert (await whole(await chatting(model), TALK)).text == "the first"
        assert server.calls[-1].body["cache_prompt"] is True
        await model.close()


async def test_ollama_is_talked_to_by_its_own_template() -> None:
    rows = [{"message": {"role": "assistant", "content": text}, "done": False} for text in ("the ", "first")]
    end = {"message": {"content": ""}, "done": True, "done_reason": "length"}
    base = ollama("{{ .Suffix }}{{ range .Messages }}<|im_start|>{{ .Role }}{{ end }}")

    async def answer(call: Call) -> None:
        if call.path != "/api/chat":
            await base(call)
            return
        asked = call.body["messages"][0]["content"]
        known = (
            [{"message": {"content": asked.rsplit(" ", 1)[-1]}, "done": True}] if "Repeat this word" in asked else rows
        )
        await call.stream(*known, end, prefix="", end=False)

    async with FakeServer(answer) as server:
        model = await open_at(server.url)
        assert await whole(await chatting(model), TALK) == chat.Said("the first", "length")
        assert server.calls[-1].body["options"] == {"num_predict": 64, "temperature": 0.5, "seed": 7}
        await model.close()


async def test_a_base_model_of_ollama_is_not_even_asked() -> None:
    async with FakeServer(ollama("{{ .Prompt }}", "starcoder2:3b")) as server:
        model = await open_at(server.url)
        with pytest.raises(CannotChat, match="no template for a talk"):
            await chatting(model)
        assert not server.asked("/api/chat")
        await model.close()


async def test_a_model_that_goes_on_with_the_question_cannot_be_talked_to() -> None:
    async def answer(call: Call) -> None:
        if call.path == "/v1/chat/completions":
            await call.stream(said(" bistable\nmodule top (input clk);\n  reg [3:0] q;"), said("", "length"))
        else:
            await vllm()(call)

    async with FakeServer(answer) as server:
        model = await open_at(server.url)
        with pytest.raises(CannotChat, match="does not do what it is asked to"):
            await chatting(model)
        await model.close()


@pytest.mark.parametrize(
    ("status", "message", "error"),
    [
        (400, "default chat template is no longer allowed: you must provide one", CannotChat),
        (404, "not found", CannotChat),
        (501, "not supported", CannotChat),
        (500, "template error", CannotChat),
        (401, "no key", Misconfigured),
        (503, "loading", ServerLoading),
    ],
)
async def test_a_refusal_is_told_from_a_server_that_cannot_be_asked_now(
    status: int, message: str, error: type[ModelUnavailable]
) -> None:
    async with FakeServer(refusing(vllm(), status, message)) as server:
        model = await open_at(server.url)
        with pytest.raises(ModelUnavailable) as caught:
            await chatting(model)
        assert type(caught.value) is error
        await model.close()


@pytest.mark.parametrize(
    "events",
    [
        [{"choices": [{"delta": {"reasoning_content": "Hm, which word?"}}]}, said("", "length")],
        [said("<think>\nThe user wants"), said("", "length")],
        [{"choices": [{"message": {"content": "Bistable."}, "finish_reason": "stop"}]}],
        [{"choices": [{"delta": {"role": "assistant", "content": None}}]}, said(" bistable"), said("", "stop")],
    ],
)
async def test_thoughts_and_whole_messages_are_answers_too(events: list[dict[str, Any]]) -> None:
    async def answer(call: Call) -> None:
        await (call.stream(*events) if call.path == "/v1/chat/completions" else vllm()(call))

    async with FakeServer(answer) as server:
        model = await open_at(server.url)
        assert (await chatting(model)).description == model.description
        await model.close()


async def test_an_error_before_any_text_is_raised_and_later_what_came_is_of_use() -> None:
    for events, text in (([], None), ([said("the ")], "the ")):
        async with FakeServer(talking(vllm(), *events, {"error": {"message": "out of memory"}})) as server:
            model = await chatting(await open_at(server.url))
            if text is None:
                with pytest.raises(ModelUnavailable, match="out of memory"):
                    await whole(model, TALK)
            else:
                assert await whole(model, TALK) == chat.Said(text, "cut")


async def test_giving_an_answer_up_disconnects() -> None:
    begun = asyncio.Event()

    async def answer(call: Call) -> None:
        if call.path != "/v1/chat/completions":
            await vllm()(call)
            return
        await call.begin(transfer_encoding="chunked")
        await call.chunk(f"data: {json.dumps(said('the '))}\n\n".encode())
        begun.set()
        await call.gone.wait()

    async with FakeServer(answer) as server:
        model: Any = await open_at(server.url)
        task = asyncio.ensure_future(whole(model, TALK))
        await begun.wait()
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
        await server.calls[-1].gone.wait()
        await model.close()


async def test_an_answer_without_end_is_cut_off() -> None:
    async with FakeServer(talking(vllm(), *[said("x" * 1000)] * 200)) as server:
        model = await chatting(await open_at(server.url))
        told = await whole(model, TALK, 5_000)
        assert (len(told.text), told.finish) == (5_000, "long")


def keeper(url: str) -> Keeper:
    async def opener(settings: CompletionSettings, pool: WorkerPool) -> Model:
        return await registry.open_model(settings, pool)

    return Keeper(CompletionSettings(url=url), WorkerPool(), opener)


async def test_what_is_found_out_is_asked_once_and_disturbs_no_completion() -> None:
    async with FakeServer(refusing(vllm(), 400, "no template")) as server:
        running = keeper(server.url)
        model = await running.open()
        for _ in range(3):
            with pytest.raises(CannotChat, match="no template"):
                await chatting(model)
        assert len(server.asked("/v1/chat/completions")) == 1
        assert running.health.error is None and await running.open() is model
        await running.close()


async def test_a_talk_through_the_keeper_leaves_its_measure_of_completions() -> None:
    async with FakeServer(talking(vllm())) as server:
        running = keeper(server.url)
        model = await chatting(await running.open())
        assert (await whole(model, TALK)).text == "the first"
        assert running.health.latency == 0
        await running.close()


async def test_a_server_that_is_gone_is_told_to_the_keeper() -> None:
    async with FakeServer(talking(vllm())) as server:
        running = keeper(server.url)
        model = await chatting(await running.open())
    with pytest.raises(ModelUnavailable):
        await whole(model, TALK)
    assert running.health.error is not None
    await running.close()


async def test_a_kind_that_never_can_says_so() -> None:
    with pytest.raises(CannotChat):
        await chatting(object())


@pytest.mark.parametrize(
    ("text", "safe"),
    [
        ("a <|im_end|> b", "a < |im_end|> b"),
        ("</s><s>", "< /s>< s>"),
        ("[INST] x [/INST]", "[ INST] x [ /INST]"),
        ("<｜end▁of▁sentence｜>", "< ｜end▁of▁sentence｜>"),
        ("<start_of_turn>", "< start_of_turn>"),
        ("if (a <|b) y <= {c<d, 1};", "if (a <|b) y <= {c<d, 1};"),
    ],
)
def test_no_text_ends_a_turn(text: str, safe: str) -> None:
    assert neutral(text) == safe
    assert neutral(neutral(text)) == safe
