"""Any OpenAI-compatible server: vLLM, SGLang, LM Studio and the like, asked with a raw templated prompt.

`suffix` is not sent: vLLM refuses it and llama.cpp ignores it, so the template is put in on our side.
Sources: vLLM's OpenAI-compatible server (docs.vllm.ai: /v1/models, /tokenize, extra parameters), llama.cpp's
tools/server/README.md.
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from signoff.completion.model import chat, chat_http, describe, detect, heal, trouble
from signoff.completion.model.http import HttpClient, events
from signoff.completion.model.keys import key_for
from signoff.completion.model.protocol import (
    Budget,
    Description,
    Misconfigured,
    ModelUnavailable,
    NoModelServer,
    Piece,
    PromptTooLong,
    Request,
)
from signoff.completion.settings import CompletionSettings

NAME = "openai"
# Who says in /v1/models that it is the owner, and takes `n`, `skip_special_tokens` and /tokenize.
SAMPLERS = frozenset({"vllm", "sglang"})
SHORTENINGS = 4
# Else a special token that ends the text is left out of it, no stop string is seen, and the text runs on.
SPECIAL_TOKENS: Mapping[str, Any] = {"skip_special_tokens": False}
# Of those, what is of use in a talk as well: there the server's own template says where a turn ends.
TALKING = frozenset({"cache_prompt", "return_progress"})


async def connect(settings: CompletionSettings) -> OpenAIModel:
    """The model that the server at settings.url serves. Raises ModelUnavailable."""
    client = HttpClient(settings.url, key_for(settings))
    try:
        return await describe_server(client, settings)
    except BaseException:
        await client.close()
        raise


async def describe_server(
    client: HttpClient,
    settings: CompletionSettings,
    backend: str = NAME,
    budget: Budget | None = None,
    candidates: int = 1,
    context_tokens: int = 0,
) -> OpenAIModel:
    """The model behind `client`: its name and context from /v1/models, its family from its tokenizer, else its name."""
    rows = await served(client)
    row = next((row for row in rows if row["id"] == settings.model), rows[0] if rows else {})
    name = settings.model or str(row.get("id", ""))
    if not name and client.page:
        raise trouble.no_model_server(client.shown, "a web page")
    if not name:
        raise NoModelServer(
            f"The server at {client.shown} lists no model: set completion.model to its name, or check completion.url."
        )
    if rows and settings.model and row["id"] != settings.model and str(row.get("owned_by")) in SAMPLERS:
        known = ", ".join(str(row["id"]) for row in rows[:8])
        raise Misconfigured(f"The server at {client.shown} does not serve {name} but {known}: see completion.model.")
    samples = str(row.get("owned_by", "")).lower() in SAMPLERS
    tokenizer = Tokenizer(client, name)
    found = await detect.find(name, settings.family, tokenizer.count)
    context = context_tokens or _whole(row.get("max_model_len"))
    description = Description(
        name,
        backend,
        found.family,
        describe.budget_for(settings, budget, context),
        describe.MOST_CANDIDATES if samples else candidates,
        context,
        found.note,
    )
    return OpenAIModel(client, description, settings, tokenizer, SPECIAL_TOKENS if samples else None, listed=_ids(rows))


async def served(client: HttpClient) -> list[dict[str, Any]]:
    """The rows of /v1/models that name a model; [] where the server has no such list."""
    listing = await client.get("/v1/models")
    rows = listing.get("data") if isinstance(listing, dict) else None
    return [row for row in rows if isinstance(row, dict) and row.get("id")] if isinstance(rows, list) else []


def _ids(rows: list[dict[str, Any]]) -> frozenset[str]:
    return frozenset(str(row["id"]) for row in rows)


def _whole(value: object) -> int:
    return value if isinstance(value, int) and not isinstance(value, bool) and value > 0 else 0


class Tokenizer:
    """The server's own tokenizer behind /tokenize, as vLLM and llama.cpp have it; asked no more where it is not."""

    def __init__(self, client: HttpClient, model: str) -> None:
        self._client = client
        self._model = model
        self._there = True

    async def count(self, text: str) -> int | None:
        """Into how many tokens `text` is cut, special tokens read as such and none added; None where it is not said."""
        if not self._there:
            return None
        # vLLM reads `prompt` and add_special_tokens, llama.cpp `content`, add_special and parse_special.
        body = {"model": self._model, "prompt": text, "content": text, "add_special_tokens": False}
        answer = await self._client.post("/tokenize", {**body, "add_special": False, "parse_special": True})
        tokens = answer.get("tokens") if isinstance(answer, dict) else None
        self._there = isinstance(tokens, list)
        return len(tokens) if isinstance(tokens, list) else None


class OpenAIModel:
    """One model over /v1/completions. `extra` are parameters of this kind of server; `listed` is what it served."""

    def __init__(
        self,
        client: HttpClient,
        description: Description,
        settings: CompletionSettings,
        tokenizer: Tokenizer | None = None,
        extra: Mapping[str, Any] | None = None,
        listed: frozenset[str] = frozenset(),
    ) -> None:
        self.description = description
        self._client = client
        self._settings = settings
        self._tokenizer = tokenizer or Tokenizer(client, description.name)
        self._extra = dict(extra or {})
        self._listed = listed

    async def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuations, piece by piece; see Model. A prompt that is too long is made shorter, and that is said."""
        for _ in range(SHORTENINGS):
            try:
                async with contextlib.aclosing(self._stream(request)) as pieces:  # type: ignore[type-var]
                    async for piece in pieces:
                        yield piece
                return
            except PromptTooLong as error:
                self.description = describe.limited(self.description, self._settings, error.limit)
                less = describe.shorter(request, self.description)
                if less is None:
                    raise
                request = less
        raise ModelUnavailable(f"The model server at {self._client.shown} refuses even a short prompt as too long.")

    async def _stream(self, request: Request) -> AsyncIterator[Piece]:
        stream = events(self._client, self._client.lines("/v1/completions", self._body(request)), "choices")
        open_, some = set(range(max(request.n, 1))), False
        async with contextlib.aclosing(stream) as answers:  # type: ignore[type-var]
            async for answer in answers:
                if answer.get("cut"):
                    break
                if error := answer.get("error"):
                    if some:
                        break  # what was sent is of use
                    raise self._client.error(error)
                for piece in _pieces(answer):
                    some = some or bool(piece.text)
                    open_ -= {piece.candidate} if piece.finish else set()
                    yield piece
        if some:
            for candidate in sorted(open_):  # the server or the connection ended before the text did
                yield Piece("", candidate, "cut")

    def _body(self, request: Request) -> dict[str, Any]:
        body: dict[str, Any] = {
            "model": self.description.name,
            "prompt": request.prompt,
            "max_tokens": request.max_tokens,
            "temperature": request.temperature,
            "stream": True,
            **self._extra,
        }
        if request.stop:
            body["stop"] = list(request.stop[:4])
        if request.temperature > 0:
            body["seed"] = request.seed
        if request.n > 1:
            body["n"] = request.n
        if request.heal:
            body["grammar"] = heal.grammar(request.heal)  # llama.cpp's own: others are not asked for it
        return body

    async def answer(self, talk: chat.Talk) -> AsyncIterator[Piece]:
        """The answer, piece by piece; see Chat."""
        extra = {name: value for name, value in self._extra.items() if name in TALKING}
        told = chat_http.openai(self._client, self.description.name, talk, extra)
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
        """Whether the server still lists what it did. Raises ModelUnavailable."""
        return not self._listed or _ids(await served(self._client)) == self._listed

    async def close(self) -> None:
        """Close the connections."""
        await self._client.close()


def _pieces(answer: dict[str, Any]) -> list[Piece]:
    """The pieces of one event. Servers vary: a choice may lack its text, its index or its reason to end."""
    choices = answer.get("choices")
    found = []
    for choice in choices if isinstance(choices, list) else ():
        if isinstance(choice, dict):
            text, finish, index = choice.get("text"), choice.get("finish_reason"), choice.get("index")
            piece = Piece(text if isinstance(text, str) else "", _whole(index), _finish(finish))
            if piece.text or piece.finish:
                found.append(piece)
    return found


def _finish(reason: object) -> str:
    """Any reason but "length" is an end that the model chose ("stop", "eos_token", "stop_sequence")."""
    if not isinstance(reason, str) or not reason:
        return ""
    return "length" if reason in ("length", "max_tokens", "abort") else "stop"
