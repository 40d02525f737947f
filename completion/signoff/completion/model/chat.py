"""A model that can be talked to: what it is told in turns, and what it answers. Which models can is found by asking."""

from __future__ import annotations

import contextlib
import re
from collections.abc import AsyncIterator
from dataclasses import dataclass, replace
from typing import Protocol, cast

from signoff.completion.model.protocol import Description, ModelUnavailable, Piece

# Characters of an answer that are kept; what is longer is no answer to anything that we ask.
LONGEST = 32_000
# A word that no model says unless it has read the question.
_WORD = "bistable"
_PROBE_TOKENS = 24
# A document that holds one of these must not end its own turn. A space breaks the token; the text is only read.
_TURN_TOKEN = re.compile(r"<(?=\|[\w▁]{1,40}\|>|｜[\w▁]{1,40}｜>|/?s>|(?:start|end)_of_turn>|<SYS>>)|\[(?=/?INST\])")
_THOUGHTS = re.compile(r"\A\s*<think>.*?</think>\s*", re.DOTALL)


class CannotChat(ModelUnavailable):
    """The model fills in and cannot be talked to; the text says how that is known."""

    state = "ready"


@dataclass(frozen=True, slots=True)
class Turn:
    """One message. `role` is "system" (at most one, the first), "user" or "assistant"."""

    role: str
    text: str


@dataclass(frozen=True, slots=True)
class Talk:
    """What a model is told, the last turn being the user's, and how it may answer (`max_tokens` of it)."""

    turns: tuple[Turn, ...]
    max_tokens: int = 1024
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class Said:
    """A whole answer. `finish`: "stop" the model ended it, "length" it may write no more, "cut" it broke off, "long"
    it was cut off at LONGEST characters."""

    text: str
    finish: str


class Chat(Protocol):
    """A model that can be talked to, beside filling in. Safe for several talks at once within one event loop."""

    @property
    def description(self) -> Description:
        """What it is."""

    def answer(self, talk: Talk) -> AsyncIterator[Piece]:
        """The answer, piece by piece, without thoughts that the server tells apart. Closing it ends the work.

        Raises ModelUnavailable.
        """

    async def chats(self) -> None:
        """Returns where it can be talked to. Raises CannotChat, and ModelUnavailable where it cannot be asked now."""


async def chatting(model: object) -> Chat:
    """The model as one that can be talked to. Raises what Chat.chats() raises; of a kind that never can, CannotChat."""
    chat = cast(Chat, model)
    if not (hasattr(model, "answer") and hasattr(model, "chats")):
        raise CannotChat("A model of this kind fills in and cannot be talked to.")
    await chat.chats()
    return chat


async def probe(chat: Chat) -> None:
    """Ask for one word. Raises CannotChat where something else comes: a base model goes on with any text."""
    told = await whole(chat, Talk((Turn("user", f"Repeat this word: {_WORD}"),), _PROBE_TOKENS))
    # Nothing but thoughts within so few tokens: it has understood that it was asked.
    thinks = told.finish == "length" and (not told.text.strip() or told.text.lstrip().startswith("<think>"))
    if not thinks and not (_WORD in told.text.lower() and told.finish == "stop"):
        raise CannotChat(
            f"{chat.description.name} does not do what it is asked to (a base model?): it fills in, and cannot be "
            "talked to."
        )


async def whole(chat: Chat, talk: Talk, limit: int = LONGEST) -> Said:
    """The whole answer, without thoughts in front of it; the model is cut off at `limit` characters.

    Raises ModelUnavailable.
    """
    parts, length, finish = list[str](), 0, "cut"
    async with contextlib.aclosing(chat.answer(safe(talk))) as pieces:  # type: ignore[type-var]
        async for piece in pieces:
            parts.append(piece.text)
            length += len(piece.text)
            finish = piece.finish or finish
            if length > limit:
                finish = "long"
                break
    return Said(_THOUGHTS.sub("", "".join(parts)[:limit]), finish)


def safe(talk: Talk) -> Talk:
    """The talk with a space in what a tokenizer would read as the end of a turn."""
    return replace(talk, turns=tuple(replace(turn, text=neutral(turn.text)) for turn in talk.turns))


def neutral(text: str) -> str:
    """The text with no token of a chat template in it."""
    return _TURN_TOKEN.sub(lambda found: f"{found[0]} ", text)
