"""Each backend against the answers of its kind of server, over httpx's mock transport; and which one is chosen."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import httpx
import pytest

from signoff.completion.model import http, registry
from signoff.completion.model.protocol import Model, ModelUnavailable, Request
from signoff.completion.settings import CompletionSettings
from signoff.verifiers.workers import WorkerPool

REQUEST = Request("<|fim_prefix|>a<|fim_suffix|>b<|fim_middle|>", "a", "b", ("\n", "<|fim_pad|>"), 16, 0.5, 3)

Handler = Callable[[httpx.Request], httpx.Response]


@pytest.fixture
def serve(monkeypatch: pytest.MonkeyPatch) -> Callable[[Handler], list[httpx.Request]]:
    """Have every HttpClient talk to a handler; the list fills with the requests."""

    def start(handler: Handler) -> list[httpx.Request]:
        seen: list[httpx.Request] = []

        def record(request: httpx.Request) -> httpx.Response:
            seen.append(request)
            return handler(request)

        original = http.HttpClient.__init__

        def init(self: http.HttpClient, url: str, key: str = "", transport: Any = None) -> None:
            original(self, url, key, httpx.MockTransport(record))

        monkeypatch.setattr(http.HttpClient, "__init__", init)
        return seen

    return start


def stream(*rows: dict[str, Any], prefix: str = "data: ") -> httpx.Response:
    return httpx.Response(200, text="".join(f"{prefix}{json.dumps(row)}\n\n" for row in rows) + f"{prefix}[DONE]\n")


def vllm(request: httpx.Request) -> httpx.Response:
    body = json.loads(request.content or b"{}")
    if request.url.path == "/v1/models":
        return httpx.Response(200, json={"data": [{"id": "my-finetune"}]})
    if request.url.path == "/tokenize":
        return httpx.Response(200, json={"tokens": [1] if body["prompt"] == "<fim_prefix>" else [1, 2, 3]})
    if request.url.path == "/v1/completions" and "suffix" not in body:
        return stream({"choices": [{"text": "a &"}]}, {"choices": [{"text": " b"}]}, {"choices": []})
    return httpx.Response(400, json={"error": "suffix is not supported"})


def ollama(request: httpx.Request) -> httpx.Response:
    if request.url.path == "/api/tags":
        return httpx.Response(200, json={"models": [{"name": "qwen2.5-coder:1.5b-base"}]})
    if request.url.path == "/api/generate":
        assert json.loads(request.content)["raw"] is True
        return stream({"response": "a &"}, {"response": " b", "done": False}, {"response": "", "done": True}, prefix="")
    return httpx.Response(404)


def llama_server(name: str, infill: bool = True) -> Handler:
    def answer(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/props":
            return httpx.Response(200, json={"default_generation_settings": {}, "model_path": name})
        if request.url.path == "/v1/models":
            return httpx.Response(200, json={"data": [{"id": name}]})
        if request.url.path == "/v1/completions":
            return stream({"choices": [{"text": "a & b"}]})
        if request.url.path == "/infill" and infill:
            if json.loads(request.content)["n_predict"] == 0:
                return httpx.Response(200, json={"content": ""})
            return stream({"content": "a &", "stop": False}, {"content": " b", "stop": True})
        return httpx.Response(501, json={"error": "no infill"})

    return answer


async def open_at(url: str = "http://127.0.0.1:9", **settings: Any) -> Model:
    return await registry.open_model(CompletionSettings(url=url, **settings), WorkerPool())


async def text_of(model: Model) -> str:
    return "".join([piece async for piece in model.stream(REQUEST)])


async def test_vllm_gets_a_templated_prompt_and_no_suffix(serve: Callable[[Handler], list[httpx.Request]]) -> None:
    seen = serve(vllm)
    model = await open_at("127.0.0.1:9/v1/")
    assert (model.description.backend, model.description.name) == ("openai", "my-finetune")
    assert await text_of(model) == "a & b"
    body = json.loads(seen[-1].content)
    assert body["prompt"] == REQUEST.prompt
    assert body["stop"] == ["\n", "<|fim_pad|>"]
    assert (body["temperature"], body["seed"], body["max_tokens"]) == (0.5, 3, 16)


async def test_an_unknown_name_s_family_is_read_from_the_tokenizer(
    serve: Callable[[Handler], list[httpx.Request]],
) -> None:
    serve(vllm)
    assert (await open_at()).description.family == "starcoder"
    assert (await open_at(family="glm")).description.family == "glm"


async def test_ollama_is_known_and_asked_raw(serve: Callable[[Handler], list[httpx.Request]]) -> None:
    serve(ollama)
    model = await open_at()
    assert (model.description.backend, model.description.family) == ("ollama", "qwen")
    assert await text_of(model) == "a & b"


async def test_a_llama_server_with_a_known_model_gets_our_template(
    serve: Callable[[Handler], list[httpx.Request]],
) -> None:
    serve(llama_server("/models/qwen2.5-coder-7b.gguf"))
    model = await open_at()
    assert (model.description.backend, model.description.family) == ("llama-server", "qwen")
    assert await text_of(model) == "a & b"


async def test_a_llama_server_with_an_unknown_model_puts_in_its_own_tokens(
    serve: Callable[[Handler], list[httpx.Request]],
) -> None:
    seen = serve(llama_server("/models/mystery.gguf"))
    model = await open_at()
    assert await text_of(model) == "a & b"
    body = json.loads(seen[-1].content)
    assert (body["input_prefix"], body["input_suffix"]) == ("a", "b")


async def test_a_model_without_such_tokens_continues_from_left_to_right(
    serve: Callable[[Handler], list[httpx.Request]],
) -> None:
    serve(llama_server("/models/mystery.gguf", infill=False))
    assert (await open_at()).description.family == ""


async def test_the_key_comes_from_the_environment_only(
    serve: Callable[[Handler], list[httpx.Request]], monkeypatch: pytest.MonkeyPatch
) -> None:
    seen = serve(vllm)
    with pytest.raises(ModelUnavailable, match="MY_KEY, which is not set"):
        await open_at(api_key_env="MY_KEY")
    monkeypatch.setenv("MY_KEY", "secret")
    await open_at(api_key_env="MY_KEY")
    assert seen[-1].headers["authorization"] == "Bearer secret"


async def test_a_refused_key_says_which_setting(serve: Callable[[Handler], list[httpx.Request]]) -> None:
    serve(lambda request: httpx.Response(401))
    with pytest.raises(ModelUnavailable, match="api_key_env"):
        await open_at()


async def test_an_error_while_streaming_is_told(serve: Callable[[Handler], list[httpx.Request]]) -> None:
    def fail(request: httpx.Request) -> httpx.Response:
        if request.url.path == "/v1/completions":
            return httpx.Response(400, text="context is too long")
        return vllm(request)

    serve(fail)
    with pytest.raises(ModelUnavailable, match="context is too long"):
        await text_of(await open_at())


async def test_a_server_that_is_not_there_is_asked_once(serve: Callable[[Handler], list[httpx.Request]]) -> None:
    def refuse(request: httpx.Request) -> httpx.Response:
        raise httpx.ConnectError("refused")

    seen = serve(refuse)
    with pytest.raises(ModelUnavailable, match=r"No model server answers at http://127\.0\.0\.1:9"):
        await open_at()
    assert len(seen) == 1


@pytest.mark.parametrize(
    ("settings", "message"),
    [
        ({"backend": "off"}, "switched off"),
        ({"enabled": False}, "switched off"),
        ({"backend": "openai", "url": ""}, "url is not set"),
        ({"backend": "nonsense"}, "not a backend"),
        ({"backend": "local", "local_model": "nonsense"}, "choose one of"),
    ],
)
async def test_why_there_is_no_model(settings: dict[str, Any], message: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: object())
    with pytest.raises(ModelUnavailable, match=message):
        await registry.open_model(CompletionSettings(**settings), WorkerPool())


async def test_the_runtime_is_named_where_it_is_missing(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("importlib.util.find_spec", lambda name: None)
    with pytest.raises(ModelUnavailable, match=r"install .*local-model"):
        await registry.open_model(CompletionSettings(), WorkerPool())
