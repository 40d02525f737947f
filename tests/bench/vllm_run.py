"""Eight editors at once at one vLLM on the processor: Signoff's flow beside the plain policy, on real files.

`make vllm` sets up what it needs. What a processor of two cores makes of a 0.5B model says nothing of a GPU's speed;
the comparison of the two policies, taken in the same run, does: requests, work thrown away, what the cache saved.
First the editors stop in the midst of line after line and wait for what is offered; then they type on, and wait for
nothing.
"""

from __future__ import annotations

import argparse
import asyncio
import contextlib
import json
import os
import sys
import tempfile
import time
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import vllm_server
from vllm_server import Metrics, Served
from vllm_typists import Typist, files, opened
from wheels import NotToBeHad

from signoff.completion.measure.metrics import quantile
from signoff.completion.measure.replay import Replayed
from signoff.completion.settings import CompletionSettings

OUTPUT = Path(__file__).resolve().parents[2] / ".cache" / "bench_vllm.json"
POLICIES = ("signoff", "plain")
# Short prompts: reading costs a processor 2 ms a token, and eight editors share it.
BUDGET = {"prefix_tokens": 240, "suffix_tokens": 32, "context_tokens": 100}
# The server's log and counts follow the last abort by less than this, in seconds.
SETTLED = 2.0

Figures = dict[str, float]


@dataclass(frozen=True, slots=True)
class Round:
    """All editors under one policy: what each came to, wall time, the server's counts, and the requests it gave up."""

    editors: tuple[Replayed, ...]
    seconds: float
    before: Metrics
    after: Metrics
    aborted: int

    def figures(self) -> Figures:
        """Sums over the editors and of the server."""
        latencies = [one for editor in self.editors for one in editor.latencies]
        keys = sum(editor.keystrokes for editor in self.editors)
        requests = sum(editor.requests for editor in self.editors)
        shown = sum(editor.shown for editor in self.editors)
        read = self._more("prefix_cache_queries_total")
        return {
            "keystrokes": keys,
            "requests": requests,
            "requests_per_100": 100 * requests / keys,
            "shown": shown,
            "shown_per_second": shown / self.seconds,
            "taken": sum(editor.taken for editor in self.editors),
            "latency_median": quantile(latencies, 0.5),
            "latency_p95": quantile(latencies, 0.95),
            "server_aborts": self.aborted,
            "server_finished": self.after.finished() - self.before.finished(),
            "tokens_per_second": self._more("generation_tokens_total") / self.seconds,
            "prompt_tokens": read,
            "prefix_hit_rate": self._more("prefix_cache_hits_total") / read if read else 0.0,
            "seconds": self.seconds,
        }

    def _more(self, name: str) -> float:
        return self.after.get(name) - self.before.get(name)


async def measure(
    server: Served, paths: Sequence[Path], places: int, keystrokes: int, seed: int
) -> dict[str, dict[str, Figures]]:
    """Both ways of working ("pausing", "typing") under both policies."""
    settings = CompletionSettings(url=server.url, api_key_env=vllm_server.KEY_ENV, backend="openai", **BUDGET)
    found: dict[str, dict[str, Figures]] = {"pausing": {}, "typing": {}}
    for policy in POLICIES:
        async with contextlib.AsyncExitStack() as stack:
            say(f"{policy}: {len(paths)} editors open their files ...")
            typists = [await opened(stack, path, policy, settings, seed + n) for n, path in enumerate(paths)]
            say(f"{policy}: each waits at {places} places ...")
            done = await one_round(server, typists, lambda one: one.pauses(places))
            found["pausing"][policy] = done.figures()
            say(f"{policy}: each types {keystrokes} keys ...")
            done = await one_round(server, typists, lambda one: one.types(keystrokes))
            found["typing"][policy] = done.figures()
    return found


async def one_round(server: Served, typists: Sequence[Typist], work: Callable[[Typist], Awaitable[Replayed]]) -> Round:
    """All typists at their work at once, at a server that has read nothing of it yet."""
    await asyncio.to_thread(server.forget)
    before, aborted = await asyncio.to_thread(server.metrics), server.aborted()
    began = time.perf_counter()
    editors = await asyncio.gather(*(work(typist) for typist in typists))
    seconds = time.perf_counter() - began
    await asyncio.sleep(SETTLED)
    after = await asyncio.to_thread(server.metrics)
    return Round(tuple(editors), seconds, before, after, server.aborted() - aborted)


ROWS = (
    ("keystrokes", "questions (keys, or places)", "{:.0f}"),
    ("requests", "requests sent", "{:.0f}"),
    ("requests_per_100", "requests a hundred questions", "{:.1f}"),
    ("server_finished", "requests the server finished", "{:.0f}"),
    ("server_aborts", "requests cut off by the client (server log)", "{:.0f}"),
    ("shown", "questions after which something was shown", "{:.0f}"),
    ("shown_per_second", "completions shown a second", "{:.2f}"),
    ("taken", "completions taken", "{:.0f}"),
    ("latency_median", "seconds from question to text, median", "{:.2f}"),
    ("latency_p95", "seconds from question to text, p95", "{:.2f}"),
    ("tokens_per_second", "tokens generated a second", "{:.1f}"),
    ("prompt_tokens", "tokens of prompts", "{:.0f}"),
    ("prefix_hit_rate", "share of them from the prefix cache", "{:.2f}"),
    ("seconds", "seconds in all", "{:.0f}"),
)


def show(found: dict[str, dict[str, Figures]]) -> None:
    """The tables on standard output."""
    for way, policies in found.items():
        print(f"\n{way:42} {'Signoff':>10} {'plain':>10}")
        for key, words, form in ROWS:
            cells = [form.format(policies[name][key]) for name in POLICIES]
            print(f"{words:42} {cells[0]:>10} {cells[1]:>10}")


def say(text: str) -> None:
    """What is going on, on standard error."""
    print(text, file=sys.stderr, flush=True)


def main() -> int:
    """Measure, print, and keep the figures; the exit status is 2 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--editors", type=int, default=8)
    parser.add_argument("--places", type=int, default=3, help="at which each waits (default: %(default)s)")
    parser.add_argument("--keystrokes", type=int, default=80, help="of each editor (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not vllm_server.there():
        say("vLLM is not set up: make vllm")
        return 2
    try:
        paths = files()[: args.editors]
    except NotToBeHad as error:
        say(str(error))
        return 2
    with tempfile.TemporaryDirectory() as state, vllm_server.served(Path(state), key="of-the-benchmark") as server:
        os.environ[vllm_server.KEY_ENV] = server.key
        found = asyncio.run(measure(server, paths, args.places, args.keystrokes, args.seed))
    print(f"{len(paths)} editors, seed {args.seed}, {os.cpu_count()} processors")
    show(found)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps({"editors": len(paths), "seed": args.seed, "figures": found}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
