"""Ollama: asked over its own /api/generate with `raw`, as its /v1/completions wraps the prompt in a chat template.

Source: Ollama's API reference (docs/api.md: "raw mode").
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from signoff.completion.model.http import HttpClient, api_key, describe, events, find_family
from signoff.completion.model.protocol import Description, ModelUnavailable, Piece, Request
from signoff.completion.settings import CompletionSettings

NAME = "ollama"


async def connect(settings: CompletionSettings) -> OllamaModel:
    """The model of the Ollama at settings.url. Raises ModelUnavailable where it is no Ollama."""
    client = HttpClient(settings.url, api_key(settings))
    try:
        listing = await client.get("/api/tags")
        if not isinstance(listing, dict) or not isinstance(listing.get("models"), list):
            raise ModelUnavailable(f"The server at {client.url} is not Ollama.")
        name = settings.model or next((str(row["name"]) for row in listing["models"] if "name" in row), "")
        if not name:
            raise ModelUnavailable(f"Ollama at {client.url} has no model: run `ollama pull qwen2.5-coder:1.5b-base`.")
        return OllamaModel(client, describe(name, NAME, await find_family(name, settings), settings))
    except BaseException:
        await client.close()
        raise


class OllamaModel:
    """One model of an Ollama."""

    def __init__(self, client: HttpClient, description: Description) -> None:
        self.description = description
        self._client = client

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuation, piece by piece; see Model."""
        options: dict[str, Any] = {
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stop": list(request.stop),
        }
        body = {
            "model": self.description.name,
            "prompt": request.prompt,
            "raw": True,
            "stream": True,
            "options": options,
        }
        stream = events(self._client.lines("/api/generate", body))
        async with contextlib.aclosing(stream) as answers:  # type: ignore[type-var]
            async for answer in answers:
                if error := answer.get("error"):
                    raise ModelUnavailable(f"Ollama at {self._client.url} reports: {error}")
                if text := answer.get("response"):
                    yield Piece(text)
                if answer.get("done"):
                    return

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; see Model. Ollama cannot be asked."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
