"""What a model is to the rest of completion: a named source of text that may be cut off at any moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol


class ModelUnavailable(Exception):
    """The model cannot be reached or used; the text says why and what to do, for a person."""


class ServerUnreachable(ModelUnavailable):
    """Nothing answers at the server's address: asking it in another way is of no use."""


@dataclass(frozen=True, slots=True)
class Budget:
    """How much of the document a model is given to read, in characters: on a CPU every token is felt."""

    prefix: int = 12_000
    suffix: int = 3_000


@dataclass(frozen=True, slots=True)
class Request:
    """One text to be continued.

    `prompt` is the full text with the family's tokens; `prefix` and `suffix` are its parts, for servers
    that put the tokens in themselves. `stop` holds at most four strings, as servers refuse more.
    """

    prompt: str
    prefix: str
    suffix: str
    stop: tuple[str, ...] = ()
    max_tokens: int = 96
    temperature: float = 0.0
    seed: int = 0


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Whether a model can be asked; `message` says for a person what it is, or why there is none."""

    name: str = ""
    backend: str = ""
    ready: bool = False
    message: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a model: its name, its template family ("" none: left to right) and its budget."""

    name: str
    backend: str
    family: str
    budget: Budget = field(default_factory=Budget)


class Model(Protocol):
    """One model of one backend. Safe for several requests at once within one event loop."""

    @property
    def description(self) -> Description:
        """What it is; known once it is opened."""

    def stream(self, request: Request) -> AsyncIterator[str]:
        """The continuation, piece by piece. Closing the iterator ends the work. Raises ModelUnavailable."""

    async def close(self) -> None:
        """Give up connections and processes."""
