"""How long to wait after a key before the model is asked: from how fast someone types and how fast it answers. Pure."""

from __future__ import annotations

from dataclasses import dataclass, replace

# Seconds. Keys further apart than THINKING do not belong to one burst; ones closer than ROLL come from a paste, a
# key that repeats itself, or the editor's own changes.
THINKING, ROLL = 1.5, 0.015
# Until enough keys have been seen: about 45 words a minute.
USUAL = 0.2
LEAST, MOST = 0.02, 0.4
KEYS = 24
# After one of these a pause is likely: what comes next has to be thought of.
THOUGHT_AFTER = frozenset("\n.(,=[{:;<>")


@dataclass(frozen=True, slots=True)
class Cadence:
    """The last intervals between the keys of a burst, in seconds."""

    intervals: tuple[float, ...] = ()
    last: float | None = None

    def key(self, now: float) -> Cadence:
        """A key was pressed at `now`, by any clock that does not run backwards."""
        interval = None if self.last is None else now - self.last
        if interval is None or not ROLL <= interval <= THINKING:
            return replace(self, last=now)
        return replace(self, last=now, intervals=(*self.intervals, interval)[-KEYS:])

    @property
    def beat(self) -> float:
        """The time within which the next key of a burst comes, four times out of five."""
        if len(self.intervals) < 4:
            return USUAL
        return sorted(self.intervals)[len(self.intervals) * 4 // 5]


def pause(cadence: Cadence, typed: str, *, latency: float, local: bool) -> float:
    """Seconds to wait after the key that made `typed` the last character before the cursor. `latency` is the model's
    usual time to its first token.

    A request sent before the burst is over is one for nothing. A server may get it nevertheless if its answer
    would come only after the next key: it then comes that much sooner where the burst has just ended. A model
    on this machine takes the processor away from everything else: it waits for the end of the burst.
    """
    beat = cadence.beat * 1.1
    wait = beat if local else beat - min(latency, beat * 0.6)
    if typed in THOUGHT_AFTER:
        wait *= 0.5
    elif typed.isalnum() or typed == "_":
        # In the middle of a word, which is typed in one go.
        wait *= 1.2
    return min(max(wait, LEAST), MOST)
