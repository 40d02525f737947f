"""Types a part of a real file key by key, in real time, as an editor sends it, and counts what the model was asked."""

from __future__ import annotations

import asyncio
import contextlib
import random
import time
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Protocol

from signoff.completion.measure.metrics import quantile
from signoff.completion.measure.recording import RecordedModel
from signoff.completion.measure.typist import keys, next_key, takes
from signoff.completion.nesting import marks
from signoff.verifiers.snapshot import Snapshot
from signoff.verifiers.text import LineIndex


class Policy(Protocol):
    """A way of asking for completions. ask() is cancelled with the next key, as an editor does."""

    async def ask(self, snapshot: Snapshot, line: int, column: int) -> tuple[str, ...]:
        """The texts to be shown at a place, best first."""

    def typed(self, snapshot: Snapshot, line: int) -> None:
        """The document is `snapshot` now, after a key or an acceptance at `line`."""

    def accepted(self, snapshot: Snapshot, text: str) -> None:
        """`text` was taken; `snapshot` is the document as it was when it was asked for."""


@dataclass(slots=True)
class Replayed:
    """What a typed replay came to.

    `wasted` are the generations of which nothing was ever shown; `latencies` are the seconds from a key to what was
    shown after it. `saved` counts the characters that were taken instead of typed.
    """

    keystrokes: int = 0
    shown: int = 0
    taken: int = 0
    saved: int = 0
    requests: int = 0
    aborted: int = 0
    wasted: int = 0
    pieces: int = 0
    seconds: float = 0.0
    latencies: list[float] = field(default_factory=list)

    def figures(self) -> dict[str, float]:
        """As plain data: counts, and per hundred keystrokes what is comparable."""
        each = 100 / self.keystrokes if self.keystrokes else 0.0
        return {
            "keystrokes": self.keystrokes,
            "shown": self.shown,
            "taken": self.taken,
            "saved_characters": self.saved,
            "requests": self.requests,
            "requests_per_100": self.requests * each,
            "aborted": self.aborted,
            "wasted": self.wasted,
            "tokens": self.pieces,
            "latency_median": quantile(self.latencies, 0.5),
            "latency_p95": quantile(self.latencies, 0.95),
            "seconds": self.seconds,
        }


async def replay(
    snapshot: Snapshot, start: int, policy: Policy, model: RecordedModel, *, keystrokes: int, seed: int
) -> Replayed:
    """Take a part of the document from `start` on out of it (see part_end) and type it again.

    It is of `keystrokes` keys or a little more, of which no more than `keystrokes` are typed; a completion that is
    taken saves the keys of its text. All ways of completing type the same text so.
    """
    chance, result = random.Random(seed), Replayed()
    end = part_end(snapshot.text, snapshot.language, start, keystrokes)
    rest, after = snapshot.text[start:end], snapshot.text[end:]
    before, version, began = snapshot.text[:start], snapshot.version, time.perf_counter()
    screen, shown_texts = _Screen(), list[str]()
    task: asyncio.Task[None] | None = None
    while rest and result.keystrokes < keystrokes:
        key = next_key(rest, before, chance)
        await asyncio.sleep(key.seconds)
        text = key.text
        old = Snapshot(snapshot.uri, snapshot.path, snapshot.language, version, before + after)
        offered = screen.offered(before)
        if offered and takes(offered, rest, time.perf_counter() - screen.since):
            text = offered
            result.taken, result.saved = result.taken + 1, result.saved + len(text) - 1
            policy.accepted(old, text)
        if task is not None and not task.done():
            task.cancel()
        result.keystrokes += 1
        before, rest, version = before + text, rest[len(text) :], version + 1
        now = Snapshot(snapshot.uri, snapshot.path, snapshot.language, version, before + after)
        policy.typed(now, before.count("\n"))
        task = asyncio.ensure_future(_ask(policy, now, len(before), screen, shown_texts, result))
    if task is not None:
        task.cancel()
        with contextlib.suppress(asyncio.CancelledError):
            await task
    result.seconds = time.perf_counter() - began
    _count(result, model, shown_texts)
    return result


def part_end(text: str, language: str, start: int, keystrokes: int) -> int:
    """Where the part of the text ends that takes `keystrokes` keys from `start` on: at the end of a line.

    Whole blocks only, so that what follows the part is what follows the cursor of somebody who puts new code into a
    file. Where the block around `start` ends before, the part does.
    """
    depth, at, end = 0, start, len(text)
    for mark in marks(text[start:], language):
        if mark.start >= at - start and not depth and keys(text[start:at]) >= keystrokes:
            return at
        depth += bool(mark.closer) - bool(mark.closes)
        line_end = text.find("\n", start + mark.end)
        if depth < 0:
            return max(text.rfind("\n", start, start + mark.start), start)
        if not depth:
            at = line_end if line_end >= 0 else end
    return end


@dataclass(slots=True)
class _Screen:
    """The ghost text: shown behind `before` since a moment; typing into it leaves its rest on the screen."""

    text: str = ""
    before: str = ""
    since: float = 0.0

    def offered(self, before: str) -> str:
        """What of the ghost text is left behind `before`."""
        typed = before[len(self.before) :]
        if not self.text or not before.startswith(self.before) or not self.text.startswith(typed):
            return ""
        return self.text[len(typed) :]


async def _ask(
    policy: Policy, snapshot: Snapshot, offset: int, screen: _Screen, shown: list[str], result: Replayed
) -> None:
    start = time.perf_counter()
    place = LineIndex(snapshot.text).position(offset)
    texts = await policy.ask(snapshot, *place)
    if texts:
        before = snapshot.text[:offset]
        if screen.offered(before) != texts[0]:
            screen.since = time.perf_counter()
        screen.text, screen.before = texts[0], before
        result.shown += 1
        result.latencies.append(time.perf_counter() - start)
        shown.append(texts[0])


def _count(result: Replayed, model: RecordedModel, shown: Sequence[str]) -> None:
    traffic = model.traffic
    result.requests, result.aborted, result.pieces = traffic.requests, traffic.aborted, traffic.pieces
    texts = {text.strip() for text in shown}
    result.wasted = sum(1 for said in model.said if not any(text in said for text in texts))
