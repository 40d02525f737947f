"""Whether a model should be asked now: what its last answers say, and how long it is left alone after a failure."""

from __future__ import annotations

import random
import statistics
import time
from collections import deque
from collections.abc import Callable

from signoff.completion.model.protocol import (
    Misconfigured,
    ModelChanged,
    ModelRefused,
    ModelUnavailable,
    NoModelServer,
    NotInstalled,
    PromptTooLong,
    ServerLoading,
    ServerUnreachable,
)

FIRST_WAIT, LONGEST_WAIT = 1.0, 60.0
# To knock at a door costs nobody anything, and who has just started a server wants to see it used.
LONGEST_KNOCK = 6.0
# What only the user can mend is looked at again rarely; new settings are tried at once.
MISCONFIGURED_WAIT = 30.0
LONGEST_RETRY_AFTER = 600.0
SAMPLES = 20
# A first token that takes longer comes after most users have typed on.
SLOW_SECONDS = 4.0


class Health:
    """The state of one model: ok or slow while it answers, else why not. `clock` is in seconds and only goes on.

    After the n-th failure in a row it is left alone for FIRST_WAIT * 2^(n-1) seconds, at most LONGEST_WAIT (where it
    is not there yet LONGEST_KNOCK), of which half is random so that many editors do not come back at the same moment;
    longer where the server asks for it. `slow_after`: seconds to the first token that are too many.
    """

    def __init__(
        self, clock: Callable[[], float] = time.monotonic, chance: Callable[[], float] = random.random
    ) -> None:
        self._clock = clock
        self._chance = chance
        self._failures = 0
        self._until = 0.0
        self._latencies: deque[float] = deque(maxlen=SAMPLES)
        self.error: ModelUnavailable | None = None
        self.slow_after = SLOW_SECONDS

    @property
    def latency(self) -> float:
        """The median time to the first token in seconds, 0 where none has come yet."""
        return statistics.median(self._latencies) if self._latencies else 0.0

    @property
    def retry_in(self) -> float:
        """Seconds until it is asked again by itself, 0 where it may be asked now."""
        return max(self._until - self._clock(), 0.0) if self.error is not None else 0.0

    @property
    def state(self) -> str:
        """One of the protocol's STATES."""
        if self.error is not None:
            return self.error.state
        # After a quick answer it is not slow any more, whatever was before; after one slow answer not yet.
        return "slow" if self._latencies and min(self.latency, self._latencies[-1]) > self.slow_after else "ready"

    def ask(self, automatic: bool) -> None:
        """Raises the last failure while the model is left alone. An explicit request may always try.

        When the time is over one request goes first: the others wait as if it had failed.
        """
        if self.error is None:
            return
        if automatic and self.retry_in > 0:
            raise type(self.error)(str(self.error))
        self._until = self._clock() + self._wait(self._failures)

    def answered(self, seconds: float) -> None:
        """A first token came after so many seconds."""
        self._failures, self._until, self.error = 0, 0.0, None
        self._latencies.append(seconds)

    def silent(self, seconds: float) -> None:
        """A request was given up after so many seconds without a token: it would have taken at least as long."""
        if seconds > self.slow_after:
            self._latencies.append(seconds)

    def failed(self, error: ModelUnavailable) -> None:
        """A request, or opening the model, ended so."""
        if isinstance(error, (PromptTooLong, ModelChanged)):
            return  # this request was wrong, not the server
        self._failures += 1
        self.error = error
        asked = min(error.retry_after, LONGEST_RETRY_AFTER)
        self._until = self._clock() + max(self._wait(self._failures), asked)

    def opened(self) -> None:
        """The model was opened (again): it may be asked; how often it failed is forgotten only once it answers."""
        self._until = 0.0
        if not isinstance(self.error, ModelRefused):  # that it is listed was known before
            self.error = None

    def _wait(self, failures: int) -> float:
        passing = isinstance(self.error, (ServerUnreachable, ServerLoading, NoModelServer))
        if isinstance(self.error, (Misconfigured, NotInstalled)) and not passing:
            return MISCONFIGURED_WAIT
        wait = min(FIRST_WAIT * 2.0 ** min(failures - 1, 10), LONGEST_KNOCK if passing else LONGEST_WAIT)
        return wait * (0.5 + 0.5 * self._chance())
