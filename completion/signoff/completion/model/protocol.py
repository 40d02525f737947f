"""What a model is to the rest of completion: a named source of text that may be cut off at any moment."""

from __future__ import annotations

from collections.abc import AsyncIterator
from dataclasses import dataclass, field
from typing import Protocol

from signoff.completion.passage import Passage

# ready; loading: on this machine; slow: it answers, but late; busy: it refuses for now; down: it cannot be reached;
# misconfigured: the user must change something; missing: not downloaded or installed; off: not wanted.
STATES = ("ready", "loading", "slow", "busy", "down", "misconfigured", "missing", "off")


class ModelUnavailable(Exception):
    """The model cannot be reached or used; the text says why and what to do, for a person.

    `state` is what ModelStatus says meanwhile. `retry_after`: seconds that the server asked to be left alone.
    """

    state = "down"

    def __init__(self, message: str, retry_after: float = 0.0) -> None:
        super().__init__(message)
        self.retry_after = retry_after


class ServerUnreachable(ModelUnavailable):
    """Nothing answers at the server's address: asking it in another way is of no use."""


class ServerBusy(ModelUnavailable):
    """The server refuses for now: too many requests (429), or it is loading its model (503)."""

    state = "busy"


class ServerLoading(ServerBusy):
    """It is there, and not ready yet (503)."""


class Misconfigured(ModelUnavailable):
    """Asking again is of no use until the user has changed something: a refused key, a wrong address."""

    state = "misconfigured"


class NoModelServer(Misconfigured):
    """What answers is no model server: a wrong address, or a proxy whose server is yet to start."""


class ModelRefused(Misconfigured):
    """The server lists the model that it then says it does not have."""


class NotInstalled(ModelUnavailable):
    """The model on this machine, or what runs it, is not there yet."""

    state = "missing"


class SwitchedOff(ModelUnavailable):
    """The user wants no model."""

    state = "off"


class ModelChanged(ModelUnavailable):
    """The server serves another model than before: it must be described anew."""


class PromptTooLong(ModelUnavailable):
    """The prompt does not fit the model's context of `limit` tokens (0: the server does not say how many)."""

    def __init__(self, message: str, limit: int = 0) -> None:
        super().__init__(message)
        self.limit = limit


@dataclass(frozen=True, slots=True)
class Budget:
    """How much a model is given to read, in tokens: on a CPU every one is felt.

    `prefix` and `suffix` are of the document; `passages` of other places come on top of them. `fresh` is what of
    `prefix` is read at a place without a past (0: two thirds); the rest is for what is typed there.
    """

    prefix: int = 3_000
    suffix: int = 750
    passages: int = 1_500
    fresh: int = 0

    @property
    def begin(self) -> int:
        """The tokens before the cursor with which a window begins."""
        return min(self.fresh or self.prefix * 2 // 3, self.prefix)


@dataclass(frozen=True, slots=True)
class Request:
    """One text to be continued, `n` times.

    `prompt` is the full text with the family's tokens and the passages; `prefix`, `suffix` and `passages` are
    its parts, for servers that put the tokens in themselves. `stop` holds at most four strings, as servers
    refuse more. `n` is at most the model's Description.candidates. `heal` is the end of `prefix` that `prompt` lacks:
    the answer has to begin with it, which the backend then leaves out (only for a Description with `spm`).
    """

    prompt: str
    prefix: str
    suffix: str
    passages: tuple[Passage, ...] = ()
    stop: tuple[str, ...] = ()
    max_tokens: int = 96
    temperature: float = 0.0
    seed: int = 0
    n: int = 1
    heal: str = ""


@dataclass(frozen=True, slots=True)
class Piece:
    """More text of one candidate (counted from 0). `finish`: "" it goes on, "stop" the model ended it, "length" it
    wrote all that it may, "cut" the server or the connection broke off before the text had ended."""

    text: str
    candidate: int = 0
    finish: str = ""


@dataclass(frozen=True, slots=True)
class ModelStatus:
    """Whether a model can be asked; `message` says for a person what it is, or why there is none.

    `state` is one of STATES. `latency`: the median of the last requests' times to the first token, in seconds (0: none
    has answered yet). `retry_in`: seconds until it is asked again by itself. `note` is the Description's,
    and why the last question was answered with nothing.
    """

    name: str = ""
    backend: str = ""
    ready: bool = False
    message: str = ""
    state: str = ""
    latency: float = 0.0
    retry_in: float = 0.0
    note: str = ""


@dataclass(frozen=True, slots=True)
class Description:
    """What is known of a model: its name, its template family ("" none: left to right) and its budget.

    `candidates` is how many texts one request may ask for. `context_tokens` is the longest prompt with its
    answer (0: unknown). `note` says for a person what is wrong or missing ("no fill-in-the-middle tokens").
    `local`: it runs on this machine's own processor, where a request that is not needed costs the user. `spm`: its
    prompts end with the text before the cursor (see fim.render), and it takes Request.heal.
    """

    name: str
    backend: str
    family: str
    budget: Budget = field(default_factory=Budget)
    candidates: int = 1
    context_tokens: int = 0
    note: str = ""
    local: bool = False
    spm: bool = False


class Model(Protocol):
    """One model of one backend. Safe for several requests at once within one event loop."""

    @property
    def description(self) -> Description:
        """What it is; known once it is opened."""

    def stream(self, request: Request) -> AsyncIterator[Piece]:
        """The continuations, piece by piece. Closing the iterator ends the work. Raises ModelUnavailable."""

    async def count_tokens(self, text: str) -> int | None:
        """The length of `text` by the model's own tokenizer, without special tokens; None where it cannot be asked."""

    async def close(self) -> None:
        """Give up connections and processes."""
