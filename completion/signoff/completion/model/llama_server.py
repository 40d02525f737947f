"""llama.cpp's own server: our template where the family is known, else /infill, which puts the model's tokens in.

Source: llama.cpp, tools/server/README.md (/props, /tokenize, /infill with input_extra, cache_prompt).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from pathlib import PurePath
from typing import Any

from signoff.completion.model import chat, chat_http, describe, detect
from signoff.completion.model.http import HttpClient, spoken
from signoff.completion.model.keys import key_for
from signoff.completion.model.openai import OpenAIModel, Tokenizer
from signoff.completion.model.protocol import Description, Misconfigured, Model, Piece, Request
from signoff.completion.settings import CompletionSettings

NAME = "llama-server"


async def connect(settings: CompletionSettings) -> Model:
    """The model of the llama-server at settings.url. Raises ModelUnavailable where it is no llama-server."""
    client = HttpClient(settings.url, key_for(settings))
    try:
        return await _describe(client, settings)
    except BaseException:
        await client.close()
        raise


async def _describe(client: HttpClient, settings: CompletionSettings) -> Model:
    properties = await _properties(client)
    if not properties:
        raise Misconfigured(f"The server at {client.shown} is not a llama-server: see completion.backend.")
    name = settings.model or _name(properties)
    slots = min(max(_number(properties.get("total_slots")), 1), describe.MOST_CANDIDATES)
    defaults = properties["default_generation_settings"]
    context = _number(defaults.get("n_ctx")) if isinstance(defaults, dict) else 0
    tokenizer = Tokenizer(client, name)
    found = await detect.find(name, settings.family, tokenizer.count)
    budget = describe.budget_for(settings, None, context)
    description = Description(name, NAME, found.family, budget, slots, context, found.note)
    # A known template keeps the prompt in our hand, so that its beginning stays in the server's cache.
    if not found.family and not settings.family and await _fills_in(client):
        return InfillModel(client, Description(name, NAME, "", budget, 1, context), tokenizer, _identity(properties))
    return LlamaModel(client, description, settings, tokenizer, _identity(properties))


async def _properties(client: HttpClient) -> dict[str, Any]:
    """What /props says, {} where the server is another one."""
    properties = await client.get("/props")
    known = isinstance(properties, dict) and "default_generation_settings" in properties
    return properties if known else {}


async def _fills_in(client: HttpClient) -> bool:
    """Whether the model's file names fill-in-the-middle tokens: /infill answers 501 where it does not."""
    probe = await client.post("/infill", {"input_prefix": "a", "input_suffix": "", "n_predict": 0})
    return isinstance(probe, dict) and "content" in probe


def _name(properties: dict[str, Any]) -> str:
    alias, path = str(properties.get("model_alias") or ""), str(properties.get("model_path") or "")
    if alias == path:  # its folders are nobody's business and no part of a model's name
        alias = ""
    return alias or PurePath(path.replace("\\", "/")).name or "the server's model"


def _identity(properties: dict[str, Any]) -> tuple[str, str]:
    return str(properties.get("model_path")), str(properties.get("model_alias"))


def _number(value: object) -> int:
    return int(value) if isinstance(value, (int, float)) and not isinstance(value, bool) else 0


class LlamaModel(OpenAIModel):
    """A model whose template is known (or that has none), over /v1/completions."""

    def __init__(
        self,
        client: HttpClient,
        description: Description,
        settings: CompletionSettings,
        tokenizer: Tokenizer,
        identity: tuple[str, str],
    ) -> None:
        super().__init__(client, description, settings, tokenizer, {"cache_prompt": True})
        self._identity = identity

    async def same(self) -> bool:
        """Whether the server still runs the same file: it answers for any model's name. Raises ModelUnavailable."""
        return _identity(await _properties(self._client)) == self._identity


class InfillModel:
    """A model of unknown family whose server knows its tokens."""

    def __init__(
        self, client: HttpClient, description: Description, tokenizer: Tokenizer, identity: tuple[str, str]
    ) -> None:
        self.description = description
        self._client = client
        self._tokenizer = tokenizer
        self._identity = identity

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuation, piece by piece; see Model."""
        lines = self._client.lines("/infill", infill_body(request))
        told = spoken(self._client, lines, "content", "stop", ("stop_type", "limit"))
        async with contextlib.aclosing(told) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def answer(self, talk: chat.Talk) -> AsyncIterator[Piece]:
        """The answer, piece by piece; see Chat."""
        told = chat_http.openai(self._client, self.description.name, talk, {"cache_prompt": True})
        async with contextlib.aclosing(told) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def chats(self) -> None:
        """Whether it can be talked to; see Chat."""
        await chat_http.tried(self)

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; see Model."""
        return await self._tokenizer.count(text)

    async def same(self) -> bool:
        """Whether the server still runs the same file. Raises ModelUnavailable."""
        return _identity(await _properties(self._client)) == self._identity

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def infill_body(request: Request) -> dict[str, Any]:
    """The body of /infill. The server reads all texts as plain text: no token of a document's can break the prompt."""
    return {
        "input_prefix": request.prefix,
        "input_suffix": request.suffix,
        "input_extra": [{"filename": one.path or "context", "text": one.text} for one in request.passages],
        "n_predict": request.max_tokens,
        "temperature": request.temperature,
        "seed": request.seed,
        "stop": list(request.stop[:4]),
        "stream": True,
        "cache_prompt": True,
    }
