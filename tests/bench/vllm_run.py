"""Eight editors at once, typing real files against one vLLM on the processor: Signoff's flow beside the plain policy.

`make vllm` sets up what it needs. What a processor of two cores makes of a 0.5B model says nothing of a GPU's speed;
the comparison of the two policies, taken in the same run, does: requests, work thrown away, what the cache saved.
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
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import vllm_server
from designs import design
from sources import sources, unpacked
from vllm_server import Metrics, Served
from wheels import NotToBeHad

from signoff.completion.measure.metrics import quantile
from signoff.completion.measure.plain import PlainPolicy
from signoff.completion.measure.replay import Replayed, replay
from signoff.completion.settings import CompletionSettings
from signoff.lsp_server.commands.bench_engines import engine, recorded
from signoff.lsp_server.commands.bench_replay import EnginePolicy
from signoff.lsp_server.commands.session import open_session, snapshot_of
from signoff.verifiers.text import LineIndex

OUTPUT = Path(__file__).resolve().parents[2] / ".cache" / "bench_vllm.json"
POLICIES = ("signoff", "plain")
# One real file an editor: (design, file) or (source package, file).
DESIGNS = (
    ("picorv32", "picorv32.v"),
    ("serv", "rtl/serv_state.v"),
    ("mor1kx", "rtl/verilog/mor1kx_lsu_cappuccino.v"),
    ("marocchino", "rtl/verilog/or1k_marocchino_decode.v"),
    ("lm32", "rtl/lm32_load_store_unit.v"),
    ("ibex", "rtl/ibex_controller.sv"),
)
CUDA = (("torch-cluster", "csrc/cuda/fps_cuda.cu"), ("torch-scatter", "csrc/cuda/scatter_cuda.cu"))
# A prompt as for a model on a processor, where reading costs 2 ms a token.
BUDGET = {"prefix_tokens": 450, "suffix_tokens": 64, "context_tokens": 200}


@dataclass(frozen=True, slots=True)
class Round:
    """Eight editors under one policy: what each came to, the wall time, and the server's counts before and after."""

    editors: tuple[Replayed, ...]
    seconds: float
    before: Metrics
    after: Metrics
    aborted: int

    def figures(self) -> dict[str, float]:
        """Sums over the editors and of the server."""
        latencies = [one for editor in self.editors for one in editor.latencies]
        keys = sum(editor.keystrokes for editor in self.editors)
        requests = sum(editor.requests for editor in self.editors)
        read = self._more("prefix_cache_queries_total")
        return {
            "keystrokes": keys,
            "requests": requests,
            "requests_per_100": 100 * requests / keys,
            "shown": sum(editor.shown for editor in self.editors),
            "shown_per_second": sum(editor.shown for editor in self.editors) / self.seconds,
            "taken": sum(editor.taken for editor in self.editors),
            "wasted": sum(editor.wasted for editor in self.editors),
            "latency_median": quantile(latencies, 0.5),
            "latency_p95": quantile(latencies, 0.95),
            "server_aborts": self.aborted,
            "server_finished": self.after.finished() - self.before.finished(),
            "tokens_per_second": self._more("generation_tokens_total") / self.seconds,
            "prompt_tokens": self._more("prompt_tokens_total"),
            "prefix_hit_rate": self._more("prefix_cache_hits_total") / read if read else 0.0,
            "seconds": self.seconds,
        }

    def _more(self, name: str) -> float:
        return self.after.get(name) - self.before.get(name)


def files() -> list[Path]:
    """The editors' files. Raises NotToBeHad."""
    found = [design(name).folder / file for name, file in DESIGNS]
    packages = {source.name: source for source in sources("cuda")}
    for name, file in CUDA:
        folder = unpacked(packages[name])
        found.append(next(path for path in sorted(folder.rglob(Path(file).name)) if path.as_posix().endswith(file)))
    return found


async def one_round(server: Served, paths: Sequence[Path], policy: str, keystrokes: int, seed: int) -> Round:
    """Each path's editor in a session of its own, as editors have it, all typing at once."""
    settings = CompletionSettings(url=server.url, api_key_env=vllm_server.KEY_ENV, backend="openai", **BUDGET)
    async with contextlib.AsyncExitStack() as stack:
        typists = [
            await _editor(stack, path, policy, settings, keystrokes, seed + number) for number, path in enumerate(paths)
        ]
        before, aborted = await asyncio.to_thread(server.metrics), server.aborted()
        began = time.perf_counter()
        editors = await asyncio.gather(*(typist() for typist in typists))
        seconds = time.perf_counter() - began
        await asyncio.sleep(1.0)  # aborts of the last keys are counted by then
        after = await asyncio.to_thread(server.metrics)
        return Round(tuple(editors), seconds, before, after, server.aborted() - aborted)


async def _editor(
    stack: contextlib.AsyncExitStack, path: Path, policy: str, settings: CompletionSettings, keystrokes: int, seed: int
) -> Any:
    session = await stack.enter_async_context(open_session([path]))
    model = await stack.enter_async_context(recorded(settings, session, again=False))
    snapshot = snapshot_of(path)
    starts = LineIndex(snapshot.text).starts
    start = starts[len(starts) // 3]
    chosen: Any = PlainPolicy(model, settings.max_tokens)
    if policy == "signoff":
        own = await stack.enter_async_context(engine(settings, session, model))
        own.opened(snapshot)
        chosen = EnginePolicy(own, session.workspace.project_for(snapshot.path))
    return lambda: replay(snapshot, start, chosen, model, keystrokes=keystrokes, seed=seed)


ROWS = (
    ("keystrokes", "keystrokes", "{:.0f}"),
    ("requests", "requests sent", "{:.0f}"),
    ("requests_per_100", "requests a hundred keystrokes", "{:.1f}"),
    ("server_finished", "requests the server finished", "{:.0f}"),
    ("server_aborts", "requests the server gave up (its log)", "{:.0f}"),
    ("wasted", "generations of which nothing was shown", "{:.0f}"),
    ("shown", "keys after which something was shown", "{:.0f}"),
    ("shown_per_second", "completions shown a second", "{:.2f}"),
    ("taken", "completions taken", "{:.0f}"),
    ("latency_median", "seconds from key to text, median", "{:.2f}"),
    ("latency_p95", "seconds from key to text, p95", "{:.2f}"),
    ("tokens_per_second", "tokens generated a second", "{:.1f}"),
    ("prompt_tokens", "tokens of prompts", "{:.0f}"),
    ("prefix_hit_rate", "share of them from the prefix cache", "{:.2f}"),
    ("seconds", "seconds in all", "{:.0f}"),
)


def show(found: dict[str, dict[str, float]]) -> None:
    """The table on standard output."""
    print(f"{'':42} {'Signoff':>10} {'plain':>10}")
    for key, words, form in ROWS:
        cells = [form.format(found[name][key]) for name in POLICIES]
        print(f"{words:42} {cells[0]:>10} {cells[1]:>10}")


async def measure(server: Served, paths: Sequence[Path], keystrokes: int, seed: int) -> dict[str, dict[str, float]]:
    """Both policies, one after the other."""
    found = {}
    for name in POLICIES:
        done = await one_round(server, paths, name, keystrokes, seed)
        found[name] = done.figures()
    return found


def main() -> int:
    """Measure, print, and keep the figures; the exit status is 2 where something is missing."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--editors", type=int, default=8)
    parser.add_argument("--keystrokes", type=int, default=60, help="of each editor (default: %(default)s)")
    parser.add_argument("--seed", type=int, default=1)
    args = parser.parse_args()
    if not vllm_server.there():
        print("vLLM is not set up: make vllm", file=sys.stderr)
        return 2
    try:
        paths = files()[: args.editors]
    except NotToBeHad as error:
        print(error, file=sys.stderr)
        return 2
    with tempfile.TemporaryDirectory() as state, vllm_server.served(Path(state), key="of-the-benchmark") as server:
        os.environ[vllm_server.KEY_ENV] = server.key
        found = asyncio.run(measure(server, paths, args.keystrokes, args.seed))
    print(f"{len(paths)} editors, {args.keystrokes} keystrokes each, seed {args.seed}, {os.cpu_count()} processors")
    show(found)
    OUTPUT.parent.mkdir(exist_ok=True)
    OUTPUT.write_text(json.dumps({"editors": len(paths), "seed": args.seed, "figures": found}, indent=2) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
