"""Each backend against the answers of its kind of server, over real sockets; and which one is chosen."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

import pytest
from model_server_fake import REQUEST, Call, FakeServer, choice, pieces_of, text_of

from signoff.completion.model import registry
from signoff.completion.model.protocol import Misconfigured, Model, ModelUnavailable, NotInstalled, SwitchedOff
from signoff.completion.passage import Passage
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool

STARCODER = ("<fim_prefix>", "<fim_suffix>", "<fim_middle>", "<reponame>", "<filename>")
PASSAGE = Passage("rtl/fifo.v", "module fifo;\n")


def tokenized(text: str, tokens: tuple[str, ...]) -> list[int]:
    """Each known token is one, each other character another."""
    for number, token in enumerate(tokens):
        text = text.replace(token, chr(number))
    return [ord(letter) for letter in text]


def vllm(
    *events: dict[str, Any], tokens: tuple[str, ...] = STARCODER, name: str = "my-finetune"
) -> Callable[[Call], Awaitable[None]]:
    async def answer(call: Call) -> None:
        if call.path == "/v1/models":
            await call.json({"data": [{"id": name, "owned_by": "vllm", "max_model_len": 8192}]})
        elif call.path == "/tokenize":
            await call.json({"tokens": tokenized(call.body["prompt"], tokens)})
        elif call.path == "/v1/completions" and "suffix" not in call.body:
            await call.stream(*(events or (choice("a &"), choice(" b", finish="stop"), {"choices": []})))
        else:
            await call.json({"error": "not here"}, 404)

    return answer


def ollama(
    template: str = "{{ if .Suffix }}<|fim_prefix|>{{ .Prompt }}<|fim_suffix|>{{ .Suffix }}<|fim_middle|>{{ end }}",
    name: str = "qwen2.5-coder:1.5b-base",
) -> Callable[[Call], Awaitable[None]]:
    async def answer(call: Call) -> None:
        if call.path == "/api/tags":
            await call.json({"models": [{"name": name}]})
        elif call.path == "/api/show":
            abilities = ["completion", "insert"] if ".Suffix" in template else ["completion"]
            await call.json({"template": template, "capabilities": abilities, "parameters": "num_ctx    8192\n"})
        elif call.path == "/api/ps":
            await call.json({"models": []})
        elif call.path == "/api/generate":
            rows = ({"response": "a &"}, {"response": " b", "done": False}, {"response": "", "done": True})
            await call.stream(*rows, prefix="", end=False)
        else:
            await call.json({}, 404)

    return answer


def llama_server(
    name: str, infill: bool = True, tokens: tuple[str, ...] = ("<|fim_prefix|>",)
) -> Callable[[Call], Awaitable[None]]:
    async def answer(call: Call) -> None:
        if call.path == "/props":
            settings = {"default_generation_settings": {"n_ctx": 4096}, "model_path": f"/home/me/{name}"}
            await call.json({**settings, "total_slots": 4})
        elif call.path == "/tokenize":
            await call.json({"tokens": tokenized(call.body["content"], tokens)})
        elif call.path == "/v1/completions":
            await call.stream(choice("a & b", finish="stop"))
        elif call.path == "/infill" and infill and call.body["n_predict"] == 0:
            await call.json({"content": ""})
        elif call.path == "/infill" and infill:
            await call.stream({"content": "a &", "stop": False}, {"content": " b", "stop": True, "stop_type": "limit"})
        else:
            await call.json({"error": {"message": "not supported"}}, 501)

    return answer


QWEN = ("<|fim_prefix|>", "<|fim_suffix|>", "<|fim_middle|>", "<|repo_name|>", "<|file_sep|>")


async def open_at(url: str, **settings: Any) -> Model:
    return await registry.open_model(CompletionSettings(url=url, **settings), WorkerPool())


async def test_vllm_gets_a_templated_prompt_and_no_suffix() -> None:
    async with FakeServer(vllm()) as server:
        model = await open_at(f"{server.url.removeprefix('http://')}/v1/")
        assert (model.description.backend, model.description.name) == ("openai", "my-finetune")
        assert await text_of(model) == "a & b"
        body = server.calls[-1].body
        assert body["prompt"] == REQUEST.prompt
        assert body["stop"] == ["\n", "<|fim_pad|>"]
        assert (body["temperature"], body["seed"], body["max_tokens"]) == (0.5, 3, 16)
        # Else vLLM hides the special tokens that are stop strings, and writes on.
        assert body["skip_special_tokens"] is False
        assert "n" not in body
        await model.close()


async def test_vllm_writes_several_candidates_in_one_request() -> None:
    rows = (choice("x"), choice("y", 1), choice("1", finish="stop"), choice("2", 1, "length"))
    async with FakeServer(vllm(*rows)) as server:
        model = await open_at(server.url)
        assert model.description.candidates == 8
        pieces = await pieces_of(model, replace(REQUEST, n=2))
        texts = ["".join(piece.text for piece in pieces if piece.candidate == number) for number in (0, 1)]
        assert texts == ["x1", "y2"]
        assert [(piece.candidate, piece.finish) for piece in pieces if piece.finish] == [(0, "stop"), (1, "length")]
        assert server.calls[-1].body["n"] == 2
        await model.close()


async def test_what_the_server_says_of_its_context_bounds_the_budget() -> None:
    async with FakeServer(vllm()) as server:
        model = await open_at(server.url, prefix_tokens=100_000)
        budget = model.description.budget
        assert model.description.context_tokens == 8192
        assert budget.prefix + budget.suffix + budget.passages + 96 <= 8192
        await model.close()


async def test_the_tokenizer_decides_on_the_family_of_an_unknown_name() -> None:
    async with FakeServer(vllm()) as server:
        model = await open_at(server.url)
        assert model.description.family == "starcoder"
        assert "whether the model was trained" in model.description.note
        assert await model.count_tokens("ab<fim_prefix>") == 3
        await model.close()


async def test_a_chosen_family_that_the_tokenizer_does_not_know_is_used_and_said() -> None:
    async with FakeServer(vllm()) as server:
        model = await open_at(server.url, family="glm")
        assert model.description.family == "glm"
        assert "no token <|code_prefix|>" in model.description.note
        await model.close()


async def test_a_name_does_not_outweigh_the_tokenizer() -> None:
    async with FakeServer(vllm(tokens=(), name="Qwen2.5-Coder-7B-odd-conversion")) as server:
        model = await open_at(server.url)
        assert model.description.family == ""
        assert "its tokenizer has not" in model.description.note
        await model.close()


async def test_a_model_that_the_server_does_not_serve_is_told_with_those_it_does() -> None:
    async with FakeServer(vllm()) as server:
        with pytest.raises(Misconfigured, match="does not serve other but my-finetune"):
            await open_at(server.url, model="other")


async def test_ollama_is_known_and_asked_raw() -> None:
    async with FakeServer(ollama()) as server:
        model = await open_at(server.url)
        assert (model.description.backend, model.description.family) == ("ollama", "qwen")
        assert model.description.context_tokens == 8192
        assert await text_of(model) == "a & b"
        body = server.calls[-1].body
        assert (body["raw"], body["prompt"]) == (True, REQUEST.prompt)
        await model.close()


async def test_ollama_puts_the_suffix_in_where_only_it_knows_how() -> None:
    async with FakeServer(ollama("{{ .Suffix }}<odd>{{ .Prompt }}", "mystery:latest")) as server:
        model = await open_at(server.url)
        assert (model.description.family, model.description.note) == ("", "")
        assert await text_of(model) == "a & b"
        body = server.calls[-1].body
        assert (body["prompt"], body["suffix"], body.get("raw")) == ("a", "b", None)
        await model.close()


async def test_a_chat_model_of_ollama_continues_and_that_is_said() -> None:
    async with FakeServer(ollama("{{ .Prompt }}", "llama3:latest")) as server:
        model = await open_at(server.url)
        assert model.description.family == ""
        assert "continues the text before the cursor" in model.description.note
        assert await text_of(model) == "a & b"
        assert server.calls[-1].body["raw"] is True
        await model.close()


async def test_a_model_that_ollama_lacks_is_told_with_the_command() -> None:
    async with FakeServer(ollama()) as server:
        with pytest.raises(Misconfigured, match="ollama pull other"):
            await open_at(server.url, backend="ollama", model="other")


async def test_a_llama_server_with_a_known_model_gets_our_template() -> None:
    async with FakeServer(llama_server("qwen2.5-coder-7b.gguf", tokens=QWEN)) as server:
        model = await open_at(server.url)
        known = model.description
        assert (known.backend, known.family, known.candidates, known.context_tokens) == (
            "llama-server",
            "qwen",
            4,
            4096,
        )
        assert known.name == "qwen2.5-coder-7b.gguf"  # no folder of the server's machine
        assert await text_of(model) == "a & b"
        assert server.calls[-1].body["cache_prompt"] is True
        await model.close()


async def test_a_llama_server_with_an_unknown_model_puts_in_its_own_tokens() -> None:
    async with FakeServer(llama_server("mystery.gguf")) as server:
        model = await open_at(server.url)
        pieces = await pieces_of(model, replace(REQUEST, passages=(PASSAGE,)))
        assert "".join(piece.text for piece in pieces) == "a & b"
        assert pieces[-1].finish == "length"
        body = server.calls[-1].body
        assert (body["input_prefix"], body["input_suffix"]) == ("a", "b")
        assert body["input_extra"] == [{"filename": "rtl/fifo.v", "text": "module fifo;\n"}]
        await model.close()


async def test_a_model_without_such_tokens_continues_from_left_to_right() -> None:
    async with FakeServer(llama_server("mystery.gguf", infill=False, tokens=())) as server:
        model = await open_at(server.url)
        assert model.description.family == ""
        assert "no fill-in-the-middle tokens" in model.description.note
        assert await text_of(model) == "a & b"
        await model.close()


@pytest.mark.parametrize(
    ("settings", "error", "message"),
    [
        ({"backend": "off"}, SwitchedOff, "switched off"),
        ({"enabled": False}, SwitchedOff, "switched off"),
        ({"backend": "openai", "url": ""}, Misconfigured, "url is not set"),
        ({"backend": "nonsense"}, Misconfigured, "not a backend"),
        ({"backend": "local", "local_model": "nonsense"}, NotInstalled, "choose one of"),
    ],
)
async def test_why_there_is_no_model(
    settings: dict[str, Any], error: type[ModelUnavailable], message: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(error, match=message):
        await registry.open_model(CompletionSettings(**settings), WorkerPool())


async def test_the_runtime_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(NotInstalled, match=r"install .*local-model"):
        await registry.open_model(CompletionSettings(), WorkerPool())
