"""Ollama: asked over its own /api/generate with `raw`, as its /v1/completions wraps the prompt in a chat template.

Source: Ollama's API reference (docs/api.md: generate, raw mode, suffix, show with capabilities, ps).
"""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from typing import Any

from signoff.completion.model import chat, chat_http, describe, detect
from signoff.completion.model.http import HttpClient, spoken
from signoff.completion.model.keys import key_for
from signoff.completion.model.protocol import Description, Misconfigured, Piece, Request
from signoff.completion.settings import CompletionSettings

NAME = "ollama"
# What Ollama reads where neither the model nor its environment says otherwise; a longer prompt loses its beginning.
DEFAULT_CONTEXT = 4096
# What a template says that tells a question from an answer; that of a base model holds the bare prompt.
_ROLES = re.compile(r"\.(?:Messages|Role|System)\b|\[INST\]|user|assistant", re.IGNORECASE)


async def connect(settings: CompletionSettings) -> OllamaModel:
    """The model of the Ollama at settings.url. Raises ModelUnavailable where it is no Ollama."""
    client = HttpClient(settings.url, key_for(settings))
    try:
        return await _describe(client, settings)
    except BaseException:
        await client.close()
        raise


async def _describe(client: HttpClient, settings: CompletionSettings) -> OllamaModel:
    listing = await client.get("/api/tags")
    if not isinstance(listing, dict) or not isinstance(listing.get("models"), list):
        raise Misconfigured(f"The server at {client.shown} is not Ollama: see completion.backend.")
    names = [str(row["name"]) for row in listing["models"] if isinstance(row, dict) and row.get("name")]
    name = settings.model or next(iter(names), "")
    if not name:
        raise Misconfigured(f"Ollama at {client.shown} has no model: run `ollama pull qwen2.5-coder:1.5b-base`.")
    if not {name, f"{name}:latest"} & set(names):
        raise Misconfigured(f"Ollama at {client.shown} does not have {name}: run `ollama pull {name}`.")
    shown = await client.post("/api/show", {"model": name})
    shown = shown if isinstance(shown, dict) else {}
    inserts = "insert" in (shown.get("capabilities") or ())
    found = detect.find_by_template(name, settings.family, str(shown.get("template") or ""))
    if not found.family and not settings.family and not inserts:
        found = await detect.find(name, "", _unknown)
    context = await _context(client, name, shown)
    budget = describe.budget_for(settings, None, context)
    description = Description(name, NAME, found.family, budget, 1, context, found.note)
    talks = bool(_ROLES.search(str(shown.get("template") or "")))
    return OllamaModel(client, description, inserts=inserts and not found.family, talks=talks)


async def _unknown(text: str) -> None:
    """Ollama does not show its tokenizer."""


async def _context(client: HttpClient, name: str, shown: dict[str, Any]) -> int:
    """How many tokens the model reads: as it runs now, else as its parameters say, else by default."""
    running = await client.get("/api/ps")
    rows = running.get("models") if isinstance(running, dict) else None
    for row in rows if isinstance(rows, list) else ():
        if isinstance(row, dict) and row.get("name") in (name, f"{name}:latest"):
            length = row.get("context_length")
            if isinstance(length, int) and length > 0:
                return length
    set_to = re.search(r"^num_ctx\s+(\d+)", str(shown.get("parameters") or ""), re.MULTILINE)
    return int(set_to[1]) if set_to else DEFAULT_CONTEXT


class OllamaModel:
    """One model of an Ollama. `inserts`: Ollama's own template puts the suffix in, as the family is not known here;
    `talks`: its template has a form for questions and answers."""

    def __init__(
        self, client: HttpClient, description: Description, inserts: bool = False, talks: bool = False
    ) -> None:
        self.description = description
        self._client = client
        self._inserts = inserts
        self._talks = talks

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuation, piece by piece; see Model."""
        lines = self._client.lines("/api/generate", self._body(request))
        told = spoken(self._client, lines, "response", "done", ("done_reason", "length"))
        async with contextlib.aclosing(told) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    def _body(self, request: Request) -> dict[str, Any]:
        options: dict[str, Any] = {
            "num_predict": request.max_tokens,
            "temperature": request.temperature,
            "seed": request.seed,
            "stop": list(request.stop[:4]),
        }
        body: dict[str, Any] = {"model": self.description.name, "stream": True, "options": options}
        if self._inserts:
            return {**body, "prompt": request.prefix, "suffix": request.suffix}
        return {**body, "prompt": request.prompt, "raw": True}

    async def answer(self, talk: chat.Talk) -> AsyncIterator[Piece]:
        """The answer, piece by piece; see Chat."""
        told = chat_http.ollama(self._client, self.description.name, talk)
        async with contextlib.aclosing(told) as pieces:  # type: ignore[type-var]
            async for piece in pieces:
                yield piece

    async def chats(self) -> None:
        """Whether it can be talked to; see Chat."""
        if not self._talks:
            raise chat.CannotChat(f"{self.description.name} has no template for a talk: it fills in only.")
        await chat_http.tried(self)

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` in tokens; see Model. Ollama cannot be asked."""
        return None

    async def same(self) -> bool:
        """Whether the model is still there. Raises ModelUnavailable."""
        shown = await self._client.post("/api/show", {"model": self.description.name})
        return isinstance(shown, dict)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()
