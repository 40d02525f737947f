"""Any OpenAI-compatible server: vLLM, llama.cpp, LM Studio and the like, asked with a raw templated prompt.

`suffix` is not sent: vLLM refuses it and llama.cpp ignores it, so the template is put in on our side.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator
from typing import Any

from signoff.completion.model.http import HttpClient, api_key, describe, events, find_family
from signoff.completion.model.protocol import Budget, Description, ModelUnavailable, Piece, Request
from signoff.completion.settings import CompletionSettings

NAME = "openai"


async def connect(settings: CompletionSettings) -> OpenAIModel:
    """The model that the server at settings.url serves. Raises ModelUnavailable."""
    client = HttpClient(settings.url, api_key(settings))
    try:
        return await describe_server(client, settings)
    except BaseException:
        await client.close()
        raise


async def describe_server(
    client: HttpClient, settings: CompletionSettings, backend: str = NAME, budget: Budget | None = None
) -> OpenAIModel:
    """The model behind `client`: its name from /v1/models, its family from its name or its tokenizer."""
    listing = await client.get("/v1/models")
    served = [row["id"] for row in (listing or {}).get("data") or () if isinstance(row, dict) and "id" in row]
    if not served and not settings.model:
        raise ModelUnavailable(f"The server at {client.url} lists no model: set completion.model to its name.")
    name = settings.model or str(served[0])

    async def count_tokens(text: str) -> int:
        body = {"model": name, "prompt": text, "content": text, "add_special_tokens": False, "add_special": False}
        answer = await client.post("/tokenize", body)
        return len(answer.get("tokens") or ()) if isinstance(answer, dict) else 0

    family = await find_family(name, settings, count_tokens)
    return OpenAIModel(client, describe(name, backend, family, settings, budget))


class OpenAIModel:
    """One model over /v1/completions."""

    def __init__(self, client: HttpClient, description: Description) -> None:
        self.description = description
        self._client = client

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuation, piece by piece; see Model."""
        body: dict[str, Any] = {
            "model": self.description.name,
            "prompt": request.prompt,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
        }
        if request.stop:
            body["stop"] = list(request.stop[:4])
        if request.temperature > 0:
            body["seed"] = request.seed
        stream = events(self._client.lines("/v1/completions", body))
        async with contextlib.aclosing(stream) as answers:  # type: ignore[type-var]
            async for answer in answers:
                if error := answer.get("error"):
                    raise ModelUnavailable(f"The model server at {self._client.url} reports: {error}")
                for choice in answer.get("choices") or ():
                    text, finish = choice.get("text") or "", choice.get("finish_reason") or ""
                    if text or finish:
                        yield Piece(text, int(choice.get("index") or 0), finish)

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; see Model."""
        return None

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
