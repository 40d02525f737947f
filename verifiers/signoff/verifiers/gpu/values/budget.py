"""What evaluation may take, so that no text takes long: steps for each function, and a clock for texts made to hang."""

from __future__ import annotations

import time

# Steps of evaluation for one function: beyond, what it launches is unknown. Counted, not timed, so that what is found
# does not depend on the machine. The longest function seen takes 2,000, a usual one 30; a step takes some 50 us.
MOST_STEPS = 20_000
# Processor time for one unit, in seconds: 20,000 generated lines take 2.
MOST_SECONDS = 6.0
STEPS_A_LOOK = 32


class Budget:
    """The budget of a unit, and of each part of it that is evaluated by itself."""

    def __init__(self, most_steps: int = MOST_STEPS, start: tuple[float, float] | None = None) -> None:
        self.steps = 0
        self._most = most_steps
        self._next_look = STEPS_A_LOOK
        self._over = False
        self._start = (time.monotonic(), time.thread_time()) if start is None else start

    def part(self) -> Budget:
        """A budget of its own, by the same clock."""
        made = Budget(MOST_STEPS, self._start)
        made._over = self.late
        return made

    @property
    def exhausted(self) -> bool:
        """Whether it is used up."""
        if not self._over and self.steps >= self._next_look:
            self._next_look = self.steps + STEPS_A_LOOK
            self._over = self.steps > self._most or self.late
        return self._over

    @property
    def late(self) -> bool:
        """Whether the unit's time is over."""
        wall, processor = self._start
        # A thread has had no more of the processor than has gone by; to ask for that takes far longer.
        return time.monotonic() - wall > MOST_SECONDS and time.thread_time() - processor > MOST_SECONDS
