"""Talking to a model server: the OpenAI-compatible form and Ollama's own, streamed.

Sources: OpenAI's chat completions API as vLLM and llama.cpp serve it (docs.vllm.ai, tools/server/README.md); Ollama's
API reference (docs/api.md: chat).
"""

from __future__ import annotations

import contextlib
from collections.abc import AsyncIterator, Mapping
from typing import Any

from signoff.completion.model.chat import CannotChat, Chat, Talk, probe
from signoff.completion.model.http import HttpClient, events
from signoff.completion.model.protocol import (
    Misconfigured,
    ModelChanged,
    ModelUnavailable,
    Piece,
)

# Why a talk came to its end though the model had more to say.
CUT_OFF = frozenset(("length", "max_tokens", "abort"))


async def openai(
    client: HttpClient, model: str, talk: Talk, extra: Mapping[str, Any] | None = None
) -> AsyncIterator[Piece]:
    """The answer of /v1/chat/completions; see Chat.answer. `extra` are parameters of this kind of server."""
    body: dict[str, Any] = {
        "model": model,
        "messages": _messages(talk),
        "max_tokens": talk.max_tokens,
        "temperature": talk.temperature,
        "stream": True,
        **(extra or {}),
    }
    if talk.temperature > 0:
        body["seed"] = talk.seed
    lines = client.lines("/v1/chat/completions", body)
    async with contextlib.aclosing(_told(client, lines, _of_choice, "choices")) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            yield piece


async def ollama(client: HttpClient, model: str, talk: Talk) -> AsyncIterator[Piece]:
    """The answer of /api/chat; see Chat.answer."""
    options = {"num_predict": talk.max_tokens, "temperature": talk.temperature, "seed": talk.seed}
    body = {"model": model, "messages": _messages(talk), "stream": True, "options": options}
    lines = client.lines("/api/chat", body)
    async with contextlib.aclosing(_told(client, lines, _of_message, "message", "done")) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            yield piece


async def tried(chat: Chat) -> None:
    """Ask it for a word; see probe(). A server that has no template for the model refuses just that: CannotChat."""
    try:
        await probe(chat)
    except ModelUnavailable as error:
        # The others say that it cannot be asked now, or by nobody without a key.
        if type(error) not in (ModelUnavailable, ModelChanged, Misconfigured) or "API key" in str(error):
            raise
        raise CannotChat(f"{chat.description.name} cannot be talked to: {error}") from error


def _messages(talk: Talk) -> list[dict[str, str]]:
    return [{"role": turn.role, "content": turn.text} for turn in talk.turns]


async def _told(client: HttpClient, lines: AsyncIterator[str], read: Any, *fields: str) -> AsyncIterator[Piece]:
    """The pieces that `read` finds in each object. Raises ModelUnavailable for an error before any text."""
    some = False
    async with contextlib.aclosing(events(client, lines, *fields)) as answers:  # type: ignore[type-var]
        async for answer in answers:
            if answer.get("cut") or (some and answer.get("error")):
                break
            if error := answer.get("error"):
                raise client.error(error)
            piece = read(answer)
            if piece.text or piece.finish:
                some = some or bool(piece.text)
                yield piece
            if piece.finish:
                return
    if some:
        yield Piece("", 0, "cut")


def _of_choice(answer: dict[str, Any]) -> Piece:
    """Servers vary: a choice may lack its text; one that does not stream sends a whole message."""
    choices = answer.get("choices")
    choice = choices[0] if isinstance(choices, list) and choices and isinstance(choices[0], dict) else {}
    told = choice.get("delta") or choice.get("message")
    reason = choice.get("finish_reason")
    return Piece(_content(told), 0, _finish(reason) if isinstance(reason, str) and reason else "")


def _of_message(answer: dict[str, Any]) -> Piece:
    return Piece(_content(answer.get("message")), 0, _finish(answer.get("done_reason")) if answer.get("done") else "")


def _content(told: object) -> str:
    text = told.get("content") if isinstance(told, dict) else None
    return text if isinstance(text, str) else ""


def _finish(reason: object) -> str:
    return "length" if reason in CUT_OFF else "stop"
