"""llama.cpp's own server: /infill puts the model's own fill-in-the-middle tokens in, whatever the family."""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from signoff.completion.model.http import HttpClient, api_key, describe, events, find_family
from signoff.completion.model.openai import OpenAIModel, describe_server
from signoff.completion.model.protocol import Description, Model, ModelUnavailable, Piece, Request
from signoff.completion.settings import CompletionSettings

NAME = "llama-server"


async def connect(settings: CompletionSettings) -> Model:
    """The model of the llama-server at settings.url. Raises ModelUnavailable where it is no llama-server."""
    client = HttpClient(settings.url, api_key(settings))
    try:
        return await _describe(client, settings)
    except BaseException:
        await client.close()
        raise


async def _describe(client: HttpClient, settings: CompletionSettings) -> Model:
    properties = await client.get("/props")
    if not isinstance(properties, dict) or "default_generation_settings" not in properties:
        raise ModelUnavailable(f"The server at {client.url} is not a llama-server.")
    name = settings.model or str(properties.get("model_alias") or properties.get("model_path") or "")
    if await find_family(name, settings):
        # A known template keeps the prompt in our hand, so that its beginning stays in the server's cache.
        return await describe_server(client, settings, NAME)
    return await of_unknown_family(client, describe(name, NAME, "", settings))


async def of_unknown_family(client: HttpClient, description: Description) -> Model:
    """A model that the server fills in with by the tokens in the model's own file, or that has none."""
    probe = await client.post("/infill", {"input_prefix": "a", "input_suffix": "", "n_predict": 0})
    if isinstance(probe, dict) and "content" in probe:
        return InfillModel(client, description)
    return OpenAIModel(client, description)


class InfillModel:
    """A model of unknown family whose server knows its tokens."""

    def __init__(self, client: HttpClient, description: Description) -> None:
        self.description = description
        self._client = client

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuation, piece by piece; see Model."""
        body: dict[str, Any] = {
            "input_prefix": request.prefix,
            "input_suffix": request.suffix,
            "n_predict": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stop": list(request.stop),
            "stream": True,
            "cache_prompt": True,
        }
        stream = events(self._client.lines("/infill", body))
        async with contextlib.aclosing(stream) as answers:  # type: ignore[type-var]
            async for answer in answers:
                if text := answer.get("content"):
                    yield Piece(text)
                if answer.get("stop"):
                    return

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; see Model."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
